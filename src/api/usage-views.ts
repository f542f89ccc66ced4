import { type Static, Type } from '@sinclair/typebox'
import { type CivilTime, fail, ok, type Result } from '#src/core'
import type { EnergyExplained, KeptUsage, KeptUsageKey } from '#src/metering'
import type { Problem } from './problems.ts'
import { closed, nullable, RegisterCode, Time, UsageQuality } from './schemas.ts'

const Energy = Type.String({ description: 'An exact decimal.', examples: ['123.45'] })
const Outcome = Type.String({
  enum: ['energy', 'fallen', 'unknown'],
  description: '`fallen`: the register fell and nobody knows why; `unknown`: too little was read.',
})

const Origin = closed({
  at: Time,
  value: Energy,
  kind: Type.String({
    enum: ['read', 'installation', 'estimated', 'edited', 'handheld', 'self', 'manual'],
  }),
  counts: Type.Boolean(),
  dataClass: nullable(Type.String()),
  source: nullable(Type.String()),
  readingQuality: nullable(Type.String()),
  receivedAt: nullable(Time),
  verdict: nullable(Type.String({ description: '`rejected`, `suspect` or `accepted`.' })),
  method: nullable(Type.String()),
  rule: nullable(Type.String()),
  ruleVersion: nullable(Type.Integer()),
  reason: nullable(Type.String()),
  madeBy: nullable(Type.String()),
  madeAt: nullable(Time),
  decidedBy: nullable(Type.String()),
  decidedAt: nullable(Time),
})

const Boundary = Type.Union([
  closed({
    at: Time,
    value: Type.String({ description: 'As the meter counts, before any ratio.' }),
    quality: UsageQuality,
    rests: Type.Array(Origin, { description: 'Two moments where it lies between them.' }),
  }),
  Type.Null(),
])

/** Where a day's energy came from. */
export const EnergyView = closed({
  usagePoint: Type.String(),
  register: RegisterCode,
  unit: Type.String(),
  date: Type.String({ format: 'date' }),
  start: Time,
  end: Time,
  outcome: Outcome,
  energy: nullable(Energy),
  estimated: nullable(Energy),
  quality: nullable(Type.String()),
  kept: Type.Union([
    closed({ energy: Energy, quality: UsageQuality, computedAt: Time }),
    Type.Null(),
  ]),
  parts: Type.Array(
    closed({
      installation: Type.Integer(),
      meter: closed({ id: Type.Integer(), address: Type.String() }),
      installedFrom: Time,
      installedTo: nullable(Time),
      ratio: closed({ numerator: Type.String(), denominator: Type.String() }),
      outcome: Outcome,
      energy: nullable(Energy),
      estimated: nullable(Energy),
      quality: nullable(Type.String()),
      rollOvers: Type.Integer(),
      from: Boundary,
      to: Boundary,
    }),
  ),
})

type Explained = NonNullable<EnergyExplained['parts'][number]['from']>

export function energyView(civil: CivilTime, day: EnergyExplained): Static<typeof EnergyView> {
  const iso = (at: Explained['at'] | null) => (at === null ? null : civil.iso(at))
  const boundary = (end: Explained | null) =>
    end && {
      ...end,
      at: civil.iso(end.at),
      rests: end.rests.map((origin) => ({
        ...origin,
        at: civil.iso(origin.at),
        receivedAt: iso(origin.receivedAt),
        madeAt: iso(origin.madeAt),
        decidedAt: iso(origin.decidedAt),
      })),
    }
  return {
    ...day,
    start: civil.iso(day.start),
    end: civil.iso(day.end),
    kept: day.kept && { ...day.kept, computedAt: civil.iso(day.kept.computedAt) },
    parts: day.parts.map(({ installationId, meterId, meterAddress, ...part }) => ({
      ...part,
      installation: installationId,
      meter: { id: meterId, address: meterAddress },
      installedFrom: civil.iso(part.installedFrom),
      installedTo: iso(part.installedTo),
      ratio: {
        numerator: part.ratio.numerator.toString(),
        denominator: part.ratio.denominator.toString(),
      },
      from: boundary(part.from),
      to: boundary(part.to),
    })),
  }
}

/** A kept day or month of a usage point. */
export const KeptUsageView = closed({
  usagePoint: Type.String(),
  account: nullable(Type.String({ description: 'Whose it was at the end of the period.' })),
  date: Type.String({ format: 'date', description: 'The day, or the first day of the month.' }),
  register: RegisterCode,
  energy: Energy,
  unit: Type.String(),
  quality: UsageQuality,
  estimated: Type.String({ description: 'What of it rests on values that no meter said.' }),
  computedAt: Time,
})

export function keptView(
  civil: CivilTime,
  { usagePointId: _, ...usage }: KeptUsage,
): Static<typeof KeptUsageView> {
  return { ...usage, computedAt: civil.iso(usage.computedAt) }
}

/** Cursors of a list keyed by place, date and register. */
export const keyCursor = ({ usagePointId, date, register }: KeptUsageKey): string =>
  Buffer.from(`u${usagePointId} ${date} ${register}`).toString('base64url')

export function keyOf(cursor: string | undefined): Result<KeptUsageKey | null, Problem> {
  if (cursor === undefined) return ok(null)
  const text = Buffer.from(cursor, 'base64url').toString()
  const found = /^u(\d{1,9}) (\d{4}-\d{2}-\d{2}) ([0-9.]{1,20})$/.exec(text)
  const [, usagePointId, date, register] = found ?? []
  if (date === undefined || register === undefined) return fail({ code: 'bad-cursor' })
  return ok({ usagePointId: Number(usagePointId), date, register })
}
