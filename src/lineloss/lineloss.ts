import type { BusinessDate, CivilTime } from '#src/core'
import type { Database } from '#src/db'
import { firstOf, follow, spansOf } from './follow.ts'
import { selectHistory, selectLosses, selectMembers, selectRanking } from './list-queries.ts'
import { enterNetwork } from './networks.ts'
import type { LossPeriod } from './parts.ts'
import type { LineLoss } from './types.ts'

export interface LineLossOptions {
  readonly db: Database
  readonly civil: CivilTime
}

/** Losses of areas, feeders, buses, substations, regions and voltage levels (线损). */
export function createLineLoss({ db, civil }: LineLossOptions): LineLoss {
  const startOf = (period: LossPeriod, date: BusinessDate) =>
    period === 'day' ? date : firstOf(civil, date)

  return {
    follow: (now) => follow(db, civil, now),
    enterNetwork: (...entry) => enterNetwork(db, ...entry),
    list: (filter, after, limit) => selectLosses(db, dated(filter), after, limit),
    ranking: (filter, by, order, limit) => selectRanking(db, dated(filter), by, order, limit),
    async get(scope, id, period, date) {
      const startsOn = startOf(period, date)
      return (await selectHistory(db, scope, id, period, startsOn, startsOn))[0]
    },
    history: (scope, id, period, from, to) =>
      selectHistory(db, scope, id, period, startOf(period, from), to),
    async members(id, period, date, limit) {
      const [span] = spansOf(civil, period, [startOf(period, date)])
      return span === undefined ? [] : selectMembers(db, id, period, span, civil.zone, limit)
    },
  }

  function dated<T extends { readonly period: LossPeriod; readonly startsOn: BusinessDate }>(
    filter: T,
  ): T {
    return { ...filter, startsOn: startOf(filter.period, filter.startsOn) }
  }
}
