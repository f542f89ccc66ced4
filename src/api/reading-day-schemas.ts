import { type Static, Type } from '@sinclair/typebox'
import type { CivilTime } from '#src/core'
import {
  type Batch,
  type BatchRow,
  type HeldPiece,
  heldReasons,
  howKinds,
  type ReadingDays,
  type ReadingRoute,
  type Reconciliation,
  routeLanguages,
} from '#src/reading-days'
import { CivilDate } from './collection-schemas.ts'
import { closed, Id, nullable, oneOf, orNull, RegisterCode, Time, UsageQuality } from './schemas.ts'

const Text = Type.String()
const Count = Type.Integer({ minimum: 0 })
const Energy = Type.String({
  description: 'Primary energy, an exact decimal.',
  examples: ['250.25'],
})
export const RouteCode = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^/?#\\s]+$' })
const batchStates = ['published', 'acknowledged', 'withdrawn'] as const
const months = [1, 2, 3, 4, 6, 12].map((count) => Type.Literal(count))

/** What is said of a route; what is left out keeps to the usual. */
export const RouteBody = closed({
  name: Type.Optional(Type.String({ maxLength: 200 })),
  group: Type.String({ minLength: 1, maxLength: 100, description: 'Name of a usage group.' }),
  day: Type.Integer({ minimum: 1, maximum: 31, description: 'Of the month; or its last day.' }),
  everyMonths: Type.Optional(Type.Union(months, { default: 1 })),
  publishAt: Type.Optional(Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' })),
  waitDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })),
  registers: Type.Optional(
    Type.Array(RegisterCode, { minItems: 1, maxItems: 20, uniqueItems: true }),
  ),
  language: Type.Optional(oneOf(routeLanguages)),
  startsOn: CivilDate,
})

export const RouteView = closed({
  code: Text,
  name: Text,
  group: Text,
  day: Type.Integer(),
  everyMonths: Type.Integer(),
  publishAt: Text,
  waitDays: Count,
  registers: Type.Array(RegisterCode),
  language: oneOf(routeLanguages),
  startsOn: CivilDate,
  lastDay: orNull(CivilDate),
  nextDay: CivilDate,
  retiredAt: nullable(Time),
})

const totals = Type.Array(
  closed({ register: RegisterCode, rows: Count, energy: Energy, unit: Text }),
)
const HeldCounts = Type.Record(Type.String(), Count, {
  description: `Pieces of usage points that stay behind, by reason: ${heldReasons.join(', ')}.`,
})

export const BatchView = closed({
  id: Id,
  route: Text,
  date: CivilDate,
  no: Type.Integer({ description: '1 is the first of a reading day; others bring what was late.' }),
  state: oneOf(batchStates),
  publishedAt: Time,
  publishedBy: Text,
  points: Count,
  rows: Count,
  totals,
  held: HeldCounts,
  sha256: Type.String({ description: 'Of its CSV file.' }),
  rejected: Count,
  endedAt: nullable(Time),
  endedBy: nullable(Text),
  reason: nullable(Text),
})

export const RunView = closed({
  route: Text,
  date: CivilDate,
  batch: orNull(BatchView),
  held: HeldCounts,
})

export const HeldView = closed({
  usagePoint: Text,
  account: nullable(Text),
  meter: nullable(Text),
  from: Time,
  to: Time,
  reason: oneOf(heldReasons),
  detail: Text,
})

export const RowView = closed({
  line: Type.Integer(),
  account: Text,
  usagePoint: Text,
  meter: Text,
  register: RegisterCode,
  from: Time,
  previous: Type.String({ description: 'Register where the last one ended (上次示数).' }),
  to: Time,
  current: Type.String({ description: 'Register on the reading day (本次示数).' }),
  multiplier: Type.String({ examples: ['80', '100/3'] }),
  energy: Energy,
  unit: Text,
  how: oneOf(howKinds),
  quality: UsageQuality,
  rollOvers: Count,
})

const LINES_MAX = 100_000
export const ReceiptBody = closed({
  rows: Count,
  totals: Type.Array(closed({ register: RegisterCode, energy: Type.String({ maxLength: 40 }) }), {
    maxItems: 20,
  }),
  rejected: Type.Optional(
    Type.Array(
      closed({
        line: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        reason: Type.String({ minLength: 1, maxLength: 500 }),
      }),
      { maxItems: LINES_MAX },
    ),
  ),
})

export const ReconciliationView = closed({
  totals: Type.Array(
    closed({
      register: RegisterCode,
      rows: Count,
      energy: Energy,
      unit: Text,
      compared: Type.Integer({ description: 'Rows of whole days that are all known.' }),
      sent: Energy,
      kept: Energy,
    }),
  ),
  differences: Type.Array(
    closed({
      usagePoint: Text,
      account: Text,
      register: RegisterCode,
      from: Time,
      to: Time,
      sent: Energy,
      kept: nullable(Energy),
      unit: Text,
    }),
  ),
})

export function routeView(
  civil: CivilTime,
  route: ReadingRoute,
  days: ReturnType<ReadingDays['days']>,
): Static<typeof RouteView> {
  const { code, name, group, day, everyMonths, publishAt, waitDays, language, startsOn } = route
  return {
    ...{ code, name, group, day, everyMonths, publishAt, waitDays, language, startsOn },
    registers: [...route.registers],
    ...{ lastDay: days.last, nextDay: days.next },
    retiredAt: route.retiredAt === null ? null : civil.iso(route.retiredAt),
  }
}

export function batchView(civil: CivilTime, batch: Batch): Static<typeof BatchView> {
  const { language, endedAt, ...own } = batch
  return {
    ...own,
    totals: [...batch.totals],
    held: { ...batch.held },
    publishedAt: civil.iso(batch.publishedAt),
    endedAt: endedAt === null ? null : civil.iso(endedAt),
  }
}

export const rowView = (civil: CivilTime, row: BatchRow): Static<typeof RowView> => ({
  ...row,
  ...{ from: civil.iso(row.from), to: civil.iso(row.to) },
})

export const heldView = (civil: CivilTime, piece: HeldPiece): Static<typeof HeldView> => ({
  ...piece,
  ...{ from: civil.iso(piece.from), to: civil.iso(piece.to) },
})

export const reconciliationView = (
  civil: CivilTime,
  { totals: sums, differences }: Reconciliation,
): Static<typeof ReconciliationView> => ({
  totals: [...sums],
  differences: differences.map((one) => {
    return { ...one, from: civil.iso(one.from), to: civil.iso(one.to) }
  }),
})
