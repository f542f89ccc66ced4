import type { Command } from 'commander'
import { protocolNames, type Stamp } from '#protocols/model'
import type { FrameTool } from '#src/acquisition/frames'
import type { CivilTime, Instant } from '#src/core'
import { type CliContext, settingsOr2, wrongCall } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { FrameStream } from '../frame-stream.ts'
import { frameJson, frameText, type StampText } from '../frame-view.ts'
import { type Explained, explainPiece, explainText } from '../frames.ts'
import { hexArgument, looksLikeText } from '../hex-text.ts'
import type { CliIo } from '../io.ts'
import { linesOf } from '../lines.ts'
import { LogReader } from '../log-reader.ts'
import { printJson, say } from '../report.ts'

const examples = `
Examples:
  hes decode 68 AA AA AA AA AA AA 68 13 00 DF 16
  hes decode --json "FEFEFEFE 68AAAAAAAAAAAA681300DF16"
  hes decode < frames.txt             one frame a line; logs and dumps will do
  cat /dev/ttyUSB0 | hes decode       raw bytes, frames found inside noise
  mosquitto_sub -v -t '#' | hes decode --protocol mqtt

Exit code 8 when any frame was damaged.
`

interface DecodeFlags {
  readonly protocol: string
  readonly json?: true
  readonly raw?: true
}

export function buildDecode(command: Command, context: CliContext): void {
  command
    .description('Explain frames: what every byte is and what the values are.')
    .argument('[HEX...]', 'a frame as hex, with or without spaces; none reads stdin')
    .option('-p, --protocol <P>', `auto, ${protocolNames.join(', ')}`, 'auto')
    .option('--json', 'one JSON document a frame, each on its line')
    .option('--raw', 'stdin is raw bytes even if it looks like text')
    .addHelpText('after', examples)
    .action(
      context.runs(async (words: string[], flags: DecodeFlags) => {
        const tools = await toolsFor(flags.protocol, context)
        if (typeof tools === 'string') return wrongCall(context.io, tools, 'decode')
        const printer = new FramePrinter(context.io, flags.json === true)
        if (words.length > 0) return decodeWords(words, tools, printer, context.io)
        if (context.io.stdin.isTerminal) return wrongCall(context.io, 'no frame given', 'decode')
        return decodeInput(tools, printer, context.io, flags.raw === true)
      }),
    )
}

/** The tools of a protocol typed for `--protocol`, or a sentence on what is allowed. */
export async function toolsFor(
  protocol: string,
  context: CliContext,
): Promise<readonly FrameTool[] | string> {
  const names = ['auto', ...protocolNames] as const
  const named = names.find((name) => name === protocol)
  if (named === undefined) {
    const allowed = names.join(', ')
    return `--protocol: "${protocol}" is not available; allowed: ${allowed}`
  }
  return context.actions.frameTools(named)
}

async function decodeWords(
  words: readonly string[],
  tools: readonly FrameTool[],
  printer: FramePrinter,
  io: CliIo,
): Promise<ExitCode> {
  const whole = hexArgument(words.join(''))
  const pieces = words.map(hexArgument)
  if (whole !== undefined) {
    const together = explainPiece(whole, tools)
    const separate = pieces.every((piece) => piece !== undefined && piece.length >= 4)
    const apart =
      words.length > 1 && separate && !together.every((frame) => frame.valid)
        ? pieces.flatMap((piece) => explainPiece(piece ?? new Uint8Array(0), tools))
        : together
    return printer.print(apart)
  }
  const text = explainText(words.join(' '), tools)
  if (text.error?.code !== 'frame.not-hex') return printer.print([text])
  return wrongCall(io, `${text.error.message}; allowed: pairs of hex digits`, 'decode')
}

async function decodeInput(
  tools: readonly FrameTool[],
  printer: FramePrinter,
  io: CliIo,
  raw: boolean,
): Promise<ExitCode> {
  const input = io.stdin.chunks()[Symbol.asyncIterator]()
  const first = await input.next()
  if (first.done === true) return wrongCall(io, 'stdin was empty', 'decode')
  const chunks = async function* () {
    yield first.value
    for (;;) {
      const next = await input.next()
      if (next.done === true) return
      yield next.value
    }
  }
  if (!raw && looksLikeText(first.value)) return decodeLines(chunks(), tools, printer, io)
  return decodeStream(chunks(), tools, printer, io)
}

async function decodeLines(
  chunks: AsyncIterable<Uint8Array>,
  tools: readonly FrameTool[],
  printer: FramePrinter,
  io: CliIo,
): Promise<ExitCode> {
  const reader = new LogReader(tools)
  for await (const line of linesOf(chunks)) {
    const exit = await printer.print(reader.push(line))
    if (exit === exitCodes.usage) return exit
  }
  const exit = await printer.print(reader.end())
  const { passedLines } = reader
  if (passedLines > 0) {
    say(io, `hes: ${passedLines} line${passedLines === 1 ? '' : 's'} held no frame`)
  }
  return exit
}

async function decodeStream(
  chunks: AsyncIterable<Uint8Array>,
  tools: readonly FrameTool[],
  printer: FramePrinter,
  io: CliIo,
): Promise<ExitCode> {
  const stream = new FrameStream(tools)
  for await (const chunk of chunks) await printer.print(stream.push(chunk))
  const exit = await printer.print(stream.end())
  if (stream.skippedBytes > 0) {
    say(io, `hes: ${stream.skippedBytes} bytes belonged to no valid frame and were skipped`)
  }
  return exit
}

/** Prints frames one after the other and remembers whether any was damaged. */
export class FramePrinter {
  readonly #io: CliIo
  readonly #json: boolean
  #stampText: StampText | null = null
  #printed = 0
  #exit: ExitCode = exitCodes.done

  constructor(io: CliIo, json: boolean) {
    this.#io = io
    this.#json = json
  }

  /** The exit code of all frames so far; 2 when a time cannot be told for wrong settings. */
  async print(frames: readonly Explained[]): Promise<ExitCode> {
    for (const frame of frames) {
      const stamped = frame.readings.some((reading) => reading.at !== null)
      if (stamped) this.#stampText ??= await stampTextOf(this.#io)
      if (stamped && this.#stampText === null) return exitCodes.usage
      const stampText = this.#stampText ?? (() => null)
      if (this.#json) printJson(this.#io, frameJson(frame, stampText))
      else {
        if (this.#printed > 0) this.#io.stdout.write('\n')
        this.#io.stdout.write(await frameText(frame, stampText))
      }
      this.#printed++
      if (!frame.valid) this.#exit = exitCodes.damaged
    }
    return this.#exit
  }
}

/** How stamps read in `HES_TIMEZONE`; null after wrong settings were said. */
async function stampTextOf(io: CliIo): Promise<StampText | null> {
  const loaded = await settingsOr2(io)
  if (loaded === null) return null
  const { civilTime } = await import('#src/core')
  return stampTextIn(civilTime(loaded.settings.timezone))
}

/** How stamps read in a civil time. */
export function stampTextIn(civil: CivilTime): StampText {
  return (stamp: Stamp) => {
    const at = stamp.kind === 'epoch' ? (stamp.ms as Instant) : civil.toInstant(stamp.time)
    return at === undefined ? null : civil.iso(at)
  }
}
