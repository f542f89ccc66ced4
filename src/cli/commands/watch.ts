import type { Command } from 'commander'
import type { Tap } from '#src/acquisition/field'
import type { LoadedSettings } from '#src/config'
import { civilTime, fail, type Result } from '#src/core'
import { failureOf } from '../bench-failure.ts'
import {
  addChannelOptions,
  addRemoteOptions,
  type ChannelChoice,
  type ChannelFlags,
  channelOf,
  clientKeys,
} from '../channel-options.ts'
import { type CliContext, settingFlags, settingsOr2, wrongCall } from '../context.ts'
import { type CliFailure, type ExitCode, exitCodes } from '../exit.ts'
import { FrameStream } from '../frame-stream.ts'
import { frameJson, frameText } from '../frame-view.ts'
import type { Explained } from '../frames.ts'
import { printJson, reportFailure, say } from '../report.ts'
import { stampTextIn, toolsFor } from './decode.ts'

const examples = `
Examples:
  hes watch --serial /dev/ttyUSB0
  hes watch --protocol modbus --serial /dev/ttyUSB1 --baud 9600 --parity none
  hes watch --tcp 192.168.1.20:4001 --json > capture.jsonl
  hes watch --concentrator 37010001 --server http://127.0.0.1:8080

Sends nothing. Ctrl-C ends it with a count. --concentrator shows what a running
head-end sends to and hears from a concentrator.
`

interface WatchFlags extends ChannelFlags {
  readonly protocol: string
  readonly json?: true
}

export async function buildWatch(command: Command, context: CliContext): Promise<void> {
  command
    .description('Print and explain every frame that passes on a bus, sending nothing.')
    .option('-p, --protocol <P>', 'auto, dlt645-2007 or modbus', 'auto')
    .option('--json', 'one JSON document a frame, each on its line')
  await addRemoteOptions(addChannelOptions(command))
  command
    .addHelpText('after', examples)
    .action(context.runs((flags: WatchFlags) => watchCommand(flags, context)))
}

async function watchCommand(flags: WatchFlags, context: CliContext): Promise<ExitCode> {
  const { io } = context
  const loaded = await settingsOr2(io, settingFlags({ ...flags }, clientKeys))
  if (loaded === null) return exitCodes.usage
  const channel = channelOf(flags, flags.protocol)
  if (typeof channel === 'string') return wrongCall(io, channel, 'watch')
  const tools = await toolsFor(flags.protocol, context)
  if (typeof tools === 'string') return wrongCall(io, tools, 'watch')
  const tap = await openTap(channel, loaded, context)
  if (!tap.ok) return reportFailure(io, tap.error)
  const civil = civilTime(loaded.settings.timezone)
  const clock = await io.clock()
  const stampText = stampTextIn(civil)
  const stream = new FrameStream(
    channel.kind === 'tcp' ? tools : tools.filter((tool) => !tool.onlyInTcp),
  )
  let frames = 0
  const print = async (explained: readonly Explained[]) => {
    for (const frame of explained) {
      frames++
      const receivedAt = civil.iso(clock.now())
      if (flags.json) printJson(io, { receivedAt, ...frameJson(frame, stampText) })
      else io.stdout.write(`${receivedAt}  ${await frameText(frame, stampText)}\n`)
    }
  }
  const stop = () => void tap.value.close()
  io.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of tap.value.bytes()) await print(stream.push(chunk))
    await print(stream.end())
  } finally {
    io.signal.removeEventListener('abort', stop)
    await tap.value.close()
  }
  say(io, `${frames} frame(s), ${stream.skippedBytes} byte(s) of noise on ${tap.value.name}`)
  const failure = tap.value.failure()
  return failure === null ? exitCodes.done : reportFailure(io, failureOf(failure, 'channel'))
}

/** On a channel of this machine, or on one that a running head-end holds. */
async function openTap(
  channel: ChannelChoice,
  loaded: LoadedSettings,
  { io, actions }: CliContext,
): Promise<Result<Tap, CliFailure>> {
  if (channel.kind === 'concentrator') {
    const { openRemoteTap } = await import('../remote-tap.ts')
    const task = { settings: loaded.settings, fetch, signal: io.signal }
    return openRemoteTap(task, channel.address, (text) => say(io, text))
  }
  const tap = await actions.openTap(channel, loaded, io.signal)
  return tap.ok ? tap : fail(failureOf(tap.error, 'channel'))
}
