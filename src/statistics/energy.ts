import { itemOf } from '#protocols/model'
import { type BusinessDate, type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { type EnergyRow, selectEnergy, selectGroupSpans } from './energy-queries.ts'
import type { EnergyQuery, EnergySum, StatisticsRefusal } from './types.ts'

/** Members of groups are looked up anew after each change; more often than this is no answer. */
const SPANS_MAX = 1_000
/** Eleven years. */
const DAYS_MAX = 4_018

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
  return ok({
    unit: item.unit,
    items: rows.slice(0, page.limit).map((row) => sumOf(row, isExpected && row.ends <= until)),
    next: rows.length > page.limit ? page.offset + page.limit : null,
  })
}

/** What is wrong with a range of days, as a sentence; null where nothing is. */
export function mistakeInDays(civil: CivilTime, from: BusinessDate, to: BusinessDate) {
  if (from > to) return 'the first day lies behind the last'
  return civil.addDays(from, DAYS_MAX) < to ? `more than ${DAYS_MAX} days` : null
}

function sumOf(row: EnergyRow, isExpected: boolean): EnergySum {
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
    pointDays: {
      known,
      estimated: Number(row.estimated_days),
      incomplete: Number(row.incomplete),
      expected,
      missing: expected === null ? null : Math.max(0, expected - known),
    },
  }
}
