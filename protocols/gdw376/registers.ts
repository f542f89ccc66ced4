import { type DataClass, type ItemCode, itemOf } from '#protocols/model'
import type { Layout, Node, StampKind } from './layout.ts'
import { functions, infoClasses } from './table.ts'

/** A class that gives a code of the register model: function and Fn. */
type Source = readonly [afn: number, fn: number]

/** Classes that give most of what is asked for, in the order in which they are taken. */
const preferred: Readonly<Record<number, readonly number[]>> = {
  [functions.current]: [2, 129, 130, 131, 132, 133, 134, 135, 136, 145, 146, 147, 148, 25],
  [functions.past]: [
    161, 162, 163, 164, 165, 166, 167, 168, 177, 178, 179, 180, 181, 182, 183, 184,
  ],
}
const lastRank = 0x1000

const ratesMax = 8
/** Rates that a meter is expected to have, to guess how long an answer will be. */
const ratesUsual = 4

const stampClasses: Readonly<Record<StampKind, DataClass | null>> = {
  read: 'current',
  day: 'daily',
  month: 'monthly',
  curve: 'interval',
  settled: null,
  hour: null,
  'metering-day': null,
}

const sources = new Map<string, Source[]>()

for (const { afn, fn, layout } of infoClasses) {
  if (afn !== functions.current && afn !== functions.past) continue
  const [first] = layout
  const dataClass = first?.kind === 'stamp' ? stampClasses[first.stamp] : 'current'
  if (dataClass === null) continue
  for (const code of codesOf(layout)) {
    const key = `${dataClass} ${code}`
    const known = sources.get(key)
    if (known) known.push([afn, fn])
    else sources.set(key, [[afn, fn]])
  }
}

for (const known of sources.values()) known.sort((a, b) => rank(a) - rank(b))

/** The classes that give a code in a series, the best one first; none where there is none. */
export function readsOf(code: string, dataClass: DataClass): readonly Source[] {
  return sources.get(`${dataClass} ${code}`) ?? []
}

function rank([afn, fn]: Source): number {
  const at = preferred[afn]?.indexOf(fn) ?? -1
  return at < 0 ? lastRank + fn : at
}

function codesOf(layout: Layout): readonly ItemCode[] {
  return layout.flatMap((node) => {
    switch (node.kind) {
      case 'field':
        return node.item ? [node.item] : []
      case 'rates':
      case 'demands':
        return node.field.item ? withRates(node.field.item) : []
      case 'times':
      case 'points':
      case 'bitwise':
        return codesOf(node.nodes)
      default:
        return []
    }
  })
}

function withRates(total: ItemCode): readonly ItemCode[] {
  return Array.from({ length: ratesMax + 1 }, (_, rate) => total.replace(/\.0$/, `.${rate}`))
    .map((code) => itemOf(code)?.code)
    .filter((code) => code !== undefined)
}

const stampBytes: Readonly<Record<StampKind, number>> = {
  read: 5,
  settled: 5,
  day: 3,
  'metering-day': 3,
  month: 2,
  curve: 7,
  hour: 2,
}
const timeBytes = 4
const listUsual = 8
const restUsual = 60

/** About how many bytes a layout comes to, with identifier, for so many points. */
export function layoutBytes(layout: Layout, points: number): number {
  return 4 + bytesOf(layout, points)
}

function bytesOf(layout: Layout, points: number): number {
  let sum = 0
  for (const node of layout) sum += nodeBytes(node, points)
  return sum
}

function nodeBytes(node: Node, points: number): number {
  switch (node.kind) {
    case 'field':
      return node.shape.bytes
    case 'count':
      return node.bytes
    case 'rates':
      return (1 + ratesUsual) * node.field.shape.bytes
    case 'demands':
      return (1 + ratesUsual) * (node.field.shape.bytes + timeBytes)
    case 'stamp':
      return stampBytes[node.stamp]
    case 'points':
      return points * bytesOf(node.nodes, 0)
    case 'times': {
      const times = typeof node.count === 'number' ? node.count : points || listUsual
      return times * bytesOf(node.nodes, 0)
    }
    case 'bitwise':
      return 1 + node.bits * bytesOf(node.nodes, 0)
    case 'rest':
    case 'blob':
      return restUsual
  }
}
