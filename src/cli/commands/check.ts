import type { Command } from 'commander'
import { type ItemCode, isPresent, type ProtocolName, valueText } from '#protocols/model'
import type { MeterReadout } from '#src/acquisition'
import { type Duration, sleep } from '#src/core'
import {
  checkWiring,
  snapshotOf,
  type WiringOptions,
  wiringItems,
  wordsOf,
} from '#src/wiring-check'
import { failureOf } from '../bench-failure.ts'
import { addChannelOptions, type ChannelFlags } from '../channel-options.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { addDeviceOptions, type DeviceFlags, deviceOf, nameOf } from '../device-options.ts'
import { duration } from '../duration.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { mapFor } from '../register-map.ts'
import { printJson, reportFailure, say } from '../report.ts'
import { addViaOptions, channelThrough, type ViaFlags } from '../via-options.ts'
import { wiringExit, wiringText } from '../wiring-view.ts'

const examples = `
Examples:
  hes check --protocol dlt645-2007 --address 112233445566 --serial /dev/ttyUSB0
  hes check --protocol dlt645-2007 --address 112233445566 --after 5m \\
      --tcp 192.168.1.20:4001
  hes check --protocol modbus --unit 1 --profile sdm630 --tcp 192.168.1.30:502

Reads voltages, currents, powers, power factors and angles, says how the meter
is connected, what is wrong, by which numbers, and what to do. It never claims
more than the numbers tell: where several connections explain them, it names
each. --after reads the register again after a while, to see that it counts.
Exit code 1 where something is wrong or ambiguous.
`

interface CheckFlags extends DeviceFlags, ChannelFlags, ViaFlags, AccessFlags {
  readonly nominal?: string
  readonly basicCurrent?: string
  readonly feedsIn?: true
  readonly after?: Duration
  readonly json?: true
}

export async function buildCheck(command: Command, context: CliContext): Promise<void> {
  addDeviceOptions(command.description('Say how a meter on a bus is wired. Only asks.'), {
    items: false,
  })
  addAccessOptions(command)
    .option('--nominal <V>', 'voltage of one phase; else the usual one that is nearest')
    .option('--basic-current <A>', 'basic current Ib of the meter', '5')
    .option('--feeds-in', 'the customer may feed in: that is no fault then')
    .option('--after <TIME>', 'read the register again after this time, e.g. 5m', duration)
    .option('--json', 'one JSON document on stdout')
  addViaOptions(addChannelOptions(command))
  command
    .addHelpText('after', examples)
    .action(context.runs((flags: CheckFlags) => checkCommand(flags, context)))
}

async function checkCommand(flags: CheckFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, []))
  if (loaded === null) return exitCodes.usage
  const options = optionsOf(flags)
  if (typeof options === 'string') return wrongCall(io, options, 'check')
  const named = deviceOf(flags)
  const equipped = typeof named === 'string' ? named : await withAccess(named, flags, io)
  if (typeof equipped === 'string') return wrongCall(io, equipped, 'check')
  const channel = channelThrough(flags, io)
  if (typeof channel === 'string') return wrongCall(io, channel, 'check')
  if (channel.kind === 'concentrator') {
    return wrongCall(io, 'through a head-end: hes meter check METER --server URL', 'check')
  }
  const chosen = await mapFor(equipped, flags.protocol, async () => loaded, context)
  if (!chosen.ok) return chosen.error
  const { device, maps } = chosen.value
  const protocol = flags.protocol as ProtocolName
  const name = nameOf(device, protocol)
  const bench = await actions.openBench(channel, protocol, loaded, io.signal, maps)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, name))
  try {
    const clock = await io.clock()
    const items = wiringItems(protocol)
    const first =
      flags.after === undefined ? null : await bench.value.read(['1.8.0'], device, io.signal)
    const from = { at: clock.now(), value: textIn(first, '1.8.0') }
    if (flags.after !== undefined) await sleep(clock, flags.after, io.signal)
    const readout = await bench.value.read(items, device, io.signal)
    if (readout.readings.length === 0 && readout.failure !== null) {
      return reportFailure(io, failureOf(readout.failure, name))
    }
    if (readout.failure !== null)
      say(io, `hes: not everything was answered: ${readout.failure.message}`)
    const to = { at: clock.now(), value: textIn(readout, '1.8.0') }
    const registers =
      from.value === null || to.value === null
        ? null
        : { from: { at: from.at, value: from.value }, to: { at: to.at, value: to.value } }
    const report = checkWiring(
      snapshotOf((register) => textIn(readout, register), registers),
      options,
    )
    const measured = items.flatMap((register) => {
      const reading = readout.readings.find(({ item }) => item === register)
      const value = textIn(readout, register)
      return value === null ? [] : [{ register, value, unit: reading?.unit ?? '' }]
    })
    const check = {
      device: device.address,
      system: report.system,
      verdict: report.verdict,
      findings: report.findings.map((finding) => ({
        ...finding,
        ...(wordsOf(finding.code) ?? { en: finding.code, zh: '', doEn: '', doZh: '' }),
      })),
      connections: report.connections.map(({ elements }) =>
        elements
          .map(({ current, reversed, known }) =>
            known ? `${current}${reversed ? '-' : '+'}` : '?',
          )
          .join(' '),
      ),
      measured,
    }
    if (flags.json) printJson(io, check)
    else io.stdout.write(await wiringText(name, check))
    return wiringExit(report.verdict)
  } finally {
    await bench.value.close()
  }
}

function textIn(readout: MeterReadout | null, register: ItemCode): string | null {
  const found = readout?.readings.find((reading) => reading.item === register && isPresent(reading))
  return found === undefined ? null : valueText(found.value)
}

function optionsOf({ nominal, basicCurrent, feedsIn }: CheckFlags): WiringOptions | string {
  const volts = nominal === undefined ? null : Number(nominal)
  const amps = Number(basicCurrent ?? '5')
  if (volts !== null && !(volts > 0)) return '--nominal: a voltage above 0'
  if (!(amps > 0)) return '--basic-current: a current above 0'
  return { nominalVoltage: volts, basicCurrent: amps, feedsIn: feedsIn === true }
}
