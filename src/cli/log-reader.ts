import type { FrameTool } from '#src/acquisition/frames'
import { type Explained, explainPiece, explainText } from './frames.ts'
import { DumpReader } from './hex-dump.ts'
import { hexOfLine, isSilentLine, withoutStamp, wordsAround } from './hex-text.ts'

/** Shorter bytes among words are a baud rate or a port, not a frame that was cut. */
const FRAME_BYTES_MIN = 8
const PROSE_WORDS_MIN = 2

/**
 * Frames in lines of text: one a line, a log, or a dump. Lines in which somebody says something
 * are passed over; where that is all there is, the first of them is told of.
 */
export class LogReader {
  readonly #tools: readonly FrameTool[]
  readonly #dump: DumpReader
  #firstPassed: readonly Explained[] = []
  #hasFrames = false
  passedLines = 0

  constructor(tools: readonly FrameTool[]) {
    this.#tools = tools
    this.#dump = new DumpReader(tools)
  }

  push(line: string): readonly Explained[] {
    if (isSilentLine(line)) return []
    const dumped = this.#dump.push(line)
    if (dumped) return this.#found(dumped)
    const before = this.#dump.end()
    const explained = this.#explain(line)
    if (!isProse(line, explained)) return this.#found([...before, ...explained])
    if (this.passedLines === 0) this.#firstPassed = explained
    this.passedLines++
    return this.#found(before)
  }

  /** What is left to say at the end. */
  end(): readonly Explained[] {
    const rest = this.#found(this.#dump.end())
    if (this.#hasFrames || this.#firstPassed.length === 0) return rest
    this.passedLines--
    return this.#firstPassed
  }

  #found(explained: readonly Explained[]): readonly Explained[] {
    this.#hasFrames ||= explained.length > 0
    return explained
  }

  /** A text of a protocol's own form, else hex; a text that means nothing may be a tag before hex. */
  #explain(line: string): readonly Explained[] {
    const textual = explainText(withoutStamp(line), this.#tools)
    if (textual.valid) return [textual]
    const bytes = hexOfLine(line)
    const inHex = bytes === undefined ? [] : explainPiece(bytes, this.#tools)
    const isHex = inHex.some(({ valid }) => valid) || textual.error?.code === 'frame.not-hex'
    return isHex && inHex.length > 0 ? inHex : [textual]
  }
}

/** True for words with no frame among them, nor what was left of one. */
function isProse(line: string, explained: readonly Explained[]): boolean {
  if (explained.some(({ valid }) => valid)) return false
  const longest = Math.max(...explained.map(({ raw }) => raw.length))
  return longest < FRAME_BYTES_MIN && wordsAround(line) >= PROSE_WORDS_MIN
}
