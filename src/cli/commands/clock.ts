import { type Command, Option } from 'commander'
import type { MeterProfile, ProtocolName } from '#protocols/model'
import type { Bench, ClockReadout } from '#src/acquisition/field'
import type { Settings } from '#src/config'
import { type CivilTime, civilTime } from '#src/core'

import { failureOf } from '../bench-failure.ts'
import {
  addChannelOptions,
  addRemoteOptions,
  type ChannelFlags,
  clientKeys,
} from '../channel-options.ts'
import { addClockVerbs } from '../clock-verbs.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { askingProtocols, deviceOf } from '../device-options.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { printJson, reportFailure, say } from '../report.ts'
import { addViaOptions, channelThrough, type ViaFlags } from '../via-options.ts'

const examples = `
Examples:
  hes clock --protocol dlt645-2007 --address 112233445566 \\
      --serial /dev/ttyUSB0
  hes clock --protocol dlt645-2007 --address 112233445566 --set \\
      --tcp 192.168.1.20:4001
  hes clock --protocol dlt645-2007 --address 112233445566 \\
      --via 4401-0105 --tcp 192.168.1.30:5000
  hes clock --protocol dlt645-2007 --address 112233445566 \\
      --concentrator 37010001

--set broadcasts the time to every meter on the channel and reads this one's
clock back. It asks first; without a terminal it needs --yes. Meters take a
broadcast only within 5 minutes of their own time and once a day. With --via one
meter's clock is written, which takes its password (--access-file). Through a
head-end a clock is compared with the head-end's and never set so: it is
corrected by rule, with people behind it.
  hes clock ls --above 60
  hes clock correct meter-12
`

interface ClockFlags extends ChannelFlags, ViaFlags, AccessFlags {
  readonly protocol: string
  readonly address: string
  readonly profile?: string
  readonly set?: true
  readonly yes?: true
  readonly json?: true
}

interface ClockTask {
  readonly device: MeterProfile
  readonly civil: CivilTime
  readonly flags: ClockFlags
}

export async function buildClock(command: Command, context: CliContext): Promise<void> {
  command
    .description("Show a device's clock and its offset from this machine's; set it.")
    .addOption(new Option('-p, --protocol <P>', 'what the device speaks').choices(askingProtocols))
    .option('-a, --address <A>', 'DL/T 645, 698: 12 digits; 376: 2347-0001; DLMS: 1/17')
    .option('--profile <NAME>', 'DLMS: wrapper on TCP; others: deviations of a maker')
    .option('--set', "set the clock to this machine's time")
    .option('--yes', 'do not ask before setting')
    .option('--json', 'one JSON document on stdout')
  addAccessOptions(command)
  await addRemoteOptions(addViaOptions(addChannelOptions(command)))
  await addClockVerbs(command, context)
  command
    .addHelpText('after', examples)
    .action(context.runs((flags: ClockFlags) => clockCommand(flags, context)))
}

async function clockCommand(flags: ClockFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  if (flags.protocol === undefined) {
    return wrongCall(io, "required option '-p, --protocol <P>' not specified", 'clock')
  }
  if (flags.address === undefined) {
    return wrongCall(io, "required option '-a, --address <A>' not specified", 'clock')
  }
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const named = deviceOf(flags)
  const device = typeof named === 'string' ? named : await withAccess(named, flags, io)
  if (typeof device === 'string') return wrongCall(io, device, 'clock')
  const channel = channelThrough(flags, io)
  if (typeof channel === 'string') return wrongCall(io, channel, 'clock')
  const civil = civilTime(loaded.settings.timezone)
  const task = { device, civil, flags }
  if (channel.kind === 'concentrator') {
    return showThroughServer(context, task, loaded.settings, channel.address)
  }
  const bench = await actions.openBench(channel, flags.protocol as ProtocolName, loaded, io.signal)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, 'channel'))
  try {
    return await showAndSet(io, bench.value, task)
  } finally {
    await bench.value.close()
  }
}

async function showThroughServer(
  { io }: CliContext,
  task: ClockTask,
  settings: Settings,
  concentrator: string,
): Promise<ExitCode> {
  const { device, flags } = task
  if (flags.set) {
    return reportFailure(io, {
      exit: exitCodes.safeguard,
      code: 'clock.not-through-concentrator',
      message: `the clock of ${device.address} was not set: a head-end gives no permit for that`,
      next: 'set it on its line, with --serial or --tcp; without --set this shows its offset',
    })
  }
  const { readClockRemotely } = await import('../remote-clock.ts')
  const protocol = flags.protocol as ProtocolName
  const remote = { settings, fetch, signal: io.signal }
  const read = await readClockRemotely(remote, { device, protocol, concentrator })
  if (!read.ok) return reportFailure(io, read.error)
  show(io, read.value, task)
  return exitCodes.done
}

async function showAndSet(io: CliIo, bench: Bench, task: ClockTask): Promise<ExitCode> {
  const { device, flags } = task
  const before = await bench.readClock(device, io.signal)
  if (!before.ok) return reportFailure(io, failureOf(before.error, device.address))
  if (!flags.set) {
    show(io, before.value, task)
    return exitCodes.done
  }
  say(io, sentence(before.value, task))
  const whose = flags.via === undefined ? 'every meter on this channel' : 'this meter'
  if (!flags.yes && !(await confirmed(io, device.address, whose))) {
    return reportFailure(io, {
      exit: exitCodes.safeguard,
      code: 'clock.not-confirmed',
      message: `the clock of ${device.address} was not set: nobody confirmed it`,
      next: 'type the address when asked, or add --yes',
    })
  }
  const after = await bench.setClock(device, io.signal)
  if (!after.ok) return reportFailure(io, failureOf(after.error, device.address))
  show(io, after.value, task)
  return exitCodes.done
}

async function confirmed(io: CliIo, address: string, whose: string): Promise<boolean> {
  const question = `Type ${address} to set the clock of ${whose}: `
  return (await io.stdin.ask(question))?.trim() === address
}

function show(io: CliIo, clock: ClockReadout, task: ClockTask): void {
  if (!task.flags.json) {
    io.stdout.write(`${sentence(clock, task)}\n`)
    return
  }
  printJson(io, {
    device: task.device.address,
    wallClock: clock.wallClock,
    at: clock.deviceAt === null ? null : task.civil.iso(clock.deviceAt),
    ourAt: task.civil.iso(clock.ourAt),
    offsetMs: clock.offsetMs,
    uncertaintyMs: clock.uncertaintyMs,
    protocol: task.flags.protocol,
  })
}

function sentence(clock: ClockReadout, { device, civil }: ClockTask): string {
  const said = `${device.address} says ${clock.wallClock}`
  if (clock.offsetMs === null) return `${said}, which is no possible time`
  const sign = clock.offsetMs < 0 ? '-' : '+'
  const offset = `${sign}${(Math.abs(clock.offsetMs) / 1_000).toFixed(1)} s`
  const uncertainty = `±${(clock.uncertaintyMs / 1_000).toFixed(1)} s`
  return `${said}; it was ${civil.iso(clock.ourAt)}: offset ${offset} ${uncertainty}`
}
