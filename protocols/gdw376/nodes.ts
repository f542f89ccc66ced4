import { type ItemCode, itemOf } from '#protocols/model'
import { a11, a12, a14, a23, bin, bs, raw } from './formats.ts'
import type { Field, Layout, Letter, Node, StampKind } from './layout.ts'
import type { Shape } from './shapes.ts'

/** Words of which the tables are written. */

/** A quantity of the register model; its name and unit are the model's. */
export function reg(item: ItemCode, shape: Shape): Field {
  const { en = '', unit = '' } = itemOf(item) ?? {}
  return { kind: 'field', name: en, shape, unit, item }
}

/** A field that the register model does not have. */
export function val(name: string, shape: Shape, unit = ''): Field {
  return { kind: 'field', name, shape, unit, item: null }
}

export const count = (name: string, as: Letter = 'n', bytes: 1 | 2 = 1): Node => ({
  kind: 'count',
  name,
  as,
  bytes,
})
export const times = (times: Letter | number, ...nodes: Layout): Node => ({
  kind: 'times',
  count: times,
  nodes,
})
export const bitwise = (name: string, bits: number, ...nodes: Layout): Node => ({
  kind: 'bitwise',
  name,
  bits,
  nodes,
})
export const stamp = (kind: StampKind): Node => ({ kind: 'stamp', stamp: kind })
export const rates = (field: Field): Node => ({ kind: 'rates', field })
export const split = (field: Field): Node => ({ kind: 'demands', field, order: 'split' })
export const paired = (field: Field): Node => ({ kind: 'demands', field, order: 'paired' })
export const points = (...nodes: Layout): Node => ({ kind: 'points', nodes })
export const rest = (name: string): Node => ({ kind: 'rest', name })
export const blob = (name: string, as: Letter): Node => ({ kind: 'blob', name, count: as })
/** The number M of rates. */
export const M = count('rates M', 'm')

/** Active energy is sent in format 14, reactive in format 11. */
export const active = (item: ItemCode) => rates(reg(item, a14))
export const reactive = (item: ItemCode) => rates(reg(item, a11))
export const energy = (name: string, shape: Shape, unit: string) => rates(val(name, shape, unit))
export const demand = (item: ItemCode) => reg(item, a23)
export const text = (name: string, bytes: number): Field => val(name, raw(bytes))
export const number = (name: string, bytes: number, unit = ''): Field => val(name, bin(bytes), unit)
export const word = (name: string, bytes: number): Field => val(name, bs(bytes))
export const meterAddress = (name: string): Field => val(name, a12)
export const each = (names: readonly string[], make: (name: string) => Node): Layout =>
  names.map(make)
export const phases = ['A', 'B', 'C'] as const
