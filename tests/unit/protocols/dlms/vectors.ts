import { readFileSync } from 'node:fs'
import { fromHex } from '#protocols/bytes'
import { meterTimeText, type Reading, valueText } from '#protocols/model'

/**
 * A published or hand-worked frame of tests/vectors/dlms.json, or an APDU alone. `values` are
 * `register=value unit`, with the protocol's own id where the register model has no code and the
 * time behind an `@`.
 */
export interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
  readonly valid: boolean
  readonly direction: string | null
  readonly address: string | null
  readonly control: string | null
  readonly service: string | null
  readonly classId: number | null
  readonly obis: string | null
  readonly attribute: number | null
  readonly effect: string
  readonly values: readonly string[]
  readonly error: string | null
}

const file = new URL('../../../vectors/dlms.json', import.meta.url)

export const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))

export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error(`not hex: ${hex}`)
  return bytes
}

export function readingText({ item, dataId, unit, value, at }: Reading): string {
  const text = value.kind === 'missing' ? value.flag : valueText(value)
  const time =
    at?.kind === 'wall'
      ? `@${meterTimeText(at.time)}`
      : at
        ? `@${new Date(at.ms).toISOString().replace('.000', '')}`
        : ''
  return `${item ?? dataId}=${text}${unit === '' ? '' : ` ${unit}`}${time}`
}
