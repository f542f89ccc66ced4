import { type Command, Option } from 'commander'
import type { ProtocolName } from '#protocols/model'
import type { Bench } from '#src/acquisition/field'
import { civilTime } from '#src/core'
import { failureOf } from '../bench-failure.ts'
import {
  addChannelOptions,
  addRemoteOptions,
  type ChannelFlags,
  clientKeys,
} from '../channel-options.ts'
import { addClockVerbs } from '../clock-verbs.ts'
import {
  type ClockTask,
  type ClockWishes,
  isConfirmed,
  notConfirmed,
  sentence,
  show,
} from '../clock-view.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { type AccessFlags, addAccessOptions, withAccess } from '../device-access.ts'
import { askingProtocols, deviceOf } from '../device-options.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import type { CliIo } from '../io.ts'
import { reportFailure, say } from '../report.ts'
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
      --concentrator 37010001 --set
  hes clock --protocol gdw376 --address 4401-0105 \\
      --concentrator 4401-0105 --set --yes

--set broadcasts the time to every meter on the channel and reads this one's
clock back. It asks first; without a terminal it needs --yes. Meters take a
broadcast only within 5 minutes of their own time and once a day. With --via one
meter's clock is written, which takes its password (--access-file). Through a
head-end (--concentrator) the clock of a meter, or of the terminal itself, is
corrected by rule: never near midnight or a full hour, from 15 minutes on with
somebody else behind it, and read back. It is followed for --wait seconds.
  hes clock ls --above 60
  hes clock correct meter-12
`

interface ClockFlags extends ChannelFlags, ViaFlags, AccessFlags, ClockWishes {
  readonly address: string
  readonly profile?: string
}

export async function buildClock(command: Command, context: CliContext): Promise<void> {
  command
    .description("Show a device's clock and its offset from this machine's; set it.")
    .addOption(new Option('-p, --protocol <P>', 'what the device speaks').choices(askingProtocols))
    .option('-a, --address <A>', 'DL/T 645, 698: 12 digits; 376: 2347-0001; DLMS: 1/17')
    .option('--profile <NAME>', 'DLMS: wrapper on TCP; others: deviations of a maker')
    .option('--set', "set the clock to this machine's time")
    .option('--yes', 'do not ask before setting')
    .option('--wait <SECONDS>', 'through a head-end: how long to follow it', '60')
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
    const { clockThroughServer } = await import('../remote-clock-set.ts')
    const remote = { settings: loaded.settings, fetch, signal: io.signal }
    return await clockThroughServer(io, remote, { ...task, concentrator: channel.address })
  }
  const bench = await actions.openBench(channel, flags.protocol as ProtocolName, loaded, io.signal)
  if (!bench.ok) return reportFailure(io, failureOf(bench.error, 'channel'))
  try {
    return await showAndSet(io, bench.value, task)
  } finally {
    await bench.value.close()
  }
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
  if (!(await isConfirmed(io, task, whose))) return reportFailure(io, notConfirmed(task))
  const after = await bench.setClock(device, io.signal)
  if (!after.ok) return reportFailure(io, failureOf(after.error, device.address))
  show(io, after.value, task)
  return exitCodes.done
}
