import { type BusinessDate, type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import type { Note } from '#src/identity'
import type { Readings } from '#src/readings'
import {
  type CapacityAdvice,
  type CapacityRule,
  type CapacityVerdict,
  putCapacityRule,
  selectCapacityAdvice,
  selectCapacityRule,
} from './capacity.ts'
import { selectCurves, selectPoints } from './curves.ts'
import { type EnergyPage, energyOf } from './energy.ts'
import { loadOf, pointLoadOf, sumCurveOf } from './load.ts'
import { qualityOf } from './quality.ts'
import { putQualityLimit, type QualityLimit, selectQualityLimits } from './quality-limits.ts'
import { createQueryDesk } from './query-desk.ts'
import type { QueryDesk } from './query-types.ts'
import type {
  CurveQuery,
  EnergyQuery,
  LoadQuery,
  LoadSum,
  PointCurve,
  PointLoad,
  QualityQuery,
  QualitySum,
  StatisticsRefusal,
  SumCurvePoint,
} from './types.ts'
import { createWatchLists } from './watch-lists.ts'
import type { WatchLists } from './watch-types.ts'

interface Page {
  readonly offset: number
  readonly limit: number
}

interface Some<Item> {
  readonly items: readonly Item[]
  readonly next: number | null
}

/** What the energy and the load of the network were, told apart as people ask for it. */
export interface Statistics {
  energy(query: EnergyQuery, page: Page): Promise<Result<EnergyPage, StatisticsRefusal>>
  load(query: LoadQuery, page: Page): Promise<Result<Some<LoadSum>, StatisticsRefusal>>
  /** Each day's load of one usage point, by its code. */
  pointLoad(
    point: string,
    from: BusinessDate,
    to: BusinessDate,
  ): Promise<Result<readonly PointLoad[], StatisticsRefusal>>
  /** The load curve of all below a node, of a trade …: `key` is the node's or the group's id, or the word. */
  sumCurve(asked: {
    readonly kind: LoadQuery['by'] | 'group'
    readonly key: string
    readonly from: BusinessDate
    readonly to: BusinessDate
  }): Promise<readonly SumCurvePoint[]>
  /** Curves of usage points, live and past, in the order of their codes in the query. */
  curves(query: CurveQuery): Promise<Result<readonly PointCurve[], StatisticsRefusal>>
  /** Voltage, imbalance, power factor and outages (电能质量). */
  quality(query: QualityQuery, page: Page): Promise<Result<Some<QualitySum>, StatisticsRefusal>>
  /** What voltage is good: every limit there was, the newest first. */
  qualityLimits(): Promise<readonly QualityLimit[]>
  /** One from a day on; days since then are judged anew. */
  putQualityLimit(limit: Omit<QualityLimit, 'changedBy'>, who: string, note: Note): Promise<void>
  /** The rule of a day; null where there is none yet. */
  capacityRule(on: BusinessDate): Promise<CapacityRule | null>
  putCapacityRule(rule: CapacityRule, who: string, note: Note): Promise<void>
  /** Load against contracts over the months up to a day (增容/减容提醒). */
  capacity(
    until: BusinessDate,
    verdict: CapacityVerdict | null,
    page: Page,
  ): Promise<Some<CapacityAdvice>>
  readonly watchLists: WatchLists
  readonly queries: QueryDesk
}

export interface StatisticsOptions {
  readonly db: Database
  readonly civil: CivilTime
  readonly clock: Clock
  readonly readings: Pick<Readings, 'latest'>
}

export function createStatistics({ db, civil, clock, readings }: StatisticsOptions): Statistics {
  return {
    energy: (query, page) => energyOf(db, civil, clock, query, page),
    load: (query, page) => loadOf(db, civil, clock, query, page),
    async pointLoad(code, from, to) {
      const [point] = await selectPoints(db, [code])
      return point === undefined
        ? fail(unknown(code))
        : ok(await pointLoadOf(db, point.id, from, to))
    },
    sumCurve: (asked) => sumCurveOf(db, civil, civil.dateOf(clock.now()), asked),
    async curves({ points, quantity, register, from, to }) {
      const known = await selectPoints(db, points)
      const stranger = points.find((code) => known.every((one) => one.code !== code))
      if (stranger !== undefined) return fail(unknown(stranger))
      return ok(await selectCurves(db, known, quantity, register, { from, to }))
    },
    quality: (query, page) => qualityOf(db, civil, query, page),
    qualityLimits: () => selectQualityLimits(db),
    async putQualityLimit(limit, who, note) {
      await db.transaction(async (tx) => {
        await putQualityLimit(tx, limit, who)
        const target = `quality-limit/${limit.supplyClass}/${limit.validFrom}`
        await note(tx, { target, detail: { ...limit } })
      })
    },
    capacityRule: (on) => selectCapacityRule(db, on),
    async putCapacityRule(rule, who, note) {
      await db.transaction(async (tx) => {
        await putCapacityRule(tx, rule, who)
        await note(tx, { target: `capacity-rule/${rule.validFrom}`, detail: { ...rule } })
      })
    },
    async capacity(until, verdict, page) {
      const rule = await selectCapacityRule(db, until)
      if (rule === null) return { items: [], next: null }
      const asked = { offset: page.offset, limit: page.limit + 1 }
      const rows = await selectCapacityAdvice(db, civil.zone, rule, until, verdict, asked)
      return {
        items: rows.slice(0, page.limit),
        next: rows.length > page.limit ? page.offset + page.limit : null,
      }
    },
    watchLists: createWatchLists(db, civil, clock, readings),
    queries: createQueryDesk(db, civil, clock),
  }
}

const unknown = (code: string): StatisticsRefusal => ({
  kind: 'no-point',
  message: `there is no usage point ${code}`,
})
