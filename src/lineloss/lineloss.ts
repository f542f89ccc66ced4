import type { Cases } from '#src/cases'
import { assert, type BusinessDate, type CivilTime } from '#src/core'
import type { Database } from '#src/db'
import { monthOf } from '#src/metering'
import { selectCauses } from './attribution-queries.ts'
import { selectExceptions } from './exception-queries.ts'
import { follow } from './follow.ts'
import {
  type IndicatorsAsked,
  selectIndicators,
  selectIndicatorsByManager,
} from './indicator-queries.ts'
import { selectHistory, selectLosses, selectMembers, selectRanking } from './list-queries.ts'
import { enterNetwork } from './networks.ts'
import { type LossPeriod, tables } from './parts.ts'
import { putPolicy, selectPolicies } from './policy-queries.ts'
import { spansOf } from './spans.ts'
import type { LineLoss, LossFilter } from './types.ts'

export interface LineLossOptions {
  readonly db: Database
  readonly cases: Cases
  readonly civil: CivilTime
}

/** Losses of areas, feeders, buses, substations, regions and voltage levels (线损). */
export function createLineLoss({ db, cases, civil }: LineLossOptions): LineLoss {
  const startOf = (period: LossPeriod, date: BusinessDate) =>
    period === 'day' ? date : monthOf(date)

  return {
    follow: (now) => follow(db, cases, civil, now),
    enterNetwork: (...entry) => enterNetwork(db, ...entry),
    list: (filter, after, limit) => selectLosses(db, spanned(filter), after, limit, civil.zone),
    ranking: (filter, by, order, limit) =>
      selectRanking(db, spanned(filter), by, order, limit, civil.zone),
    async get(scope, id, period, date) {
      const startsOn = startOf(period, date)
      return (await selectHistory(db, scope, id, period, startsOn, startsOn, civil.zone))[0]
    },
    history: (scope, id, period, from, to) =>
      selectHistory(db, scope, id, period, startOf(period, from), to, civil.zone),
    policies: () => selectPolicies(db),
    setPolicy: (policy, also) =>
      db.transaction(async (tx) => {
        await putPolicy(tx, policy)
        await also(tx)
      }),
    exceptions: (filter, before, limit) => selectExceptions(db, filter, before, limit, civil.zone),
    indicators: (filter) => selectIndicators(db, indicatorsOf(filter)),
    indicatorsByManager: (filter) => selectIndicatorsByManager(db, indicatorsOf(filter)),
    async causes(scope, id, date, days, limit) {
      const dates = Array.from({ length: days + 1 }, (_, nth) => civil.addDays(date, nth - days))
      return selectCauses(db, id, scope, spansOf(civil, 'day', dates), limit)
    },
    async members(id, period, date, limit) {
      const [span] = spansOf(civil, period, [startOf(period, date)])
      return span === undefined ? [] : selectMembers(db, id, period, span, civil.zone, limit)
    },
  }

  function spanned({ period, startsOn, ...filter }: LossFilter) {
    const [span] = spansOf(civil, period, [startOf(period, startsOn)])
    assert(span !== undefined, 'one period has one span')
    return { ...filter, period, span }
  }

  function indicatorsOf(filter: Omit<LossFilter, 'computable'>): IndicatorsAsked {
    const { scope, period, below = null, span } = spanned(filter)
    const to = civil.addDays(civil.dateOf(span.end), -1)
    return { table: tables[period].loss, scope, span, to, below }
  }
}
