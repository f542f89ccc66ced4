import { readFileSync } from 'node:fs'
import { fromHex } from '#protocols/bytes'
import { meterTimeText, type Reading, valueText } from '#protocols/model'

/**
 * A published or hand-worked frame of tests/vectors/dlt645.json. `values` are `register=value`,
 * with the identifier where the register model has no code and the time behind an `@`.
 */
export interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
  readonly address: string
  readonly control: string
  readonly dataId: string | null
  readonly data: string
  readonly values: readonly string[]
  readonly error: string | null
}

const file = new URL('../../../vectors/dlt645.json', import.meta.url)

export const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))

/** Bytes of a hex text that is known to be one. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`not hex: ${hex}`)
  return bytes
}

/** A reading as the vectors write it: `1.8.0=0.26`, `05060001=…@2015-10-09T00:00:00`. */
export function readingText(reading: Reading): string {
  const { value, at } = reading
  const text = value.kind === 'missing' ? value.flag : valueText(value)
  const time = at?.kind === 'wall' ? `@${meterTimeText(at.time)}` : ''
  return `${reading.item ?? reading.dataId}=${text}${time}`
}

/** The frame without its wake-up bytes. */
export function bareFrame(hex: string): Uint8Array {
  return bytesOf(hex.replace(/^(?:FE)+/, ''))
}
