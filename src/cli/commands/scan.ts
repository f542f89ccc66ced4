import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ProtocolName } from '#protocols/model'
import { valueText } from '#protocols/model'
import type { FoundDevice } from '#src/acquisition/field'
import type { RegisterMap } from '#src/acquisition/register-maps'
import type { LoadedSettings } from '#src/config'
import { type Duration, fail, ok, type Result } from '#src/core'
import { failureOf } from '../bench-failure.ts'
import {
  addChannelOptions,
  addRemoteOptions,
  type ChannelFlags,
  channelOf,
  clientKeys,
} from '../channel-options.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { askingProtocols } from '../device-options.ts'
import { duration } from '../duration.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { mapFor } from '../register-map.ts'
import { reportFailure } from '../report.ts'
import { type FoundRow, ScanReport } from '../scan-report.ts'

const examples = `
Examples:
  hes scan --protocol dlt645-2007 --serial /dev/ttyUSB0
  hes scan --protocol modbus --units 1-32 --tcp 192.168.1.30:502
  hes scan --protocol modbus --profile ./pump.yaml --tcp 192.168.1.30:502
  hes scan --protocol dlt645-2007 --tcp 192.168.1.20:4001 --json
  hes scan --protocol dlt645-2007 --concentrator 37010001

--concentrator asks on the channel that a running head-end holds, between two
of its reads. DL/T 645 meters are searched for in both editions, on a line of
this machine; the table names the protocol of those that speak the other one.
DLMS meters are asked at logical device 1, alone and behind the physical
addresses 1 to 127, for 30 s over TCP; a 376.1 terminal has 30 s over TCP, 65 s
on a serial line, to log in or show that it is alive. --limit gives either
another time; what was left out is said at the end.
Exit code 3 when nobody answered.
`

const UNIT_MAX = 247

interface ScanFlags extends ChannelFlags {
  readonly protocol: string
  readonly units: readonly number[]
  readonly profile?: string
  readonly limit?: Duration
  readonly json?: true
}

/** Searches that a time ends; the others end when everybody was asked. */
const timed: readonly string[] = ['dlms', 'gdw376']

export async function buildScan(command: Command, context: CliContext): Promise<void> {
  const everyUnit = Array.from({ length: UNIT_MAX }, (_, index) => index + 1)
  command
    .description('Find the devices on a channel. Only asks; changes nothing.')
    .addOption(
      new Option('-p, --protocol <P>', 'what the devices speak')
        .choices(askingProtocols)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--units <LIST>', 'Modbus: units to try')
        .argParser(unitList)
        .default(everyUnit, '1-247'),
    )
    .addOption(
      new Option('--limit <TIME>', 'DLMS, 376.1: end after this time, e.g. 2m').argParser(duration),
    )
    .option('--profile <NAME|PATH>', 'Modbus: register map by which units are asked for a value')
    .option('--json', 'one JSON document a device, each on its line')
  await addRemoteOptions(addChannelOptions(command))
  command
    .addHelpText('after', examples)
    .action(context.runs((flags: ScanFlags) => scanCommand(flags, context)))
}

async function scanCommand(flags: ScanFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const { limit, protocol: named } = flags
  if (limit !== undefined && !timed.includes(named)) {
    return wrongCall(io, '--limit: only searches for DLMS and 376.1 end by a time', 'scan')
  }
  const channel = channelOf(flags, flags.protocol)
  if (typeof channel === 'string') return wrongCall(io, channel, 'scan')
  if (channel.kind === 'concentrator') {
    if (flags.protocol !== 'dlt645-2007') {
      return wrongCall(io, 'behind a concentrator only dlt645-2007 is searched for', 'scan')
    }
    const { scanThroughServer } = await import('../remote-scan.ts')
    const report = new ScanReport(io, flags, channel.address)
    const task = { settings: loaded.settings, fetch, signal: io.signal }
    return scanThroughServer(task, channel.address, report)
  }
  const asked = await mapOfScan(flags, loaded, context)
  if (!asked.ok) return asked.error
  const { profile, maps } = asked.value
  const protocol = flags.protocol as ProtocolName
  const bench = await actions.openBench(channel, protocol, loaded, io.signal, maps)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, 'channel'))
  const report = new ScanReport(io, flags, bench.value.name)
  try {
    const scanned = await bench.value.scan(
      { units: flags.units, profile, ...(limit === undefined ? {} : { limit }) },
      {
        found: (device) => report.found(rowOf(device)),
        trying: (text) => report.trying(text),
        untried: (text) => report.untried(text),
      },
      io.signal,
    )
    return await report.end(scanned.ok ? null : failureOf(scanned.error, bench.value.name))
  } finally {
    await bench.value.close()
  }
}

/** Without a map every unit is tried with one register. */
async function mapOfScan(
  { protocol, profile }: ScanFlags,
  loaded: LoadedSettings,
  context: CliContext,
): Promise<
  Result<{ readonly profile: string | null; readonly maps: readonly RegisterMap[] }, ExitCode>
> {
  if (profile === undefined) return ok({ profile: null, maps: [] })
  if (protocol !== 'modbus') {
    return fail(wrongCall(context.io, '--profile: only Modbus is searched by one', 'scan'))
  }
  const anyone = { address: '', profile }
  const chosen = await mapFor(anyone, protocol, async () => loaded, context)
  if (!chosen.ok) return chosen
  return ok({ profile: chosen.value.device.profile, maps: chosen.value.maps })
}

function rowOf({ address, protocol, reading, roundTripMs }: FoundDevice): FoundRow {
  const found = { address, ...(protocol ? { protocol } : {}), roundTripMs }
  if (reading === null) return { ...found, register: null, value: null, unit: null }
  const { item: register, unit } = reading
  return { ...found, register, value: valueText(reading.value), unit }
}

/** `1-12,20` as numbers, each once and in order. */
export function unitList(text: string): readonly number[] {
  const units = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part)
    const from = Number(match?.[1])
    const to = Number(match?.[2] ?? match?.[1])
    if (!(from >= 1 && to >= from && to <= UNIT_MAX)) {
      throw new InvalidArgumentError('Allowed: units from 1 to 247, e.g. 1-12,20.')
    }
    for (let unit = from; unit <= to; unit++) units.add(unit)
  }
  return [...units].sort((a, b) => a - b)
}
