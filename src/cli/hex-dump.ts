import { fromHex } from '#protocols/bytes'
import type { FrameTool } from '#src/acquisition/frames'
import { FrameStream } from './frame-stream.ts'
import type { Explained } from './frames.ts'

const pairs = '(?:[0-9a-f]{2}\\s{1,2})*[0-9a-f]{2}'
/** Offset, bytes and what they spell: `xxd`, `hexdump -C` or Wireshark, `od -A o -t x1`. */
const layouts = [
  /^\s*(?:0x)?([0-9a-f]{4,8}):\s+((?:[0-9a-f]{2,} )*[0-9a-f]{2,})(?:\s.*)?$/i,
  new RegExp(`^\\s*(?:0x)?([0-9a-f]{4,8})\\s{2,}(${pairs})(?:\\s+\\|.*)?\\s*$`, 'i'),
  new RegExp(`^\\s*(?:0x)?([0-9a-f]{4,8})\\s{2,}(${pairs})\\s{3,}\\S.*$`, 'i'),
  new RegExp(`^([0-7]{7}) (${pairs})\\s*$`, 'i'),
]
/** As much as the headers of IP and TCP can take. */
const HEAD_BYTES = 120
const lastOffset = /^\s*([0-9a-f]{4,8})\s*$/i

/**
 * Puts the lines of a dump together again: where a line's offset is the one that the line before
 * leads to, its bytes go on where that ended. Any other offset begins anew.
 */
export class DumpReader {
  readonly #tools: readonly FrameTool[]
  #stream: FrameStream | null = null
  #next = 0
  /** The first bytes of what is being put together. */
  #head: readonly number[] = []
  #bytes = 0

  constructor(tools: readonly FrameTool[]) {
    this.#tools = tools
  }

  /** What the line completes; undefined when it is none of a dump. */
  push(line: string): readonly Explained[] | undefined {
    if (this.#stream !== null && this.#isNext(lastOffset.exec(line)?.[1])) return []
    const [, offset, text = ''] = matchOf(line) ?? []
    const bytes = fromHex(text)
    if (offset === undefined || bytes === undefined) return undefined
    const before = this.#isNext(offset) ? [] : this.end()
    if (this.#stream === null) this.#next = Number.parseInt(offset, 16)
    if (this.#head.length < HEAD_BYTES) this.#head = [...this.#head, ...bytes]
    this.#bytes += bytes.length
    this.#stream ??= new FrameStream(this.#tools)
    this.#next += bytes.length
    return [...before, ...this.#stream.push(bytes)]
  }

  /** What is left to say once no line of the dump follows. */
  end(): readonly Explained[] {
    const rest = this.#stream?.end() ?? []
    const isBare = isBareTcp(this.#head, this.#bytes)
    this.#stream = null
    this.#head = []
    this.#bytes = 0
    return isBare ? rest.filter(({ valid }) => valid) : rest
  }

  /** `od` counts in octal digits unless it is told otherwise. */
  #isNext(offset: string | undefined): boolean {
    if (offset === undefined || this.#stream === null) return false
    return [16, 8].some((base) => Number.parseInt(offset, base) === this.#next)
  }
}

/** An IPv4 packet of TCP that carries nothing, such as an acknowledgement (RFC 791, RFC 9293). */
function isBareTcp(head: readonly number[], bytes: number): boolean {
  const [first = 0, , high = 0, low = 0] = head
  const ipBytes = 4 * (first & 0x0f)
  const tcpBytes = 4 * ((head[ipBytes + 12] ?? 0) >> 4)
  const isTcp = first >> 4 === 4 && ipBytes >= 20 && head[9] === 6 && tcpBytes >= 20
  const total = 256 * high + low
  return isTcp && total === ipBytes + tcpBytes && bytes >= total
}

function matchOf(line: string): RegExpExecArray | null {
  for (const layout of layouts) {
    const match = layout.exec(line)
    if (match !== null) return match
  }
  return null
}
