import type { BusinessDate, CivilTime, Clock, Result, UsagePointId } from '#src/core'
import type { Database } from '#src/db'
import { type EnergyPage, energyOf } from './energy.ts'
import { loadOf, pointLoadOf, sumCurveOf } from './load.ts'
import { qualityOf } from './quality.ts'
import type {
  EnergyQuery,
  LoadQuery,
  LoadSum,
  PointLoad,
  QualityQuery,
  QualitySum,
  StatisticsRefusal,
  SumCurvePoint,
} from './types.ts'

interface Page {
  readonly offset: number
  readonly limit: number
}

/** What the energy and the load of the network were, told apart as people ask for it. */
export interface Statistics {
  energy(query: EnergyQuery, page: Page): Promise<Result<EnergyPage, StatisticsRefusal>>
  load(
    query: LoadQuery,
    page: Page,
  ): Promise<Result<{ items: readonly LoadSum[]; next: number | null }, StatisticsRefusal>>
  /** Each day's load of one usage point. */
  pointLoad(
    point: UsagePointId,
    from: BusinessDate,
    to: BusinessDate,
  ): Promise<readonly PointLoad[]>
  /** The load curve of all below a node, of a trade …: `key` is the node's id, or the word. */
  sumCurve(asked: {
    readonly kind: LoadQuery['by']
    readonly key: string
    readonly from: BusinessDate
    readonly to: BusinessDate
  }): Promise<readonly SumCurvePoint[]>
  /** Voltage, imbalance, power factor and outages (电能质量). */
  quality(
    query: QualityQuery,
    page: Page,
  ): Promise<Result<{ items: readonly QualitySum[]; next: number | null }, StatisticsRefusal>>
}

export function createStatistics(db: Database, civil: CivilTime, clock: Clock): Statistics {
  return {
    energy: (query, page) => energyOf(db, civil, clock, query, page),
    load: (query, page) => loadOf(db, civil, query, page),
    pointLoad: (point, from, to) => pointLoadOf(db, point, from, to),
    quality: (query, page) => qualityOf(db, civil, query, page),
    sumCurve: (asked) => sumCurveOf(db, civil, asked),
  }
}
