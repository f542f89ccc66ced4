import { readFileSync } from 'node:fs'
import { fromHex } from '#protocols/bytes'
import { meterTimeText, type Reading, valueText } from '#protocols/model'

/**
 * A published or hand-worked frame of tests/vectors/gdw376.json. `values` are `register=value`, a
 * dash where the register model has no code, the time behind an `@`; null where they were not
 * worked out. `units` begin with these.
 */
export interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
  readonly address: string
  readonly afn: string
  readonly units: readonly string[]
  readonly values: readonly string[] | null
  /** What the terminal denies; null where it denies nothing. */
  readonly error: string | null
}

const file = new URL('../../../vectors/gdw376.json', import.meta.url)

export const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))

/** Bytes of a hex text that is known to be one. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`not hex: ${hex}`)
  return bytes
}

/** A reading as the vectors write it. */
export function readingText({ item, value, at }: Reading): string {
  const text = value.kind === 'missing' ? value.flag : valueText(value)
  const time = at?.kind === 'wall' ? `@${meterTimeText(at.time)}` : ''
  return `${item ?? '-'}=${text}${time}`
}
