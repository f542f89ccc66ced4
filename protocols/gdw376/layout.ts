import type { DataClass, ItemCode, Stamp, Value } from '#protocols/model'
import type { Shape } from './shapes.ts'

/** What the data of one information class Fn is made of: the language of the tables. */
export type Node =
  | Field
  /** A number of what follows, kept under a letter for the `times` that needs it. */
  | { readonly kind: 'count'; readonly name: string; readonly as: Letter; readonly bytes: 1 | 2 }
  | { readonly kind: 'times'; readonly count: Letter | number; readonly nodes: Layout }
  /** One element for each bit that is set in the byte that stands before them. */
  | {
      readonly kind: 'bitwise'
      readonly name: string
      readonly bits: number
      readonly nodes: Layout
    }
  /** A total and the rates 1 to M (总、费率1～M). */
  | { readonly kind: 'rates'; readonly field: Field }
  /** The same of maximum demands: first all values and then all times (F3), or pair by pair. */
  | { readonly kind: 'demands'; readonly field: Field; readonly order: 'split' | 'paired' }
  | { readonly kind: 'stamp'; readonly stamp: StampKind }
  /** Points of a curve, as many as its stamp says. */
  | { readonly kind: 'points'; readonly nodes: Layout }
  /** Whatever is left of the frame: only the last unit can hold it. */
  | { readonly kind: 'rest'; readonly name: string }
  /** As many bytes as a count says, as hex. */
  | { readonly kind: 'blob'; readonly name: string; readonly count: Letter }

export type Layout = readonly Node[]
export type Letter = 'n' | 'm' | 'l'

export interface Field {
  readonly kind: 'field'
  readonly name: string
  readonly shape: Shape
  readonly unit: string
  readonly item: ItemCode | null
}

/**
 * The times at the head of an answer: when the terminal read the meter (`read`, or `settled` where
 * the values are of the last settlement day), Td_d, Td_m, Td_c, Td_h, and the date of a metering
 * day (抄表日), whose values are of the moment of reading.
 */
export type StampKind = 'read' | 'settled' | 'day' | 'month' | 'curve' | 'hour' | 'metering-day'

/** One value of a unit, and where it stands. `item` and `at` as in a reading. */
export interface Leaf {
  readonly from: number
  readonly to: number
  readonly name: string
  readonly unit: string
  readonly item: ItemCode | null
  readonly value: Value
  readonly at: Stamp | null
  readonly dataClass: DataClass
  /** Counts and stamps say how to read the rest and are no readings. */
  readonly role: 'value' | 'frame'
}

/** True where whatever is there fits: nobody can tell what it does. */
export function isOpen(layout: Layout): boolean {
  return layout.some((node) => node.kind === 'rest' || ('nodes' in node && isOpen(node.nodes)))
}

/** Curves: minutes between points by density m (appendix C). */
export const densityMinutes: ReadonlyMap<number, number> = new Map([
  [1, 15],
  [2, 30],
  [3, 60],
  [254, 5],
  [255, 1],
])

/** The first byte of a stamp's density, for who asks for a curve. */
export function densityOf(minutes: number): number | null {
  for (const [density, each] of densityMinutes) if (each === minutes) return density
  return null
}

/** True where the bytes from `from` to `to` are all zero: a password that was never set. */
export function isZero(data: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (data[at] !== 0) return false
  return true
}
