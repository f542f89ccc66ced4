import type { FrameEffect } from '#protocols/model'
import type { Layout } from './layout.ts'

/** `p0` is of the terminal, `pn` of a metering point, a group, a round, a port or a task. */
type Point = 'p0' | 'pn'

/** One information class Fn as a table has it. */
export type Row = readonly [fn: number, point: Point, name: string, layout: Layout]

/** The same of a class that changes something: what it does is said in the row. */
export type EffectRow = readonly [
  fn: number,
  point: Point,
  name: string,
  effect: FrameEffect,
  layout: Layout,
]
