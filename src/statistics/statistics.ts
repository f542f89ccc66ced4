import type { CivilTime, Clock, Result } from '#src/core'
import type { Database } from '#src/db'
import { type EnergyPage, energyOf } from './energy.ts'
import type { EnergyQuery, StatisticsRefusal } from './types.ts'

/** What the energy and the load of the network were, told apart as people ask for it. */
export interface Statistics {
  energy(
    query: EnergyQuery,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<Result<EnergyPage, StatisticsRefusal>>
}

export function createStatistics(db: Database, civil: CivilTime, clock: Clock): Statistics {
  return {
    energy: (query, page) => energyOf(db, civil, clock, query, page),
  }
}
