import type { InfoClass } from '#protocols/gdw376'
import { type ItemCode, itemOf, type MeterTime, meterTimeText, type Value } from '#protocols/model'
import type { SimulatedMeter, Tariffed } from '#simulators/meter'
import { itemValues } from './item-values.ts'

type Node = InfoClass['layout'][number]
type Field = Extract<Node, { kind: 'field' }>

/** A meter reads to a terminal as DL/T 645 shows it: hundredths of a kilowatt-hour. */
const MILLIWH_PER_CENTIKWH = 10_000
const RATES = 4
const CENTI = 2
const DECIWATT = 4

/** The moment data are of, and the times that stand at the head of them. */
export interface Moment {
  readonly ms: number
  readonly read: MeterTime
  /** Td_d, Td_m as text, or the first point of a curve; null for what is of now. */
  readonly stamp: string | null
  readonly density: number
  /** True moments of the points of a curve; in the future where the terminal has none yet. */
  readonly points: readonly number[]
  readonly nowMs: number
  /** Nothing was ever had of the meter. */
  readonly isUnread?: boolean
}

/** The values of an information class in the order in which it is sent, of one meter. */
export function valuesOf(
  layout: InfoClass['layout'],
  meter: SimulatedMeter,
  moment: Moment,
): readonly Value[] {
  return layout.flatMap((node) => nodeValues(node, meter, moment))
}

function nodeValues(node: Node, meter: SimulatedMeter, moment: Moment): readonly Value[] {
  switch (node.kind) {
    case 'field':
      return [moment.isUnread ? emptyOf(node.shape) : fieldValue(node, meter, moment.ms, 0)]
    case 'count':
      return [number(node.as === 'm' ? RATES : 0, 0)]
    case 'times':
      if (typeof node.count !== 'number') return []
      return Array.from({ length: node.count }, () => valuesOf(node.nodes, meter, moment)).flat()
    case 'bitwise':
      return [number(0, 0)]
    case 'rates':
      return withRates((rate) =>
        moment.isUnread
          ? emptyOf(node.field.shape)
          : fieldValue(node.field, meter, moment.ms, rate),
      )
    case 'demands': {
      const marks = withRates((rate) =>
        moment.isUnread ? neverMarked : demandMark(node.field, meter, moment.ms, rate),
      )
      const pairs = marks.map(([value, when]) => [value, when] as const)
      return node.order === 'paired'
        ? pairs.flat()
        : [...pairs.map(([value]) => value), ...pairs.map(([, when]) => when)]
    }
    case 'stamp':
      return stampValues(node.stamp, moment)
    case 'points':
      return moment.points.flatMap((ms) =>
        ms > moment.nowMs
          ? valuesOf(node.nodes, meter, moment).map(() => absent)
          : valuesOf(node.nodes, meter, { ...moment, ms }),
      )
    case 'rest':
    case 'blob':
      return [text('')]
  }
}

/**
 * When the terminal read the meter, whether it is closed, and when remote control closed and opened
 * it last. Nothing else opens it; whoever closes it by hand at the meter is no remote control.
 */
export function supplyValues(
  { supply, clock }: SimulatedMeter,
  { ms, read }: Moment,
): readonly Value[] {
  const isClosed = supply.isClosedAt(ms)
  const opened = supply.periods.findLast(({ fromMs }) => fromMs <= ms)
  const closed = supply.periods.findLast(
    ({ toMs, closedBy }) => closedBy !== undefined && toMs !== null && toMs <= ms,
  )
  const timeOf = (at: number | null | undefined) =>
    at === null || at === undefined ? absent : minuteText(clock.wallAt(at))
  const state = text(isClosed ? 'closed' : 'open')
  return [minuteText(read), state, timeOf(closed?.toMs), timeOf(opened?.fromMs)]
}

function stampValues(
  stamp: Extract<Node, { kind: 'stamp' }>['stamp'],
  moment: Moment,
): readonly Value[] {
  switch (stamp) {
    case 'read':
    case 'settled':
      return [minuteText(moment.read)]
    case 'hour':
      // Without hourly freezes: no points.
      return [text('00'), number(0, 0)]
    case 'curve':
      return [text(moment.stamp ?? ''), number(moment.density, 0), number(moment.points.length, 0)]
    default:
      return [text(moment.stamp ?? '')]
  }
}

function fieldValue(field: Field, meter: SimulatedMeter, ms: number, rate: number): Value {
  const { item, shape } = field
  if (item === '0.0.96.3.10') return text(meter.isClosedAt(ms) ? 'closed' : 'open')
  if (item === '0.0.1.0.0') return text(meterTimeText(meter.clock.wallAt(ms)))
  const scale = 'scale' in shape ? shape.scale : 0
  const energy = item?.endsWith('.8.0') ? energyOf(meter, item, ms) : null
  if (energy) {
    const all = [energy.total, ...energy.rates]
    const digits = all[rate]
    return digits === undefined || !Number.isFinite(digits)
      ? absent
      : rescaled(digits, CENTI, scale)
  }
  const momentary = item && rate === 0 ? itemValues(meter, ms)(item) : null
  if (momentary) return rescaled(momentary.digits, momentary.scale, scale)
  return emptyOf(shape)
}

/** What a terminal sends of what it does not keep: nothing, and zeros where nothing has no form. */
function emptyOf(shape: Field['shape']): Value {
  switch (shape.kind) {
    case 'uint':
      return number(0, 0)
    case 'bits':
    case 'raw':
      return text('00'.repeat(shape.bytes))
    case 'ascii':
      return text('')
    case 'ip':
      return text('0.0.0.0')
    case 'named':
      return text('00')
    default:
      return absent
  }
}

function energyOf(meter: SimulatedMeter, item: ItemCode, ms: number): Tariffed | null {
  const registers = meter.registersAt(ms, MILLIWH_PER_CENTIKWH)
  const single = (values: readonly number[], phase: number): Tariffed => ({
    total: values[phase] ?? Number.NaN,
    rates: [],
  })
  const found: Partial<Record<ItemCode, Tariffed>> = {
    '1.8.0': registers.import,
    '2.8.0': registers.export,
    '3.8.0': registers.reactive[0],
    '4.8.0': registers.reactive[1],
    '5.8.0': registers.quadrants[0],
    '6.8.0': registers.quadrants[1],
    '7.8.0': registers.quadrants[2],
    '8.8.0': registers.quadrants[3],
    '21.8.0': single(registers.phaseImport, 0),
    '41.8.0': single(registers.phaseImport, 1),
    '61.8.0': single(registers.phaseImport, 2),
    '22.8.0': single(registers.phaseExport, 0),
    '42.8.0': single(registers.phaseExport, 1),
    '62.8.0': single(registers.phaseExport, 2),
  }
  return found[item] ?? null
}

/** The highest demand of the meter's month up to a moment, and when it was. */
function demandMark(
  field: Field,
  meter: SimulatedMeter,
  ms: number,
  rate: number,
): readonly [Value, Value] {
  // A moment earlier at a month's beginning: the freeze is of the month that ended.
  const month = meter.settlement(0, ms - 1)
  const demands = month ? meter.demandsBetween(month.ms, ms) : null
  const marks = {
    '1.6.0': demands && [demands.import, ...demands.importRates],
    '2.6.0': demands && [demands.export],
    '3.6.0': demands && [demands.reactive],
  }
  const code = field.item
  const found = code === '1.6.0' || code === '2.6.0' || code === '3.6.0' ? marks[code] : null
  const mark = found?.[rate]
  if (!mark?.wall) return neverMarked
  return [number(mark.deciW, DECIWATT), text(meterTimeText(mark.wall).slice(5, 16))]
}

function withRates<Each>(make: (rate: number) => Each): readonly Each[] {
  return Array.from({ length: RATES + 1 }, (_, rate) => make(rate))
}

/** The same value with other decimals; what does not fit is cut off, as a display cuts it. */
function rescaled(digits: number, from: number, to: number): Value {
  return number(
    to >= from ? digits * 10 ** (to - from) : Math.trunc(digits / 10 ** (from - to)),
    to,
  )
}

/** True for a class of which a terminal has values: all that the register model names. */
export function isKept(layout: InfoClass['layout']): boolean {
  return layout.some((node) => {
    switch (node.kind) {
      case 'field':
        return node.item !== null && itemOf(node.item) !== undefined
      case 'rates':
      case 'demands':
        return node.field.item !== null
      case 'points':
        return isKept(node.nodes)
      default:
        return false
    }
  })
}

const absent: Value = { kind: 'missing', flag: 'absent' }
const neverMarked = [absent, absent] as const
const text = (value: string): Value => ({ kind: 'text', text: value })
/** `2026-11-21T22:30`. */
const minuteText = (time: MeterTime) => text(meterTimeText(time).slice(0, 16))
const number = (digits: number, scale: number): Value => ({ kind: 'number', digits, scale })
