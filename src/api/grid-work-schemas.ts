import { Type } from '@sinclair/typebox'
import {
  type BusinessDate,
  type CivilTime,
  fail,
  ok,
  parseBusinessDate,
  type Result,
} from '#src/core'
import { nodeKinds } from '#src/grid'
import { type ArchiveScore, differenceKinds } from '#src/grid/checks'
import { contractStates, loadingStates, type NodeLoading, type Period } from '#src/grid/loading'
import { type Proposal, proposalStates } from '#src/grid/proposals'
import type { Problem } from './problems.ts'
import { closed, nullable, oneOf } from './schemas.ts'

const Text = Type.String()
const Count = Type.Integer()
const TextOrNull = nullable(Text)
const Share = nullable(Type.String({ description: 'A decimal; 1 is all.', examples: ['0.8125'] }))
export const Kva = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,3})?$', examples: ['160'] })
const Day = Type.String({ format: 'date' })
export const days = { from: Type.Optional(Day), to: Type.Optional(Day) }
const DAYS_USUAL = 90
const DAYS_MAX = 1_100

/** Both included; the last three months up to yesterday where nothing is asked for. */
export function periodOf(
  query: { readonly from?: string; readonly to?: string },
  civil: CivilTime,
  today: BusinessDate,
): Result<Period, Problem> {
  const to = query.to === undefined ? civil.addDays(today, -1) : parseBusinessDate(query.to)
  if (to === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
  const from =
    query.from === undefined ? civil.addDays(to, 1 - DAYS_USUAL) : parseBusinessDate(query.from)
  if (from === undefined) return fail({ code: 'invalid-range', detail: 'No such date.' })
  if (from > to) return fail({ code: 'invalid-range', detail: 'The range ends before it begins.' })
  if (civil.addDays(from, DAYS_MAX) < to) {
    return fail({ code: 'range-too-long', detail: `At most ${DAYS_MAX} days.` })
  }
  return ok({ from, to })
}

export const LoadingView = closed({
  kind: oneOf(nodeKinds),
  code: Text,
  name: Text,
  capacityKva: TextOrNull,
  peakKw: TextOrNull,
  peakAt: nullable(Type.String({ format: 'date-time' })),
  basis: Type.Union([oneOf(['gateway', 'users'] as const), Type.Null()], {
    description: 'Whose meters showed the peak: the greater one counts.',
  }),
  powerFactor: Text,
  powerFactorMeasured: Type.Boolean({ description: 'False: 0.9 is assumed.' }),
  peakKva: TextOrNull,
  utilisation: Share,
  state: oneOf(loadingStates),
  coverage: closed({
    days: Count,
    daysKnown: Count,
    points: Count,
    pointsTelling: Count,
    wholeQuarters: Share,
  }),
})
export const CapacityView = closed({
  fits: nullable(Type.Boolean({ description: 'Null where a capacity or a load is not known.' })),
  steps: Type.Array(
    closed({
      ...LoadingView.properties,
      freeKva: TextOrNull,
      fits: nullable(Type.Boolean()),
    }),
    { description: 'The node, and what is above it, nearest first.' },
  ),
})
export const ContractView = closed({
  account: Text,
  contract: Text,
  capacityKva: Text,
  usagePoints: Count,
  peakKw: TextOrNull,
  peakKva: TextOrNull,
  utilisation: Share,
  daysKnown: Count,
  state: oneOf(contractStates),
})

export function loadingView({ id: _, peakAt, ...rest }: NodeLoading, civil: CivilTime) {
  return { ...rest, peakAt: peakAt === null ? null : civil.iso(peakAt) }
}

const subjects = ['usage-point', 'area', 'meter', 'account'] as const
export const ScoreView = closed({
  score: nullable(Type.String({ description: 'Of 100, by weight.', examples: ['97.31'] })),
  rules: Type.Array(
    closed({
      rule: Text,
      subject: oneOf(subjects),
      en: Text,
      zh: Text,
      weight: Count,
      checked: Count,
      failed: Count,
    }),
  ),
})
export const scoreView = ({ score, rules }: ArchiveScore) => ({ score, rules: [...rules] })
export const AreaScoreView = closed({ code: Text, name: Text, score: Text, failed: Count })
export const GapView = closed({ subject: oneOf(subjects), key: Text, area: TextOrNull })
export const TrendView = closed({
  scores: Type.Array(closed({ date: Text, score: TextOrNull, failed: Count })),
  changes: Type.Array(closed({ date: Text, subject: Text, action: Text, changes: Count })),
})
export const DifferenceView = closed({
  account: Text,
  usagePoint: Text,
  kind: oneOf(differenceKinds),
  field: Text,
  ours: TextOrNull,
  theirs: TextOrNull,
  foundOn: Text,
})
export const ComparisonView = closed({
  date: Text,
  accounts: Count,
  differences: Type.Array(
    closed({ kind: oneOf(differenceKinds), field: Text, differences: Count }),
  ),
})

const At = Type.String({ format: 'date-time' })
const PlaceView = closed({ area: Text, phase: TextOrNull })
export const ProposalView = closed({
  id: Count,
  usagePoint: Text,
  meter: TextOrNull,
  account: TextOrNull,
  archived: PlaceView,
  proposed: PlaceView,
  confidence: Text,
  evidence: closed({
    voltage: Type.Union([
      closed({
        days: Count,
        areaDays: Count,
        phaseDays: Count,
        correlation: Text,
        archived: Text,
      }),
      Type.Null(),
    ]),
    terminals: Type.Array(Text, { description: 'Areas of the terminals that hear the meter.' }),
  }),
  state: oneOf(proposalStates),
  foundAt: At,
  seenAt: At,
  decidedBy: TextOrNull,
  decidedAt: nullable(At),
  reason: Text,
  askedBy: nullable(Text),
  askedSince: nullable(Text),
})

export function proposalView(proposal: Proposal, civil: CivilTime) {
  const { evidence, foundAt, seenAt, decidedAt, askedSince, ...rest } = proposal
  return {
    ...rest,
    evidence: { voltage: evidence.voltage, terminals: [...evidence.terminals] },
    foundAt: civil.iso(foundAt),
    seenAt: civil.iso(seenAt),
    decidedAt: decidedAt === null ? null : civil.iso(decidedAt),
    askedSince: askedSince === null ? null : civil.iso(askedSince),
  }
}
