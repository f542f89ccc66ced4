import { type Static, Type } from '@sinclair/typebox'
import { type Anomaly, type AnomalyContext, anomalyStates, type Rule } from '#src/anomaly'
import type { EvidencePack, Suspect } from '#src/anomaly/suspects'
import type { CivilTime } from '#src/core'
import { energyText } from '#src/lineloss'
import { closed, nullable, oneOf, Time } from './schemas.ts'

const Day = Type.String({ format: 'date' })
const Energy = Type.String({ description: 'kWh, exact.', examples: ['12.34'] })
const Worth = Type.String({ description: 'At the price that findings are ranked by.' })
const Facts = Type.Record(Type.String(), Type.Unknown())
const severities = ['low', 'medium', 'high', 'critical'] as const

const anomalyFields = {
  id: Type.Integer(),
  rule: Type.String(),
  ruleVersion: Type.Integer(),
  severity: oneOf(severities),
  usagePointId: Type.Integer(),
  usagePoint: Type.String(),
  meterId: nullable(Type.Integer()),
  meter: nullable(Type.String()),
  nodeId: nullable(Type.Integer()),
  node: nullable(Type.String()),
  score: Type.Integer({ minimum: 0, maximum: 100 }),
  state: oneOf(anomalyStates),
  beganOn: Day,
  lastOn: Day,
  endedOn: nullable(Day),
  days: Type.Integer(),
  energy: Energy,
  unit: Type.Literal('kWh'),
  worth: Worth,
  currency: Type.Literal('CNY'),
  evidence: Facts,
  raisedAt: Time,
  clearedAt: nullable(Time),
  decidedBy: nullable(Type.String()),
  decidedAt: nullable(Time),
  reason: Type.String(),
  quietUntil: nullable(Day),
  caseId: nullable(Type.Integer()),
}
export const AnomalyView = closed(anomalyFields)

export function anomalyView(civil: CivilTime, one: Anomaly): Static<typeof AnomalyView> {
  const { code, version, energy, ...rest } = one
  return {
    ...rest,
    rule: code,
    ruleVersion: version,
    energy: energyText(energy),
    unit: 'kWh',
    currency: 'CNY',
    evidence: { ...one.evidence },
    raisedAt: civil.iso(one.raisedAt),
    clearedAt: one.clearedAt === null ? null : civil.iso(one.clearedAt),
    decidedAt: one.decidedAt === null ? null : civil.iso(one.decidedAt),
  }
}

const dayFields = {
  date: Day,
  energy: nullable(Energy),
  quality: nullable(Type.Integer()),
  areaLoss: nullable(Energy),
}
const DayView = closed(dayFields)
const EventView = closed({ code: Type.String(), at: Time, endedAt: nullable(Time) })
export const ContextView = closed({
  ...anomalyFields,
  daysAround: Type.Array(DayView),
  curve: Type.Array(
    closed({ at: Time, values: Type.Record(Type.String(), nullable(Type.String())) }),
  ),
  events: Type.Array(EventView),
  hits: Type.Array(closed({ date: Day, evidence: Facts })),
})

const textOf = (micro: bigint | null) => (micro === null ? null : energyText(micro))
const daysView = (days: AnomalyContext['days']) =>
  days.map(({ date, energy, quality, areaLoss }) => {
    return { date, energy: textOf(energy), quality, areaLoss: textOf(areaLoss) }
  })
const eventsView = (civil: CivilTime, events: AnomalyContext['events']) =>
  events.map(({ code, at, endedAt }) => {
    return { code, at: civil.iso(at), endedAt: endedAt === null ? null : civil.iso(endedAt) }
  })

export function contextView(
  civil: CivilTime,
  one: Anomaly,
  { days, curve, events, hits }: AnomalyContext,
): Static<typeof ContextView> {
  return {
    ...anomalyView(civil, one),
    daysAround: daysView(days),
    curve: curve.map(({ at, values }) => ({ at: civil.iso(at), values: { ...values } })),
    events: eventsView(civil, events),
    hits: hits.map(({ date, evidence }) => ({ date, evidence: { ...evidence } })),
  }
}

const classes = ['residential', 'commercial', 'industrial', 'agricultural', 'public'] as const
const Count = Type.Integer({ minimum: 1, maximum: 366 })
const ruleFields = {
  parameters: Facts,
  severity: oneOf(severities),
  baseScore: Type.Integer({ minimum: 0, maximum: 100 }),
  raiseDays: Count,
  raiseWithin: Count,
  clearDays: Count,
  opensCase: Type.Boolean(),
  enabled: Type.Boolean(),
}
const Price = Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,8})?$', examples: ['0.56'] })
export const PriceView = closed({
  tariff: Type.String(),
  customerClass: nullable(Type.String()),
  validFrom: Day,
  price: Price,
})
export const PriceBody = closed({
  tariff: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  customerClass: Type.Optional(oneOf(classes)),
  validFrom: Day,
  price: Price,
})

export const RuleView = closed({
  code: Type.String(),
  version: Type.Integer(),
  shape: Type.String(),
  customerClass: nullable(oneOf(classes)),
  ...ruleFields,
})
export const RuleBody = closed({
  parameters: Type.Optional(ruleFields.parameters),
  severity: Type.Optional(ruleFields.severity),
  baseScore: Type.Optional(ruleFields.baseScore),
  raiseDays: Type.Optional(Count),
  raiseWithin: Type.Optional(Count),
  clearDays: Type.Optional(Count),
  opensCase: Type.Optional(Type.Boolean()),
  enabled: Type.Optional(Type.Boolean()),
  customerClass: Type.Optional(oneOf(classes)),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
})

export function ruleView(rule: Rule): Static<typeof RuleView> {
  const { otherClasses: _, parameters, ...rest } = rule
  const facts: Record<string, unknown> = {}
  if (typeof parameters === 'object' && parameters !== null) Object.assign(facts, parameters)
  return { ...rest, parameters: facts }
}

const suspectFields = {
  usagePointId: Type.Integer(),
  usagePoint: Type.String(),
  nodeId: Type.Integer(),
  node: Type.String(),
  score: Type.String({ description: '0 to 100.' }),
  manner: oneOf(['share', 'shift', 'fall', 'hours']),
  since: Day,
  from: Day,
  to: Day,
  energy: Energy,
  energyLow: Energy,
  energyHigh: Energy,
  unit: Type.Literal('kWh'),
  worth: Worth,
  currency: Type.Literal('CNY'),
  reasons: Facts,
  computedAt: Time,
}
export const SuspectView = closed(suspectFields)

export function suspectView(civil: CivilTime, one: Suspect): Static<typeof SuspectView> {
  const { detail, energy, energyLow, energyHigh, computedAt, ...rest } = one
  return {
    ...rest,
    energy: energyText(energy),
    energyLow: energyText(energyLow),
    energyHigh: energyText(energyHigh),
    unit: 'kWh',
    currency: 'CNY',
    reasons: { ...detail },
    computedAt: civil.iso(computedAt),
  }
}

const Around = closed({ before: nullable(Energy), since: nullable(Energy) })
export const PackView = closed({
  suspect: SuspectView,
  days: Type.Array(
    closed({
      ...dayFields,
      explained: nullable(Energy),
      areaLossWithout: nullable(Energy),
    }),
  ),
  hours: Type.Array(
    closed({
      hour: Type.Integer(),
      before: nullable(Type.String()),
      since: nullable(Type.String()),
    }),
  ),
  means: closed({ energy: Around, areaLoss: Around, areaLossWithout: Around }),
  money: closed({
    price: Type.String(),
    worth: Type.String(),
    worthLow: Type.String(),
    worthHigh: Type.String(),
  }),
  registers: Type.Array(
    closed({
      meter: Type.String(),
      register: Type.String(),
      at: Time,
      value: Type.String(),
      receivedAt: Time,
      quality: Type.Integer(),
    }),
  ),
  events: Type.Array(EventView),
  anomalies: Type.Array(
    closed({
      id: Type.Integer(),
      rule: Type.String(),
      ruleVersion: Type.Integer(),
      score: Type.Integer(),
      state: Type.String(),
      beganOn: Day,
      lastOn: Day,
      evidence: Facts,
    }),
  ),
  archive: Facts,
  history: Type.Array(
    closed({
      what: oneOf(['meter', 'account', 'contract', 'place']),
      name: Type.String(),
      from: Time,
      to: nullable(Time),
      detail: Facts,
    }),
  ),
  peers: Type.Array(
    closed({
      usagePoint: Type.String(),
      isSuspect: Type.Boolean(),
      before: nullable(Energy),
      since: nullable(Energy),
      change: nullable(Type.String()),
    }),
  ),
  method: Type.Array(Type.String()),
})

const aroundOf = (mean: { readonly before: bigint | null; readonly since: bigint | null }) => {
  return { before: textOf(mean.before), since: textOf(mean.since) }
}

export function packView(civil: CivilTime, pack: EvidencePack): Static<typeof PackView> {
  return {
    suspect: suspectView(civil, pack.suspect),
    days: pack.days.map(({ explained, areaLoss, ...day }) => ({
      ...day,
      energy: textOf(day.energy),
      areaLoss: textOf(areaLoss),
      explained: textOf(explained),
      areaLossWithout:
        areaLoss === null || explained === null ? null : energyText(areaLoss - explained),
    })),
    hours: pack.hours.map((one) => ({ ...one })),
    means: {
      energy: aroundOf(pack.means.energy),
      areaLoss: aroundOf(pack.means.areaLoss),
      areaLossWithout: aroundOf(pack.means.areaLossWithout),
    },
    money: { ...pack.money },
    registers: pack.registers.map((one) => {
      return { ...one, at: civil.iso(one.at), receivedAt: civil.iso(one.receivedAt) }
    }),
    events: eventsView(civil, pack.events),
    anomalies: pack.anomalies.map(({ code, version, evidence, ...one }) => {
      return { ...one, rule: code, ruleVersion: version, evidence: { ...evidence } }
    }),
    archive: { ...pack.archive },
    history: pack.history.map(({ detail, ...one }) => ({
      ...one,
      from: civil.iso(one.from),
      to: one.to === null ? null : civil.iso(one.to),
      detail: { ...detail },
    })),
    peers: pack.peers.map((one) => ({ ...one })),
    method: [...pack.method],
  }
}
