import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import { energyText, type Loss, type LossMember, lossReasons, lossScopes } from '#src/lineloss'
import { closed, nullable, oneOf, Time } from './schemas.ts'

const Energy = Type.String({ description: 'kWh, exact.', examples: ['1234.56'] })
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
  }
}

export const memberView = ({ forward, back, ...one }: LossMember): Static<typeof MemberView> => ({
  ...one,
  forward: textOrNull(forward),
  back: textOrNull(back),
})
