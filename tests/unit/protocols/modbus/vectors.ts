import { readFileSync } from 'node:fs'
import { fromHex } from '#protocols/bytes'
import type { ModbusRequest, RegisterRead, Shape, WordOrder } from '#protocols/modbus'

interface RtuVector {
  readonly frame: string
  readonly message: string
  readonly role: 'request' | 'reply' | null
  readonly read?: RegisterRead
  readonly data?: string
  readonly exception?: number
  readonly source: string
}

interface MbapVector {
  readonly frame: string
  readonly transaction: number
  readonly message: string
}

type WrittenShape =
  | Extract<Shape, { kind: 'float' }>
  | (Omit<Extract<Shape, { kind: 'integer' }>, 'absent'> & { readonly absent: string | null })

interface ValueVector {
  readonly shape: WrittenShape
  readonly order: WordOrder
  readonly bytes: string
  readonly value: string | null
  readonly flag?: string
  readonly source: string
}

/** Registers of a real meter, by the hex address of the first, and what they mean by its map. */
interface MapVector {
  readonly profile: string
  readonly registers: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string | null>>
  readonly source: string
}

/** An answer of 43/14 and its objects in words. */
interface IdentificationVector {
  readonly message: string
  readonly frame: string | null
  readonly objects: readonly string[]
  readonly next: number | null
  readonly source: string
}

/** Where SunSpec's own definitions have a point, and its scale factor, counted from the model's id. */
interface SunSpecVector {
  readonly ids: readonly number[]
  readonly offsets: Readonly<Record<string, readonly [point: number, scale: number | null]>>
  readonly source: string
}

interface Vectors {
  readonly rtu: readonly RtuVector[]
  readonly pdu: readonly Omit<RtuVector, 'frame'>[]
  readonly mbap: readonly MbapVector[]
  readonly maps: readonly MapVector[]
  readonly values: readonly ValueVector[]
  readonly identification: readonly IdentificationVector[]
  readonly sunspec: readonly SunSpecVector[]
}

const file = new URL('../../../vectors/modbus.json', import.meta.url)

/** The recorded frames; their file is checked in and trusted. */
export const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))

export function bytes(hex: string): Uint8Array {
  const result = fromHex(hex)
  if (!result) throw new Error(`not hex: ${hex}`)
  return result
}

/** JSON has no bigint. */
export function shapeOf(shape: WrittenShape): Shape {
  if (shape.kind === 'float') return shape
  return { ...shape, absent: shape.absent === null ? null : BigInt(shape.absent) }
}

/** Requests that read registers of a profile, or named by hand. */
export type BlockRead = Extract<ModbusRequest, { readonly kind: 'read' }>

export function blockReads(requests: readonly ModbusRequest[]): readonly BlockRead[] {
  return requests.filter((request) => request.kind === 'read')
}
