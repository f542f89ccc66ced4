import type { FrameScanner, FrameTool } from '#src/acquisition/frames'
import { type Explained, explainPiece } from './frames.ts'

/** Frames of weak proof that must be seen before a stream is taken for theirs. */
const WEAK_FRAMES_MIN = 3
/** Bytes kept to be explained when a stream holds no frame at all. */
const KEPT_BYTES_MAX = 1_024
/** Bytes after which a stream of weak frames is judged by what there is. */
const UNDECIDED_BYTES_MAX = 65_536

interface Lane {
  readonly tool: FrameTool
  readonly scanner: FrameScanner
  held: Uint8Array[]
}

/**
 * Finds frames inside the noise of a raw byte stream. With several protocols to choose from it
 * settles on one as soon as a frame proves it: a line speaks one protocol.
 */
export class FrameStream {
  #lanes: Lane[]
  #chosen: Lane | null = null
  #kept: Uint8Array = new Uint8Array(0)
  #takenBytes = 0
  #frames = 0
  readonly #tools: readonly FrameTool[]

  constructor(tools: readonly FrameTool[]) {
    this.#tools = tools
    this.#lanes = tools.flatMap((tool) => {
      const scanner = tool.scanner()
      return scanner === null ? [] : [{ tool, scanner, held: [] }]
    })
    if (this.#lanes.length === 1) this.#chosen = this.#lanes[0] ?? null
  }

  /** Bytes seen so far that belong to no frame. */
  get skippedBytes(): number {
    return this.#chosen?.scanner.skippedBytes ?? 0
  }

  push(chunk: Uint8Array): Explained[] {
    this.#keep(chunk)
    this.#takenBytes += chunk.length
    for (const lane of this.#lanes) lane.held.push(...lane.scanner.push(chunk))
    this.#chosen ??= this.#choose(this.#takenBytes > UNDECIDED_BYTES_MAX ? 1 : WEAK_FRAMES_MIN)
    return this.#drain()
  }

  /** What is left to say at the end of the stream. */
  end(): Explained[] {
    for (const lane of this.#lanes) lane.held.push(...(lane.scanner.silence?.() ?? []))
    this.#chosen ??= this.#choose(1)
    const last = this.#drain()
    if (this.#frames > 0 || this.#kept.length === 0) return last
    return explainPiece(this.#kept, this.#tools)
  }

  #choose(weakFramesMin: number): Lane | null {
    const strong = this.#lanes.find((lane) => lane.tool.proof === 'strong' && lane.held.length > 0)
    if (strong !== undefined) return strong
    const [most] = this.#lanes.toSorted((a, b) => b.held.length - a.held.length)
    return most !== undefined && most.held.length >= weakFramesMin ? most : null
  }

  #drain(): Explained[] {
    const chosen = this.#chosen
    if (chosen === null) return []
    this.#lanes = [chosen]
    const frames = chosen.held
    chosen.held = []
    this.#frames += frames.length
    return frames.map((frame) => chosen.tool.describe(frame))
  }

  #keep(chunk: Uint8Array): void {
    const room = KEPT_BYTES_MAX - this.#kept.length
    if (room <= 0 || this.#frames > 0) return
    const kept = new Uint8Array(this.#kept.length + Math.min(room, chunk.length))
    kept.set(this.#kept)
    kept.set(chunk.subarray(0, room), this.#kept.length)
    this.#kept = kept
  }
}
