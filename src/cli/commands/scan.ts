import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ProtocolName } from '#protocols/model'
import { valueText } from '#protocols/model'
import type { FoundDevice } from '#src/acquisition/field'

import { failureOf } from '../bench-failure.ts'
import { addChannelOptions, type ChannelFlags, channelOf, onlyHere } from '../channel-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { askingProtocols } from '../device-options.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { printJson, progress, reportFailure, say } from '../report.ts'
import { renderTable } from '../table.ts'

const examples = `
Examples:
  hes scan --protocol dlt645-2007 --serial /dev/ttyUSB0
  hes scan --protocol modbus --units 1-32 --tcp 192.168.1.30:502
  hes scan --protocol dlt645-2007 --tcp 192.168.1.20:4001 --json

Exit code 3 when nobody answered.
`

const UNIT_MAX = 247

interface ScanFlags extends ChannelFlags {
  readonly protocol: string
  readonly units: readonly number[]
  readonly json?: true
}

export function buildScan(command: Command, context: CliContext): void {
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
    .option('--json', 'one JSON document a device, each on its line')
  addChannelOptions(command)
    .addHelpText('after', examples)
    .action(context.runs((flags: ScanFlags) => scanCommand(flags, context)))
}

async function scanCommand(flags: ScanFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const channel = channelOf(flags, flags.protocol)
  if (typeof channel === 'string') return wrongCall(io, channel, 'scan')
  if (channel.kind === 'concentrator') return wrongCall(io, onlyHere, 'scan')
  const bench = await actions.openBench(channel, flags.protocol as ProtocolName, loaded, io.signal)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, 'channel'))
  const shown = progress(io)
  const found: FoundDevice[] = []
  try {
    const scanned = await bench.value.scan(
      { units: flags.units },
      {
        found: (device) => {
          found.push(device)
          shown.clear()
          if (flags.json) printJson(io, deviceJson(device, flags.protocol))
        },
        trying: (text) => shown.show(`trying ${text}, ${found.length} found`),
      },
      io.signal,
    )
    shown.clear()
    if (!flags.json && found.length > 0) io.stdout.write(await deviceTable(found))
    say(io, `${found.length} device(s) on ${bench.value.name}`)
    if (!scanned.ok) {
      const exit = reportFailure(io, failureOf(scanned.error, bench.value.name))
      return found.length > 0 ? exitCodes.failed : exit
    }
    return found.length > 0 ? exitCodes.done : exitCodes.notFound
  } finally {
    await bench.value.close()
  }
}

function deviceJson(device: FoundDevice, protocol: string): Record<string, unknown> {
  const { reading } = device
  return {
    device: device.address,
    protocol,
    register: reading?.item ?? null,
    value: reading ? valueText(reading.value) : null,
    unit: reading?.unit ?? null,
    roundTripMs: device.roundTripMs,
  }
}

function deviceTable(found: readonly FoundDevice[]): Promise<string> {
  const right = 'right' as const
  return renderTable(
    [
      { title: 'ADDRESS' },
      { title: 'TOTAL', align: right },
      { title: 'UNIT' },
      { title: 'ROUND TRIP', align: right },
    ],
    found.map(({ address, reading, roundTripMs }) => [
      address,
      reading ? (valueText(reading.value) ?? '') : '',
      reading?.unit ?? '',
      `${roundTripMs} ms`,
    ]),
  )
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
