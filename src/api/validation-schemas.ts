import { type Static, Type } from '@sinclair/typebox'
import {
  type BusinessDate,
  type CivilTime,
  fail,
  idOf,
  ok,
  parseBusinessDate,
  type Result,
} from '#src/core'
import {
  acts,
  customerClasses,
  type Finding,
  type FindingFilter,
  findingStates,
  severities,
  type Value,
  valueKinds,
  valueStates,
} from '#src/validation'
import type { Problem } from './problems.ts'
import { closed, Id, nullable, oneOf, Time } from './schemas.ts'

const Text = Type.String()
const Facts = Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), { maxProperties: 50 })

const Word = Type.String({ minLength: 1, maxLength: 64 })
const Day = Type.String({ maxLength: 10, examples: ['2026-11-21'] })

/** Which findings of the queue. */
export const findingQuery = {
  state: Type.Optional(oneOf(findingStates)),
  code: Type.Optional(Word),
  severity: Type.Optional(oneOf(severities)),
  meter: Type.Optional(Id),
  usagePoint: Type.Optional(Word),
  claimedBy: Type.Optional(Word),
  from: Type.Optional(Day),
  to: Type.Optional(Day),
}

export function findingFilter({
  meter,
  from,
  to,
  ...rest
}: Omit<FindingFilter, 'meterId' | 'from' | 'to'> & {
  readonly meter?: number
  readonly from?: string
  readonly to?: string
}): Result<FindingFilter, Problem> {
  const days: { from?: BusinessDate; to?: BusinessDate } = {}
  for (const [name, text] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (text === undefined) continue
    const date = parseBusinessDate(text)
    if (date === undefined) {
      const message = 'is no date such as 2026-11-21'
      return fail({ code: 'invalid-range', errors: [{ in: 'query', name, message }] })
    }
    days[name] = date
  }
  return ok({ ...rest, ...days, ...(meter === undefined ? {} : { meterId: idOf<'meter'>(meter) }) })
}

export const FindingView = closed({
  id: Type.Integer(),
  meter: closed({ id: Type.Integer(), address: Text }),
  usagePoint: nullable(Text),
  register: Text,
  date: Text,
  at: nullable(Time),
  brought: nullable(Type.String({ description: 'Id of the reading that a person brought.' })),
  code: Text,
  version: Type.Integer(),
  act: oneOf(acts),
  severity: oneOf(severities),
  evidence: Facts,
  energy: Type.String({ description: 'Primary energy that hangs on it, kWh or kvarh.' }),
  worth: Type.String({ description: 'At the price of the limits, in the currency of the tariff.' }),
  state: oneOf(findingStates),
  foundAt: Time,
  claimedBy: nullable(Text),
  decidedBy: nullable(Text),
  decidedAt: nullable(Time),
  reason: Text,
})

const MICRO = 1_000_000n

export function findingView(one: Finding, civil: CivilTime): Static<typeof FindingView> {
  const { id, usagePoint, register, date, code, version, act, severity, worth, state } = one
  const fraction = (one.stake % MICRO).toString().padStart(6, '0')
  return {
    ...{ id, usagePoint, register, date, code, version, act, severity, worth, state },
    meter: { id: one.meterId, address: one.meterAddress },
    at: one.at === null ? null : civil.iso(one.at),
    brought: one.valueId === null ? null : String(one.valueId),
    evidence: { ...one.evidence },
    energy: `${one.stake / MICRO}.${fraction}`,
    foundAt: civil.iso(one.foundAt),
    claimedBy: one.claimedBy,
    decidedBy: one.decidedBy,
    decidedAt: one.decidedAt === null ? null : civil.iso(one.decidedAt),
    reason: one.reason,
  }
}

export const ValueView = closed({
  id: Type.String(),
  meter: closed({ id: Type.Integer(), address: Text }),
  register: Text,
  at: Time,
  value: Text,
  kind: oneOf(valueKinds),
  method: nullable(Text),
  state: oneOf(valueStates),
  reason: Text,
  madeBy: Text,
  madeAt: Time,
  decidedBy: nullable(Text),
  detail: Facts,
})

export function valueView(one: Value, civil: CivilTime): Static<typeof ValueView> {
  const { register, value, kind, method, state, reason, madeBy, decidedBy } = one
  return {
    ...{ register, value, kind, method, state, reason, madeBy, decidedBy },
    id: String(one.id),
    meter: { id: one.meterId, address: one.meterAddress },
    at: civil.iso(one.at),
    madeAt: civil.iso(one.madeAt),
    detail: { ...one.detail },
  }
}

export const RuleView = closed({
  kind: oneOf(['rule', 'method']),
  code: Text,
  version: Type.Integer(),
  customerClass: nullable(oneOf(customerClasses)),
  group: nullable(Text),
  act: oneOf(acts),
  severity: oneOf(severities),
  parameters: Facts,
  position: nullable(Type.Integer()),
  validFrom: Time,
  validTo: nullable(Time),
  madeBy: Text,
  reason: Text,
})

export const RuleChangeBody = closed({
  customerClass: Type.Optional(oneOf(customerClasses)),
  group: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  act: Type.Optional(oneOf(acts)),
  severity: Type.Optional(oneOf(severities)),
  parameters: Type.Optional(Facts),
  position: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  reason: Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' }),
})

export const RuleEndBody = closed({
  customerClass: Type.Optional(oneOf(customerClasses)),
  group: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  reason: Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S' }),
})

export const BroughtView = closed({
  meter: Type.Integer(),
  value: nullable(Type.String({ description: 'Id of the value that was kept.' })),
  outcome: oneOf(['accepted', 'queued', 'refused']),
  reasons: Type.Array(Text),
})
