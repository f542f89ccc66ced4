import type { FrameScanner, FrameTool } from '#src/acquisition/frames'
import { damagedIn, type Explained, explainFound, explainPiece, validBytes } from './frames.ts'

/** Frames of weak proof that must be seen before a stream is taken for theirs. */
const WEAK_FRAMES_MIN = 3
/** Bytes after which a stream of weak frames is judged by what there is. */
const UNDECIDED_BYTES_MAX = 65_536
/** Noise kept in which a damaged frame may stand. */
const REST_BYTES_MAX = 1_024

interface Lane {
  readonly tool: FrameTool
  readonly scanner: FrameScanner
  /** Found and not yet said. */
  held: Explained[]
  /** The last bytes that belong to no whole frame. */
  rest: Uint8Array
}

/**
 * Finds frames inside the noise of a raw byte stream. With several protocols to choose from it
 * settles on one as soon as a frame proves it: a line speaks one protocol.
 */
export class FrameStream {
  readonly #tools: readonly FrameTool[]
  #lanes: Lane[]
  #chosen: Lane | null = null
  #takenBytes = 0
  #beginning: Uint8Array = new Uint8Array(0)

  constructor(tools: readonly FrameTool[]) {
    this.#tools = tools
    this.#lanes = tools.flatMap((tool) => {
      const scanner = tool.scanner()
      return scanner === null ? [] : [{ tool, scanner, held: [], rest: new Uint8Array(0) }]
    })
    if (this.#lanes.length === 1) this.#chosen = this.#lanes[0] ?? null
  }

  /** Bytes seen so far that belong to no valid frame. */
  get skippedBytes(): number {
    return this.#chosen?.scanner.skippedBytes ?? this.#takenBytes
  }

  push(chunk: Uint8Array): readonly Explained[] {
    this.#takenBytes += chunk.length
    if (this.#beginning.length < REST_BYTES_MAX) this.#beginning = joined(this.#beginning, chunk)
    for (const lane of this.#lanes) {
      const frames = lane.scanner.push(chunk)
      const found = explainFound(joined(lane.rest, chunk), frames, lane.tool)
      lane.held.push(...found.explained)
      lane.rest = found.rest.slice(-REST_BYTES_MAX)
    }
    this.#chosen ??= this.#choose(this.#takenBytes > UNDECIDED_BYTES_MAX ? 1 : WEAK_FRAMES_MIN)
    return this.#drain()
  }

  /** What is left to say at the end of the stream. */
  end(): readonly Explained[] {
    for (const lane of this.#lanes) {
      const frames = lane.scanner.silence?.() ?? []
      const found = explainFound(lane.rest, frames, lane.tool)
      lane.held.push(...found.explained, ...damagedIn(found.rest, lane.tool))
    }
    this.#chosen ??= this.#choose(1)
    if (this.#chosen !== null || this.#takenBytes === 0) return this.#drain()
    return explainPiece(this.#beginning.subarray(0, REST_BYTES_MAX), this.#tools)
  }

  /**
   * A frame inside of another one is whole before that is: while a frame that began earlier may
   * still come, nothing is chosen.
   */
  #choose(weakFramesMin: number): Lane | null {
    const strong = this.#lanes.filter(({ tool }) => tool.proof === 'strong')
    const [most] = byValidBytes(strong)
    if (most !== undefined && validBytes(most.held) > 0) {
      const others = strong.filter((lane) => lane !== most)
      const isOpen = weakFramesMin > 1 && others.some(({ scanner }) => scanner.pending)
      return isOpen ? null : most
    }
    const [weak] = byValidBytes(this.#lanes)
    const enough = weak && weak.held.filter(({ valid }) => valid).length >= weakFramesMin
    return enough ? weak : null
  }

  #drain(): readonly Explained[] {
    const chosen = this.#chosen
    if (chosen === null) return []
    this.#lanes = [chosen]
    return chosen.held.splice(0)
  }
}

function byValidBytes(lanes: readonly Lane[]): readonly Lane[] {
  return lanes.toSorted((left, right) => validBytes(right.held) - validBytes(left.held))
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length)
  bytes.set(left)
  bytes.set(right, left.length)
  return bytes
}
