import { byteAt } from '#protocols/bytes'

/**
 * A fragment of an APDU that is too long for a frame (分帧, §5.2): a header of two bytes, low byte
 * first, with its number in bits 0 to 11 and its kind in the two top bits; those between are spare.
 */
export interface Fragment {
  readonly kind: 'first' | 'last' | 'confirm' | 'middle'
  readonly block: number
  readonly data: Uint8Array
}

const kinds = ['first', 'last', 'confirm', 'middle'] as const
export const headerBytes = 2
export const blockMax = 0x0fff

/** Undefined where the header is not one; a confirmation carries nothing else. */
export function readFragment(data: Uint8Array): Fragment | undefined {
  const header = byteAt(data, 0) | (byteAt(data, 1) << 8)
  const kind = kinds[header >> 14] ?? 'first'
  const isWhole = kind === 'confirm' ? data.length === headerBytes : data.length > headerBytes
  if (!isWhole) return undefined
  return { kind, block: header & blockMax, data: data.subarray(headerBytes) }
}

export function confirmation(block: number): Uint8Array {
  return header('confirm', block)
}

/** An APDU in fragments of at most so many bytes of it each; at least two of them. */
export function fragmentsOf(apdu: Uint8Array, bytesMax: number): readonly Uint8Array[] {
  const fragments: Uint8Array[] = []
  for (let from = 0; from < apdu.length; from += bytesMax) {
    const part = apdu.subarray(from, from + bytesMax)
    const isLast = from + bytesMax >= apdu.length
    const head = header(from === 0 ? 'first' : isLast ? 'last' : 'middle', fragments.length)
    const fragment = new Uint8Array(headerBytes + part.length)
    fragment.set(head)
    fragment.set(part, headerBytes)
    fragments.push(fragment)
  }
  return fragments
}

/** The APDU of fragments in order; undefined where one is missing or out of place. */
export function joinFragments(fragments: readonly Fragment[]): Uint8Array | undefined {
  let length = 0
  for (const [index, { kind, block, data }] of fragments.entries()) {
    const isLast = index === fragments.length - 1
    const expected = index === 0 ? 'first' : isLast ? 'last' : 'middle'
    if (kind !== expected || block !== index) return undefined
    length += data.length
  }
  if (fragments.length < 2) return undefined
  const apdu = new Uint8Array(length)
  let at = 0
  for (const { data } of fragments) {
    apdu.set(data, at)
    at += data.length
  }
  return apdu
}

function header(kind: Fragment['kind'], block: number): Uint8Array {
  const word = (kinds.indexOf(kind) << 14) | block
  return Uint8Array.of(word & 0xff, word >> 8)
}
