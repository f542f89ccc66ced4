import type { Command } from 'commander'
import { civilTime } from '#src/core'
import { failureOf } from '../bench-failure.ts'
import { addChannelOptions, type ChannelFlags, channelOf, onlyHere } from '../channel-options.ts'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
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

Sends nothing. Ctrl-C ends it with a count.
`

interface WatchFlags extends ChannelFlags {
  readonly protocol: string
  readonly json?: true
}

export function buildWatch(command: Command, context: CliContext): void {
  command
    .description('Print and explain every frame that passes on a bus, sending nothing.')
    .option('-p, --protocol <P>', 'auto, dlt645-2007 or modbus', 'auto')
    .option('--json', 'one JSON document a frame, each on its line')
  addChannelOptions(command)
    .addHelpText('after', examples)
    .action(context.runs((flags: WatchFlags) => watchCommand(flags, context)))
}

async function watchCommand(flags: WatchFlags, context: CliContext): Promise<ExitCode> {
  const { io, actions } = context
  const loaded = await settingsOr2(io)
  if (loaded === null) return exitCodes.usage
  const channel = channelOf(flags, flags.protocol)
  if (typeof channel === 'string') return wrongCall(io, channel, 'watch')
  if (channel.kind === 'concentrator') return wrongCall(io, onlyHere, 'watch')
  const tools = await toolsFor(flags.protocol, context)
  if (typeof tools === 'string') return wrongCall(io, tools, 'watch')
  const tap = await actions.openTap(channel, loaded, io.signal)
  if (!tap.ok) return reportFailure(io, failureOf(tap.error, 'channel'))
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
