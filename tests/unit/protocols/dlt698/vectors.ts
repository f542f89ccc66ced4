import { readFileSync } from 'node:fs'
import { fromHex } from '#protocols/bytes'
import { meterTimeText, type Reading, valueText } from '#protocols/model'

/**
 * A published or hand-worked frame of tests/vectors/dlt698.json. `values` are `register=value`, with
 * the OAD where the register model has no code, the series in front, and the time behind an `@`.
 */
export interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
  readonly address: string
  readonly control: string
  readonly client: string
  readonly service: string | null
  readonly piid: number | null
  readonly oads: readonly string[]
  readonly values: readonly string[]
  readonly error: string | null
  /** Of a request: what it would do. */
  readonly effect: string | null
}

const file = new URL('../../../vectors/dlt698.json', import.meta.url)

export const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))

/** Bytes of a hex text that is known to be one. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`not hex: ${hex}`)
  return bytes
}

/** The vector of a name, for tests that need one. */
export function vector(name: string): Vector {
  const found = vectors.find((one) => one.name === name)
  if (!found) throw new Error(`no vector '${name}'`)
  return found
}

export function readingText({ item, dataId, value, at, dataClass }: Reading): string {
  const text = value.kind === 'missing' ? value.flag : valueText(value)
  const time = at?.kind === 'wall' ? `@${meterTimeText(at.time)}` : ''
  const series = dataClass === 'current' ? '' : `${dataClass}:`
  return `${series}${item ?? dataId}=${text}${time}`
}
