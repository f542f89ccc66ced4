import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import {
  energyText,
  exceptionKinds,
  type Loss,
  type LossCause,
  type LossException,
  type LossIndicators,
  type LossMember,
  lossReasons,
  lossScopes,
} from '#src/lineloss'
import type { Sheet } from '#src/sheets'
import { AreaManagerView } from './duty-schemas.ts'
import { closed, nullable, oneOf, Time } from './schemas.ts'

const Energy = Type.String({ description: 'kWh, exact.', examples: ['1234.56'] })
const ManagerOrNull = Type.Union([AreaManagerView, Type.Null()], {
  description: 'Who was responsible at the end of the period; of an exception, of `lastOn`.',
})
const Count = closed({ expected: Type.Integer(), read: Type.Integer() })

export const Scope = oneOf(lossScopes)
const reasonCodes = Object.keys(lossReasons) as (keyof typeof lossReasons)[]

/** What went in and came out, and what was missing. */
export const lossFields = {
  scope: Scope,
  id: Type.Integer({ description: 'The node; of a voltage level its nominal voltage in V.' }),
  code: Type.String(),
  name: Type.String(),
  period: oneOf(['day', 'month']),
  date: Type.String({ format: 'date', description: 'The day, or the first day of the month.' }),
  unit: Type.Literal('kWh'),
  in: Energy,
  out: Energy,
  loss: nullable(Type.String({ description: 'kWh; null where it is not computable.' })),
  rate: nullable(Type.String({ description: 'Of one; null also where nothing went in.' })),
  computable: Type.Boolean(),
  reasons: Type.Array(closed({ code: oneOf(reasonCodes), en: Type.String(), zh: Type.String() })),
  denominator: oneOf(['net', 'gross']),
  supply: Energy,
  reverse: Energy,
  generation: Energy,
  passed: Energy,
  returned: Energy,
  sale: Energy,
  auxiliary: Energy,
  transformerSale: Energy,
  estimated: Energy,
  technical: nullable(Type.String({ description: 'kWh that physics explains; null if unknown.' })),
  transformers: nullable(Type.String({ description: 'kWh of transformers alone.' })),
  nonTechnical: nullable(Type.String({ description: 'kWh that it does not.' })),
  users: Count,
  gateways: Count,
  sources: Count,
  computedAt: Time,
  manager: ManagerOrNull,
}
export const LossView = closed(lossFields)

export const MemberView = closed({
  usagePointId: Type.Integer(),
  usagePoint: Type.String(),
  meter: nullable(Type.String()),
  part: oneOf(['gateway', 'passed', 'user', 'source', 'auxiliary']),
  forward: nullable(Energy),
  back: nullable(Energy),
  quality: nullable(Type.Integer()),
  read: Type.Boolean(),
})

const textOrNull = (micro: bigint | null) => (micro === null ? null : energyText(micro))

export function lossView(civil: CivilTime, one: Loss): Static<typeof LossView> {
  const { loss, technical } = one
  return {
    scope: one.scope,
    id: one.id,
    code: one.code,
    name: one.name,
    period: one.period,
    date: one.startsOn,
    unit: 'kWh',
    in: energyText(one.input),
    out: energyText(one.output),
    loss: textOrNull(loss),
    rate: one.rate,
    computable: loss !== null,
    reasons: one.reasons.map((code) => {
      const [en, zh] = lossReasons[code]
      return { code, en, zh }
    }),
    denominator: one.denominator,
    supply: energyText(one.supply),
    reverse: energyText(one.reverse),
    generation: energyText(one.generation),
    passed: energyText(one.passed),
    returned: energyText(one.returned),
    sale: energyText(one.sale),
    auxiliary: energyText(one.auxiliary),
    transformerSale: energyText(one.transformerSale),
    estimated: energyText(one.estimated),
    technical: textOrNull(technical),
    transformers: textOrNull(one.transformers),
    nonTechnical: loss === null || technical === null ? null : energyText(loss - technical),
    users: { ...one.users },
    gateways: { ...one.gateways },
    sources: { ...one.sources },
    computedAt: civil.iso(one.computedAt),
    manager: one.manager,
  }
}

export const memberView = ({ forward, back, ...one }: LossMember): Static<typeof MemberView> => ({
  ...one,
  forward: textOrNull(forward),
  back: textOrNull(back),
})

const indicatorFields = {
  scopes: Type.Integer(),
  computable: Type.Integer(),
  qualified: Type.Integer({ description: 'Computable, and within the band of the policy.' }),
  computableRate: nullable(Type.String()),
  qualifiedRate: nullable(Type.String({ description: 'Of all scopes (合格率).' })),
  high: Type.Integer(),
  low: Type.Integer({ description: 'Below the band, and not below zero.' }),
  negative: Type.Integer({ description: 'Below the band and below zero.' }),
  newAbnormal: Type.Integer(),
  cured: Type.Integer(),
}
export const IndicatorsView = closed(indicatorFields)
export const ManagerIndicatorsView = closed({
  total: IndicatorsView,
  items: Type.Array(
    closed({
      rank: nullable(Type.Integer({ description: 'By the qualified rate; 1 is the highest.' })),
      manager: ManagerOrNull,
      ...indicatorFields,
    }),
    { description: 'The last one, without a manager, is what nobody is responsible for.' },
  ),
})

/** With its rates, of all scopes. */
export function indicatorsView<T extends LossIndicators>(found: T) {
  const share = (part: number) => (found.scopes === 0 ? null : (part / found.scopes).toFixed(4))
  const { computable, qualified } = found
  return { ...found, computableRate: share(computable), qualifiedRate: share(qualified) }
}

const kindCodes = Object.keys(exceptionKinds) as (keyof typeof exceptionKinds)[]
export const ExceptionKind = oneOf(kindCodes)
export const ExceptionView = closed({
  id: Type.Integer(),
  scope: Scope,
  node: Type.Integer(),
  code: Type.String(),
  name: Type.String(),
  kind: ExceptionKind,
  en: Type.String(),
  zh: Type.String(),
  severity: Type.String(),
  beganOn: Type.String({ format: 'date' }),
  lastOn: Type.String({ format: 'date' }),
  endedOn: nullable(Type.String({ format: 'date' })),
  days: Type.Integer(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  manager: ManagerOrNull,
})

export function exceptionView({ scopeId, ...one }: LossException): Static<typeof ExceptionView> {
  const [en, zh] = exceptionKinds[one.kind]
  return { ...one, node: scopeId, en, zh, detail: { ...one.detail } }
}

export const CauseView = closed({
  usagePointId: Type.Integer(),
  usagePoint: Type.String(),
  part: oneOf(['gateway', 'passed', 'user', 'source', 'auxiliary']),
  energy: nullable(Energy),
  usual: nullable(Energy),
  adds: nullable(Energy),
  correlation: nullable(Type.String()),
  days: Type.Integer(),
})

export const causeView = ({
  energy,
  usual,
  adds,
  ...one
}: LossCause): Static<typeof CauseView> => ({
  ...one,
  energy: textOrNull(energy),
  usual: textOrNull(usual),
  adds: textOrNull(adds),
})

const Decimal = Type.String({ pattern: '^-?\\d{1,3}(\\.\\d{1,6})?$', examples: ['0.12'] })
const policyFields = {
  scope: Scope,
  validFrom: Type.String({ format: 'date' }),
  denominator: oneOf(['net', 'gross']),
  auxiliary: oneOf(['output', 'loss']),
  userSuccessMin: Decimal,
  estimatedMax: Decimal,
  rateLow: Decimal,
  rateHigh: Decimal,
  changeMax: Decimal,
  powerFactor: Decimal,
  shape: Decimal,
}
export const PolicyView = closed(policyFields)
export const PolicyBody = closed(policyFields)

/** What is wrong with a policy, as a sentence; null where nothing is. */
export function policyFault(policy: Static<typeof PolicyBody>): string | null {
  const share = (text: string) => Number(text) >= 0 && Number(text) <= 1
  if (!share(policy.userSuccessMin) || !share(policy.estimatedMax)) {
    return 'userSuccessMin and estimatedMax are shares of one'
  }
  if (Number(policy.rateHigh) <= Number(policy.rateLow)) return 'rateHigh is not above rateLow'
  if (Number(policy.changeMax) <= 0) return 'changeMax is not above 0'
  if (Number(policy.powerFactor) <= 0 || !share(policy.powerFactor)) {
    return 'powerFactor is not above 0 and up to 1'
  }
  return Number(policy.shape) < 1 ? 'shape is below 1' : null
}

const Ohm = Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,12})?$', examples: ['0.0446'] })
const End = Type.String({ minLength: 1, maxLength: 64 })
const LINES_MAX = 20_000
export const NetworkBody = closed({
  from: Type.Optional(
    Type.String({ format: 'date-time', description: 'Since when they are so; now unless said.' }),
  ),
  voltage: Type.Integer({ minimum: 1, maximum: 2_000_000, description: 'Line to line, in V.' }),
  lines: Type.Array(closed({ from: End, to: End, ohm: Ohm, neutralOhm: Type.Optional(Ohm) }), {
    minItems: 1,
    maxItems: LINES_MAX,
  }),
  taps: Type.Array(closed({ usagePointId: Type.Integer({ minimum: 1 }), end: End }), {
    maxItems: LINES_MAX,
    description: 'Where usage points are connected; gateways are where the energy comes from.',
  }),
})

const columns = [
  ['code', 'text'],
  ['name', 'text'],
  ['period', 'text'],
  ['date', 'text'],
  ['in', 'number'],
  ['out', 'number'],
  ['loss', 'number'],
  ['rate', 'number'],
  ['technical', 'number'],
  ['nonTechnical', 'number'],
  ['supply', 'number'],
  ['reverse', 'number'],
  ['generation', 'number'],
  ['passed', 'number'],
  ['returned', 'number'],
  ['sale', 'number'],
  ['auxiliary', 'number'],
] as const

/** Losses as a table for spreadsheets; what is not computable has its reasons and no number. */
export function lossSheet(name: string, rows: readonly Static<typeof LossView>[]): Sheet {
  return {
    name,
    columns: [
      ...columns.map(([title, kind]) => ({ title, kind })),
      ...['users', 'users read', 'gateways', 'gateways read'].map((title) => {
        return { title, kind: 'number' as const }
      }),
      { title: 'not computable because', kind: 'text' },
      { title: 'manager', kind: 'text' },
    ],
    rows: rows.map((row) => [
      ...columns.map(([title]) => row[title] ?? ''),
      ...[row.users, row.gateways].flatMap(({ expected, read }) => [
        String(expected),
        String(read),
      ]),
      row.reasons.map(({ code }) => code).join(' '),
      row.manager?.name ?? '',
    ]),
  }
}
