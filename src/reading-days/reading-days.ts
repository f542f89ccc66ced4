import { itemOf } from '#protocols/model'
import {
  assert,
  type BusinessDate,
  type CivilTime,
  type Clock,
  fail,
  hours,
  instant,
  ok,
  type Result,
} from '#src/core'
import { compressChunks, type Database } from '#src/db'
import { selectBatch, selectBatches, selectLines } from './batch-queries.ts'
import { lastReadingDay, momentOf, nextReadingDay } from './calendar.ts'
import { acknowledge, withdraw } from './endings.ts'
import { batchFile, batchTable } from './file.ts'
import { selectHeld } from './held-queries.ts'
import { reconcile } from './reconcile.ts'
import {
  endRoute,
  findGroup,
  hasLeft,
  lockRoute,
  noteRun,
  type RouteRow,
  selectRoute,
  selectRoutes,
  writeRoute,
} from './route-queries.ts'
import { runRoute } from './run.ts'
import type {
  Also,
  ReadingDays,
  RouteRefusal,
  RouteSettings,
  RunOutcome,
  RunRefusal,
} from './types.ts'

/** Who publishes where nobody asked. */
const BY_ITSELF = 'hes'
/** Two readings back of a yearly route, and a bit. */
const packedAfter = hours(800 * 24)
const nothing: Also = async () => {}

export interface ReadingDaysParts {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
}

export function createReadingDays({ db, clock, civil }: ReadingDaysParts): ReadingDays {
  const today = () => civil.dateOf(clock.now())

  async function run(
    code: string,
    date: BusinessDate | undefined,
    by: string,
    also: Also = nothing,
  ): Promise<Result<RunOutcome, RunRefusal>> {
    return await db.transaction(async (tx) => {
      const route = await lockRoute(tx, code)
      if (route === undefined) return fail({ kind: 'not-found' })
      const day = date ?? lastReadingDay(civil, route, today())
      if (day === null) {
        const detail = `the first reading day is ${nextReadingDay(civil, route, today())}`
        return fail({ kind: 'no-such-day', detail })
      }
      const outcome = await runRoute(tx, civil, route, day, by, clock.now())
      if (outcome.ok) await also(tx)
      return outcome
    })
  }

  /** A route's hour comes once a day; what came late since the reading day leaves then too. */
  function isDue(route: RouteRow): boolean {
    const now = clock.now()
    const hour = momentOf(civil, today(), route.publishMinute)
    if (route.retiredAt !== null || now < hour) return false
    if (route.ranAt !== null && route.ranAt >= hour) return false
    return lastReadingDay(civil, route, today()) !== null
  }

  async function lines(id: number, page: Parameters<ReadingDays['rows']>[1]) {
    const batch = await selectBatch(db, id)
    return batch === undefined ? [] : await selectLines(db, id, batch.date, page)
  }

  return {
    routes: () => selectRoutes(db),
    route: (code) => selectRoute(db, code),
    setRoute: (settings, by, also = nothing) =>
      db.transaction(async (tx) => {
        const groupId = await findGroup(tx, settings.group)
        if (groupId === undefined) return fail({ kind: 'unknown-group' })
        const wrong = mistakeOf(settings)
        if (wrong !== undefined) return fail(wrong)
        const known = await lockRoute(tx, settings.code)
        if (known && known.startsOn !== settings.startsOn && (await hasLeft(tx, settings.code))) {
          return fail({ kind: 'started', startsOn: known.startsOn })
        }
        await writeRoute(tx, settings, groupId, minuteOf(settings.publishAt), by, clock.now())
        await also(tx)
        const route = await selectRoute(tx, settings.code)
        assert(route !== undefined, 'a route that was just written')
        return ok(route)
      }),
    retireRoute: (code, by, also = nothing) =>
      db.transaction(async (tx) => {
        if ((await lockRoute(tx, code)) === undefined) return undefined
        await endRoute(tx, code, by, clock.now())
        await also(tx)
        return await selectRoute(tx, code)
      }),
    days: (route) => ({
      last: lastReadingDay(civil, route, today()),
      next: nextReadingDay(civil, route, today()),
    }),
    run,
    held: (code, page) => selectHeld(db, code, page),
    batches: (route, page) => selectBatches(db, route, page),
    batch: (id) => selectBatch(db, id),
    rows: lines,
    file: (batch) => batchFile(db, civil, batch, batch.language),
    table: (batch) => batchTable(db, civil, batch),
    acknowledge: (id, receipt, by, also = nothing) =>
      db.transaction(async (tx) => {
        const done = await acknowledge(tx, id, receipt, by, clock.now())
        if (done.ok) await also(tx)
        return done
      }),
    withdraw: (id, reason, by, also = nothing) =>
      db.transaction(async (tx) => {
        const done = await withdraw(tx, id, reason, by, clock.now())
        if (done.ok) await also(tx)
        return done
      }),
    async reconcile(id) {
      const batch = await selectBatch(db, id)
      return batch === undefined
        ? { totals: [], differences: [] }
        : await reconcile(db, civil, batch)
    },
    compress: () => compressChunks(db, ['reading_day_row'], instant(clock.now() - packedAfter)),
    async follow(signal) {
      const left: RunOutcome[] = []
      for (const { id, code } of (await selectRoutes(db)).filter(isDue)) {
        if (signal.aborted) break
        const noted: Also = (tx) => noteRun(tx, id, clock.now())
        const outcome = await run(code, undefined, BY_ITSELF, noted)
        if (outcome.ok) left.push(outcome.value)
      }
      return left
    },
  }
}

/** What a route is where nothing else is said. */
export const defaultRoute = {
  name: '',
  everyMonths: 1,
  publishAt: '08:00',
  waitDays: 1,
  registers: ['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4', '2.8.0'],
  language: 'zh',
} as const satisfies Partial<RouteSettings>

function mistakeOf({ registers }: RouteSettings): RouteRefusal | undefined {
  const register = registers.find((code) => itemOf(code)?.kind !== 'register')
  return register === undefined ? undefined : { kind: 'not-a-register', register }
}

function minuteOf(publishAt: string): number {
  const [hour = 0, minute = 0] = publishAt.split(':').map(Number)
  return hour * 60 + minute
}
