import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import {
  capacityVerdicts,
  curveQuantities,
  type LoadSum,
  loadDimensions,
  periods,
  type QualitySum,
  qualityDimensions,
} from '#src/statistics'
import { CivilDate } from './collection-schemas.ts'
import { Cursor, closed, Id, oneOf, orNull, RegisterCode, Time } from './schemas.ts'
import { Decimal, days } from './statistics-views.ts'

const Text = Type.String()
const Count = Type.Integer({ minimum: 0 })
const Next = orNull(Text)
const maybe = orNull(Decimal)

export const loadQuery = {
  ...days,
  by: Type.Optional(oneOf(loadDimensions)),
  period: Type.Optional(oneOf(periods)),
  node: Type.Optional(Id),
  compare: Type.Optional(oneOf(['year', 'period'])),
}

export const LoadView = closed({
  items: Type.Array(
    closed({
      key: orNull(Text),
      node: orNull(Id),
      name: Text,
      within: Type.Union([Text, Type.Null()], {
        description: 'The region that this one lies in, whose sum holds it too.',
      }),
      from: CivilDate,
      to: CivilDate,
      energy: Decimal,
      mean: Decimal,
      peak: Decimal,
      peakAt: Time,
      least: Decimal,
      leastAt: Time,
      loadFactor: maybe,
      peakValley: Decimal,
      peakValleyRatio: maybe,
      peakValleyOfDay: Decimal,
      coincidence: maybe,
      points: Count,
      quarters: Count,
      thinQuarters: Count,
      before: orNull(closed({ energy: Decimal, peak: Decimal })),
      energyGrowth: maybe,
      peakGrowth: maybe,
    }),
  ),
  next: Next,
})

export const loadView = (civil: CivilTime, item: LoadSum) => ({
  ...item,
  peakAt: civil.iso(item.peakAt),
  leastAt: civil.iso(item.leastAt),
  before: item.before === null ? null : { ...item.before },
})

export const loadColumns = [
  ...['key', 'name', 'within', 'from', 'to', 'energy#', 'mean#', 'peak#', 'peakAt'],
  ...['least#', 'leastAt', 'loadFactor#', 'peakValley#', 'peakValleyRatio#'],
  ...['peakValleyOfDay#', 'coincidence#'],
  ...['energyGrowth#', 'peakGrowth#', 'points#', 'quarters#', 'thinQuarters#'],
]

export const PointLoadView = closed({
  items: Type.Array(
    closed({
      date: CivilDate,
      energy: Decimal,
      peak: Decimal,
      peakAt: Time,
      least: Decimal,
      mean: Decimal,
      loadFactor: maybe,
      peakValley: Decimal,
      nightBase: maybe,
      quarters: Count,
    }),
  ),
  next: Type.Null(),
})

export const SumCurveView = closed({
  unit: Text,
  items: Type.Array(closed({ at: Time, energy: Decimal, power: Decimal, points: Count })),
})

const Codes = Type.String({ minLength: 1, maxLength: 2_000, description: 'Up to 20, by commas.' })

export const curveQuery = {
  points: Codes,
  quantity: Type.Optional(oneOf(curveQuantities)),
  register: Type.Optional(RegisterCode),
  from: Type.Optional(Text),
  to: Type.Optional(Text),
}

export const CurveItems = Type.Array(closed({ at: Time, value: Decimal, quality: Text }))
export const CurvesView = closed({
  unit: Text,
  items: Type.Array(closed({ point: Text, items: CurveItems })),
})

export const qualityQuery = {
  ...days,
  by: Type.Optional(oneOf(qualityDimensions)),
  period: Type.Optional(oneOf(periods)),
  node: Type.Optional(Id),
  point: Type.Optional(Id),
  sustainedMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_440, default: 3 })),
  below: Type.Optional(Type.String({ pattern: '^[01](\\.\\d{1,6})?$' })),
}

export const QualityView = closed({
  items: Type.Array(
    closed({
      key: orNull(Text),
      name: Text,
      from: CivilDate,
      to: CivilDate,
      usagePoints: Decimal,
      voltage: closed({
        qualificationRate: maybe,
        examinedSeconds: Count,
        belowSeconds: Count,
        aboveSeconds: Count,
        least: maybe,
        most: maybe,
        imbalance: maybe,
        imbalanceShare: maybe,
      }),
      current: closed({ imbalance: maybe, imbalanceShare: maybe }),
      powerFactor: maybe,
      outages: closed({
        byEvent: Count,
        byCurve: Count,
        open: Count,
        minutes: Decimal,
        saifi: maybe,
        saidiMinutes: maybe,
      }),
    }),
  ),
  next: Next,
})

export const qualityView = (item: QualitySum): Static<typeof QualityView>['items'][number] => ({
  ...item,
  voltage: { ...item.voltage },
  current: { ...item.current },
  outages: { ...item.outages },
})

export const qualityColumns = [
  ...['key', 'name', 'from', 'to', 'usagePoints#', 'qualificationRate#', 'belowSeconds#'],
  ...['aboveSeconds#', 'voltageImbalance#', 'currentImbalance#', 'powerFactor#', 'byEvent#'],
  ...['byCurve#', 'minutes#', 'saifi#', 'saidiMinutes#'],
]

export const qualityRow = ({ voltage, current, outages, ...item }: QualitySum) => ({
  ...item,
  ...voltage,
  voltageImbalance: voltage.imbalance,
  currentImbalance: current.imbalance,
  ...outages,
})

const Positive = Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,6})?$' })

export const CapacityRuleView = closed({
  validFrom: CivilDate,
  overShare: Positive,
  overDays: Type.Integer({ minimum: 1, maximum: 366 }),
  underShare: Positive,
  months: Type.Integer({ minimum: 1, maximum: 24 }),
  targetShare: Positive,
  powerFactor: Positive,
  kvaMonthPrice: orNull(Positive),
})

export const CapacityView = closed({
  rule: orNull(CapacityRuleView),
  items: Type.Array(
    closed({
      account: Text,
      customer: Text,
      contract: Text,
      capacityKva: Decimal,
      verdict: oneOf(capacityVerdicts),
      days: Count,
      daysAbove: Count,
      peakKva: maybe,
      peakAt: orNull(Time),
      share: maybe,
      powerFactor: Decimal,
      advisedKva: maybe,
      moneyPerMonth: maybe,
      currency: Text,
    }),
  ),
  next: Next,
})

export const capacityColumns = [
  ...['account', 'customer', 'contract', 'capacityKva#', 'verdict', 'peakKva#', 'peakAt'],
  ...['share#', 'daysAbove#', 'days#', 'powerFactor#', 'advisedKva#', 'moneyPerMonth#'],
]

export const capacityQuery = {
  until: Type.Optional(CivilDate),
  verdict: Type.Optional(oneOf(capacityVerdicts)),
}

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(Cursor),
}
