/** One byte of a pattern: a fixed one, any, or an ASCII digit. */
type Cell = number | 'any' | 'digit'

/** A packet of fixed length written as hex: `AA 01 ##*11 0D`. */
export interface BytePattern {
  readonly cells: readonly Cell[]
}

export type Match =
  | { readonly kind: 'full'; readonly lengthBytes: number }
  /** All bytes so far fit, more are needed. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'none' }

const PACKET_BYTES_MAX = 512
const word = /^(?:([0-9a-f]{2})|(\?\?)|(##))(?:\*(\d{1,3}))?$/i
const NONE: Match = { kind: 'none' }
const PARTIAL: Match = { kind: 'partial' }

/**
 * Reads the written form: hex bytes, `??` for any byte, `##` for an ASCII digit, each repeated by
 * `*N`. Null when it is not that.
 */
export function parsePattern(text: string): BytePattern | null {
  const cells: Cell[] = []
  for (const token of text.trim().split(/\s+/)) {
    const found = word.exec(token)
    if (!found) return null
    const cell = found[1] ? Number.parseInt(found[1], 16) : found[2] ? 'any' : 'digit'
    const count = found[4] ? Number(found[4]) : 1
    if (count === 0 || cells.length + count > PACKET_BYTES_MAX) return null
    for (let i = 0; i < count; i++) cells.push(cell)
  }
  return { cells }
}

/** Whether the bytes from `start` on are this packet. */
export function matchAt(pattern: BytePattern, bytes: Uint8Array, start: number): Match {
  const { cells } = pattern
  const count = Math.min(cells.length, bytes.length - start)
  for (let i = 0; i < count; i++) {
    const cell = cells[i]
    const byte = bytes[start + i] ?? 0
    if (cell === 'any') continue
    if (cell === 'digit' ? !isDigit(byte) : cell !== byte) return NONE
  }
  return count === cells.length ? { kind: 'full', lengthBytes: count } : PARTIAL
}

/** The digits that stand where the pattern says `##`. */
export function digitsOf(pattern: BytePattern, bytes: Uint8Array, start: number): string {
  let digits = ''
  for (const [i, cell] of pattern.cells.entries()) {
    if (cell === 'digit') digits += String.fromCharCode(bytes[start + i] ?? 0)
  }
  return digits
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
