import type { ItemCode } from '#protocols/model'
import type { Shape, WordOrder } from './shape.ts'
import type { WriteRow } from './writes.ts'

/** One quantity of a register map: code of the register model, zero-based address, shape. */
export type PointRow = readonly [code: ItemCode, address: number, shape: Shape]

/** A range of addresses, both ends included. */
export type AddressRange = readonly [first: number, last: number]

/** Registers that must hold these words, else the meter is not what the profile describes. */
export interface Guard {
  readonly address: number
  readonly words: readonly number[]
  readonly meaning: string
}

/** The register map of one meter family. Pure data: a new model is a new table, no code. */
export interface ModbusProfile {
  /** What users type for `--profile`. */
  readonly name: string
  readonly title: string
  readonly functionCode: 3 | 4
  readonly order: WordOrder
  /** Most registers the meter gives in one answer. */
  readonly blockMax: number
  /** Unused registers worth reading to save an exchange. */
  readonly gapMax: number
  /** Addresses the meter refuses to read, also inside a block. */
  readonly forbidden: readonly AddressRange[]
  readonly guards: readonly Guard[]
  readonly points: readonly PointRow[]
  /** What may be written to the meter; nothing where absent. */
  readonly writes?: readonly WriteRow[]
}
