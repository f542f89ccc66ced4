/** What transformers and lines lose, in fractions of whole numbers; see oracle.ts. */

import { energiesOf, every, some } from './oracle-time.ts'
import {
  type Held,
  HOURS,
  type OracleLoss,
  type OracleNode,
  type OraclePlate,
  type OracleRow,
  type Part,
  type Period,
  type World,
} from './oracle-world.ts'

/** Half away from zero. */
function rounded(top: bigint, bottom: bigint): bigint {
  const size = ((top < 0n ? -top : top) * 2n + bottom) / (2n * bottom)
  return top < 0n ? -size : size
}

/** Of a customer or an area the load's shape is 1.2, higher up 1.1; in tenths. */
const shapeOf = (kind: OracleNode['kind'] | undefined) => (kind === 'area' ? 12n : 11n)

/** A power factor of 0.8 where no meter says what was reactive. */
const assumed = (active: bigint) => ({ top: active * 3n, bottom: 4n })

/** P0 h + K Pk (Wp2 + Wq2) / (S2 h), of each plate by its part of what all of them carried. */
function lossOf(
  plates: readonly (OraclePlate & { readonly hours: bigint })[],
  active: bigint,
  reactive: bigint | undefined,
  shape: bigint,
): bigint {
  const served = plates.reduce((sum, { kva, hours }) => sum + kva * hours, 0n)
  return plates.reduce((sum, { kva, ironW, copperW, hours }) => {
    const wp = rounded(active * kva * hours, served)
    const said = reactive === undefined ? assumed(active) : { top: reactive, bottom: 1n }
    const wq = rounded(said.top * kva * hours, said.bottom * served)
    const bottom = kva * kva * hours * 10_000_000_000n
    const copper = shape * copperW * (wp * wp + wq * wq)
    return sum + rounded(ironW * hours * 1000n * bottom + copper, bottom)
  }, 0n)
}

/** Of a plate the hours in a time. */
const withHours = (plate: OraclePlate, isOwn: (hour: number) => boolean, all: Held) => {
  let hours = 0n
  for (let hour = all.from; hour < all.to; hour += 1) {
    if (plate.from <= hour && hour < plate.to && isOwn(hour)) hours += 1n
  }
  return { ...plate, hours }
}

const spanOf = (period: Period, days: number): Held =>
  period === 'month'
    ? { from: 0, to: days * HOURS }
    : { from: period * HOURS, to: (period + 1) * HOURS }

/** What a customer's transformers lost before a meter on their low side while it counted there. */
export function customersLoss(
  world: World,
  point: number,
  kind: OracleNode['kind'] | undefined,
  period: Period,
  hours: readonly boolean[],
): bigint {
  const { useOf, lastHours } = energiesOf(world)
  const span = spanOf(period, world.days)
  const own = new Set(lastHours(hours))
  const isWhole = period !== 'month' || every(hours, span)
  const plates = world.plates
    .filter((plate) => plate.point === point && plate.side === 'low')
    .map((plate) => withHours(plate, (hour) => isWhole || own.has(Math.floor(hour / HOURS)), span))
    .filter((plate) => plate.hours > 0n)
  const active = useOf(point, 'forward', period, hours)
  // It carries what is fed back as well.
  const back = useOf(point, 'back', period, hours)?.energy ?? 0n
  if (plates.length === 0 || active === undefined) return 0n
  return lossOf(
    plates,
    active.energy + back,
    useOf(point, 'reactive', period, hours)?.energy,
    shapeOf(kind),
  )
}

export interface OracleGrid {
  readonly world: World
  readonly rows: readonly OracleRow[]
  readonly parents: readonly ReadonlyMap<number, number>[]
  readonly gated: readonly ReadonlySet<number>[]
  readonly kindOf: ReadonlyMap<number, OracleNode['kind']>
  readonly movedFrom: (node: number, point: number, part: Part, day: Held) => number[]
}

/** What the lines and transformers of an area, a feeder or a bus lost in a period. */
export function technicalOf(
  { world, rows, parents, gated, kindOf, movedFrom }: OracleGrid,
  node: number,
  period: Period,
  { supply, generation, returned }: OracleLoss,
): Pick<OracleLoss, 'technical' | 'transformers'> {
  const { useOf, lastHours } = energiesOf(world)
  const span = spanOf(period, world.days)
  const always = new Array<boolean>(world.days * HOURS).fill(true)
  const isGated = (area: number, hour: number) => gated[hour]?.has(area) === true

  /** When an area hung on the node, in whole days; the node itself always does. */
  const stayOf = (area: number): readonly boolean[] | undefined => {
    if (area === node) return always
    const hung = parents.map((parent) => parent.get(area) === node)
    if (!some(hung, span)) return undefined
    if (period === 'month') {
      const own = new Set(lastHours(hung))
      return every(hung, span) ? always : always.map((_, hour) => own.has(Math.floor(hour / HOURS)))
    }
    const others = parents.some((parent, hour) => {
      const above = parent.get(area)
      return hour >= span.from && hour < span.to && above !== undefined && above !== node
    })
    return hung[span.to - 1] || !others ? always : undefined
  }

  /** What went through the gateways of an area while it hung there; undefined: nobody knows. */
  const headOf = (area: number, stay: readonly boolean[]) => {
    const heads = rows
      .filter((row) => row.part === 'gateway' && row.node === area && some(row.hours, span))
      .flatMap(({ point, hours }) => {
        if (period !== 'month') {
          const isOver = !hours[span.to - 1] && movedFrom(area, point, 'gateway', span).length > 0
          return isOver ? [] : [{ point, hours }]
        }
        const both = hours.map((is, hour) => is && stay[hour] === true)
        return every(both, span) || lastHours(both).length > 0 ? [{ point, hours: both }] : []
      })
    const told = heads.map(({ point, hours }) => {
      return {
        forward: useOf(point, 'forward', period, hours),
        back: useOf(point, 'back', period, hours)?.energy ?? 0n,
        reactive: useOf(point, 'reactive', period, hours)?.energy,
      }
    })
    if (told.length === 0) return undefined
    if (told.some(({ forward }) => forward === undefined || forward.quality === 4)) return undefined
    return {
      active: told.reduce((sum, { forward, back }) => sum + (forward?.energy ?? 0n) + back, 0n),
      reactive: told.some(({ reactive }) => reactive === undefined)
        ? undefined
        : told.reduce((sum, { reactive }) => sum + (reactive ?? 0n), 0n),
    }
  }

  let transformers: bigint | null = null
  let [isUnknown, isPartial] = [false, false]
  for (const area of kindOf.keys()) {
    const side = area === node ? 'high' : 'low'
    const stay = stayOf(area)
    if (stay === undefined) continue
    const held = world.plates.filter(
      (plate) => plate.node === area && plate.from < span.to && plate.to > span.from,
    )
    if (area !== node && held.length === 0) isPartial = true
    const plates = held
      .filter((plate) => plate.side === side)
      .map((plate) => withHours(plate, (hour) => stay[hour] === true, span))
      .filter(({ hours }) => hours > 0n)
    if (plates.length === 0) continue
    const head = headOf(area, stay)
    for (let hour = span.from; hour < span.to; hour += 1) {
      const isOn = plates.some(({ from, to }) => from <= hour && hour < to)
      if (isOn && stay[hour] && !isGated(area, hour)) isUnknown = true
    }
    if (head === undefined) isUnknown = true
    else transformers = (transformers ?? 0n) + lossOf(plates, head.active, head.reactive, 12n)
  }
  if (isUnknown) transformers = null

  const network = world.networks.find((one) => one.node === node)
  const head = headOf(node, always)
  let isMetered = true
  for (let hour = span.from; hour < span.to; hour += 1) isMetered &&= isGated(node, hour)
  if (network === undefined || head === undefined || !isMetered) {
    return { transformers, technical: null }
  }
  const through = supply + generation + returned
  // As a whole number first: that is how the product has it.
  const said = assumed(through)
  const reactive = head.reactive ?? rounded(said.top, said.bottom)
  const { shape, milliOhm, voltage } = network
  const lines = rounded(
    shape * milliOhm * (through * through + reactive * reactive),
    100_000n * voltage * voltage * BigInt(span.to - span.from) * 1000n,
  )
  const isWhole = kindOf.get(node) !== 'feeder' || (transformers !== null && !isPartial)
  return { transformers, technical: isWhole ? lines + (transformers ?? 0n) : null }
}
