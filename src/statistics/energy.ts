import { itemOf } from '#protocols/model'
import { type BusinessDate, type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { type EnergyRow, selectEnergy, selectGroupSpans } from './energy-queries.ts'
import { earlierDate, earlierEnd, growthOf } from './periods.ts'
import type { EnergyQuery, EnergySum, StatisticsRefusal } from './types.ts'

/** Members of groups are looked up anew after each change; more often than this is no answer. */
const SPANS_MAX = 1_000
/** Eleven years. */
const DAYS_MAX = 4_018

/** Rows of an earlier time that are looked among. */
const EARLIER_MAX = 100_000

/** Every meter has it, so that a usage point without it is missing. */
const EXPECTED_REGISTER = '1.8.0'

export interface EnergyPage {
  readonly unit: string
  readonly items: readonly EnergySum[]
  /** Where the next page begins; null at the end. */
  readonly next: number | null
}

/** Energy by dimension, period and register, by the archive as it was on each day. */
export async function energyOf(
  db: Db,
  civil: CivilTime,
  clock: Clock,
  query: EnergyQuery,
  page: { readonly offset: number; readonly limit: number },
): Promise<Result<EnergyPage, StatisticsRefusal>> {
  const item = itemOf(query.register)
  if (item?.kind !== 'register') {
    return fail({ kind: 'not-energy', message: `${query.register} does not count energy` })
  }
  const wrong = mistakeInDays(civil, query.from, query.to)
  if (wrong !== null) return fail({ kind: 'wrong-range', message: wrong })
  const ofGroups = query.by === 'group' || query.group !== null
  const spans = ofGroups
    ? await selectGroupSpans(db, civil.zone, query.group, query.from, query.to)
    : null
  if (query.group !== null && spans?.length === 0) {
    return fail({ kind: 'no-group', message: `there is no group ${query.group}` })
  }
  if (spans !== null && spans.length > SPANS_MAX) {
    const message =
      `the members of these groups changed on more than ${SPANS_MAX} days; ` +
      'ask for one group or for a shorter time'
    return fail({ kind: 'too-much', message })
  }
  const until = civil.addDays(civil.dateOf(clock.now()), -1)
  const asked = { offset: page.offset, limit: page.limit + 1 }
  const rows = await selectEnergy(db, civil.zone, query, spans, until, asked)
  const isExpected = query.register === EXPECTED_REGISTER
  const shown = rows.slice(0, page.limit)
  const before = await earlier(db, civil, query, shown, until)
  return ok({
    unit: item.unit,
    items: shown.map((row) => {
      const past = before.get(`${row.key} ${row.starts}`)
      return sumOf(row, isExpected && row.ends <= until, past?.energy ?? null)
    }),
    next: rows.length > page.limit ? page.offset + page.limit : null,
  })
}

/** What is wrong with a range of days, as a sentence; null where nothing is. */
export function mistakeInDays(civil: CivilTime, from: BusinessDate, to: BusinessDate) {
  if (from > to) return 'the first day lies behind the last'
  return civil.addDays(from, DAYS_MAX) < to ? `more than ${DAYS_MAX} days` : null
}

/**
 * What the shown was a year or a period ago, by key and start: of a period that is not over only the
 * days that match those that are.
 */
async function earlier(
  db: Db,
  civil: CivilTime,
  query: EnergyQuery,
  shown: readonly EnergyRow[],
  until: BusinessDate,
): Promise<ReadonlyMap<string, EnergyRow>> {
  const { compare = null } = query
  const to = until < query.to ? until : query.to
  if (compare === null || shown.length === 0 || to < query.from) return new Map()
  const back = (date: BusinessDate) => earlierDate(civil, query, compare, date)
  // Only what the shown are compared with: the first of them may be a page far behind the first day.
  const starts = shown.map((row) => row.starts).sort()
  const ends = shown.map((row) => row.ends).sort()
  const [first = query.from, last = to] = [starts[0], ends.at(-1)]
  const asked = {
    ...query,
    from: back(first),
    to: earlierEnd(civil, query, compare, [last, to].sort()[0] ?? to),
  }
  const ofGroups = query.by === 'group' || query.group !== null
  const spans = ofGroups
    ? await selectGroupSpans(db, civil.zone, query.group, asked.from, asked.to)
    : null
  const all = { offset: 0, limit: EARLIER_MAX }
  const rows = await selectEnergy(db, civil.zone, asked, spans, asked.to, all)
  const known = new Map(
    rows.filter((row) => row.known > 0n).map((row) => [`${row.key} ${row.starts}`, row]),
  )
  return new Map(
    shown.flatMap(({ key, starts }) => {
      const row = known.get(`${key} ${back(starts)}`)
      return row === undefined ? [] : [[`${key} ${starts}`, row] as const]
    }),
  )
}

function sumOf(row: EnergyRow, isExpected: boolean, before: string | null): EnergySum {
  const expected = isExpected ? Number(row.expected) : null
  const known = Number(row.known)
  return {
    key: row.key === '' ? null : row.key,
    name: row.name,
    from: row.starts,
    to: row.ends,
    energy: row.energy,
    estimated: row.estimated,
    estimatedShare: row.share,
    before,
    growth: before === null ? null : growthOf(row.energy, before),
    pointDays: {
      known,
      estimated: Number(row.estimated_days),
      incomplete: Number(row.incomplete),
      expected,
      missing: expected === null ? null : Math.max(0, expected - known),
    },
  }
}
