import { type BusinessDate, type CivilTime, hours, instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { lockPosition, movePosition, settledChange } from '#src/metering'
import {
  computeLoad,
  computeSums,
  type LoadDay,
  selectDueDate,
  selectDueSumDate,
  takeDueCells,
} from './load-queries.ts'
import { computeQuality, selectDueQualityDate, takeDueQuality } from './quality-due.ts'
import {
  addUp,
  dueOfChanges,
  dueOfMoves,
  dueOfSamples,
  findSegments,
  replaceSegments,
  takeArchiveChanges,
} from './segment-queries.ts'

/** Usage points, or days of them, that one transaction takes on. */
const CHANGES_MAX = 20_000
const POINTS_MAX = 5_000
/** Cells whose curves one transaction adds up. */
const CELLS_MAX = 200
const NAME = 'statistics'

/** Keeps the sums of cells true to the archive and to the energy of usage points. */
export interface StatisticsFollower {
  /** Does everything that is known; resolves with how many sums it made. */
  follow(signal?: AbortSignal): Promise<number>
}

export function createStatisticsFollower(db: Database, civil: CivilTime): StatisticsFollower {
  async function archiveTurn(tx: Db) {
    await lockPosition(tx, NAME)
    const count = await takeArchiveChanges(tx, POINTS_MAX)
    if (count === 0) return { isOver: true, made: 0 }
    await findSegments(tx, civil.zone)
    await replaceSegments(tx)
    await dueOfMoves(tx)
    return { isOver: false, made: 0 }
  }

  const changeTurn = (to: bigint) => async (tx: Db) => {
    const before = await lockPosition(tx, NAME)
    const after = await dueOfChanges(tx, before, to, CHANGES_MAX)
    if (after === before) return { isOver: true, made: 0 }
    await movePosition(tx, NAME, after)
    return { isOver: false, made: 0 }
  }

  async function sampleTurn(tx: Db) {
    await lockPosition(tx, NAME)
    return { isOver: (await dueOfSamples(tx, civil.zone, CHANGES_MAX)) === 0, made: 0 }
  }

  async function energyTurn(tx: Db) {
    await lockPosition(tx, NAME)
    const made = await addUp(tx)
    return { isOver: made === null, made: made ?? 0 }
  }

  async function loadTurn(tx: Db) {
    await lockPosition(tx, NAME)
    const date = await selectDueDate(tx)
    if (date === null) return { isOver: true, made: 0 }
    const points = await takeDueCells(tx, date, CELLS_MAX)
    await computeLoad(tx, points, loadDayOf(civil, date))
    return { isOver: false, made: points.length }
  }

  async function sumTurn(tx: Db) {
    await lockPosition(tx, NAME)
    const date = await selectDueSumDate(tx)
    if (date === null) return { isOver: true, made: 0 }
    await computeSums(tx, civil.zone, loadDayOf(civil, date))
    return { isOver: false, made: 1 }
  }

  async function qualityTurn(tx: Db) {
    await lockPosition(tx, NAME)
    const date = await selectDueQualityDate(tx)
    if (date === null) return { isOver: true, made: 0 }
    const points = await takeDueQuality(tx, date, POINTS_MAX)
    await computeQuality(tx, points, loadDayOf(civil, date))
    return { isOver: false, made: points.length }
  }

  return {
    async follow(signal) {
      let made = 0
      const to = await db.transaction((tx) => settledChange(tx, 'usage_change'))
      const heard = [archiveTurn, changeTurn(to), sampleTurn]
      for (const turn of [...heard, energyTurn, loadTurn, sumTurn, qualityTurn]) {
        while (signal?.aborted !== true) {
          const outcome = await db.transaction(turn)
          made += outcome.made
          if (outcome.isOver) break
        }
      }
      return made
    },
  }
}

/** What always runs shows between two and five in the morning, by the clock on the wall. */
function loadDayOf(civil: CivilTime, date: BusinessDate): LoadDay {
  const start = civil.startOf(date)
  const atHour = (hour: number) =>
    civil.toInstant({ ...civil.toWall(start), hour, minute: 0, second: 0 }) ??
    instant(start + hours(hour))
  const end = civil.startOf(civil.addDays(date, 1))
  return { date, start, end, nightStart: atHour(2), nightEnd: atHour(5) }
}
