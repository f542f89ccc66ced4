import type { Value } from '#protocols/model'
import type { Layout, Leaf } from './layout.ts'
import { writeShape } from './shapes.ts'
import { Walk } from './walk.ts'

/** Values of a unit and where it ends; null where the bytes end before the layout does. */
export interface Walked {
  readonly leaves: readonly Leaf[]
  readonly to: number
}

export function readLayout(
  layout: Layout,
  data: Uint8Array,
  from: number,
  to: number,
): Walked | null {
  const walk = new Walk(data, from, to)
  walk.nodes(layout)
  return walk.failed ? null : { leaves: walk.inOrder(), to: walk.at }
}

/**
 * The bytes of values in the order in which `readLayout` gives them, counts and stamps among them;
 * undefined where one is missing or does not fit.
 */
export function writeLayout(layout: Layout, values: readonly Value[]): Uint8Array | undefined {
  const pieces: Uint8Array[] = []
  let taken = 0
  let length = 0
  const walk = new Walk(new Uint8Array(0), 0, Number.POSITIVE_INFINITY, (shape) => {
    const value = values[taken++]
    const written = value && (shape ? writeShape(shape, value) : bytesOfHex(value))
    if (!written) return undefined
    pieces.push(written)
    length += written.length
    return written
  })
  walk.nodes(layout)
  if (walk.failed || taken !== values.length) return undefined
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

function bytesOfHex(value: Value): Uint8Array | undefined {
  if (value.kind !== 'text' || value.text.length % 2 === 1) return undefined
  return writeShape({ kind: 'raw', bytes: value.text.length / 2 }, value)
}
