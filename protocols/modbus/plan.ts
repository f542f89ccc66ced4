import type { AddressRange, ModbusProfile } from './profile.ts'
import { registerCount, type Shape, type WordOrder } from './shape.ts'

/** A point as it is read: where it lies and how, and what it is called. */
export interface Point {
  /** Code of the register model or the protocol's own id, as asked for. */
  readonly id: string
  readonly address: number
  readonly shape: Shape
  readonly order: WordOrder
}

/** Neighbouring points that one request reads. */
export interface Block {
  readonly start: number
  readonly count: number
  readonly points: readonly Point[]
}

interface Span {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly point: Point
}

/** The registers a point needs: its own and its scale factor's, which must be of one moment. */
export function spanOf(point: Point): Span {
  const { address, shape } = point
  const end = address + registerCount(shape)
  const scaleAt = shape.kind === 'integer' ? shape.scaleAt : null
  if (scaleAt === null) return { from: address, to: end, point }
  return { from: Math.min(address, scaleAt), to: Math.max(end, scaleAt + 1), point }
}

/** What of a profile limits a request. */
export type BlockLimits = Pick<ModbusProfile, 'blockMax' | 'gapMax' | 'forbidden' | 'guards'>

/**
 * Blocks that read every point once, each within the limits. A guard is read along where its
 * block can hold it.
 */
export function planBlocks(points: readonly Point[], limits: BlockLimits): readonly Block[] {
  const spans = points
    .map(spanOf)
    .sort((left, right) => left.from - right.from || left.to - right.to)
  const blocks: { from: number; to: number; points: Point[] }[] = []
  for (const span of spans) {
    const open = blocks.at(-1)
    if (open && joins(open, span, limits)) {
      open.to = Math.max(open.to, span.to)
      open.points.push(span.point)
    } else {
      blocks.push({ from: span.from, to: span.to, points: [span.point] })
    }
  }
  return blocks.map(({ from, to, points: held }) => {
    const whole = withGuards(from, to, limits)
    return { start: whole.from, count: whole.to - whole.from, points: held }
  })
}

function joins(open: { from: number; to: number }, span: Span, limits: BlockLimits): boolean {
  const to = Math.max(open.to, span.to)
  if (to - open.from > limits.blockMax || span.from - open.to > limits.gapMax) return false
  return !limits.forbidden.some((range) => crosses(range, open.from, to))
}

function crosses([first, last]: AddressRange, from: number, to: number): boolean {
  return first < to && last >= from
}

function withGuards(from: number, to: number, limits: BlockLimits): { from: number; to: number } {
  let [first, end] = [from, to]
  for (const { address, words } of limits.guards) {
    const [low, high] = [Math.min(first, address), Math.max(end, address + words.length)]
    if (high - low > limits.blockMax) continue
    first = low
    end = high
  }
  return { from: first, to: end }
}
