import { itemOf } from '#protocols/model'
import { type Clock, fail, type Instant, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import type { Readings } from '#src/readings'
import { newBook } from './book.ts'
import { scaledOf, zero } from './decimal.ts'
import {
  acknowledgeAlarms,
  clearAlarms,
  deletePoint,
  insertPoint,
  isMeter,
  movePoints,
  resetState,
  selectAlarms,
  selectPoint,
  selectPoints,
  updatePoint,
} from './queries.ts'
import { shelved } from './shelf.ts'
import type { Point, PointId, PointRefusal, PointSettings, Points } from './types.ts'

export interface PointsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly readings: Pick<Readings, 'latest' | 'trend'>
  /** What is monitored changed; to be called once that is committed. */
  readonly changed: () => void
}

/** What is monitored, and what was found (在线监测). */
export function createPoints({ db, clock, readings, changed }: PointsOptions): Points {
  return {
    async create(settings, also) {
      const wrong = mistakeIn(settings)
      if (wrong !== null) return fail({ kind: 'wrong', message: wrong })
      const book = shelved(newBook(await beginningOf(settings)))
      return await settled(
        db.transaction(async (tx) => {
          if (!(await isMeter(tx, settings.meterId))) return fail(noMeter)
          const id = await insertPoint(tx, settings, clock.now())
          if (id === undefined) return fail(nameTaken(settings.name))
          return await begun(tx, id, book, also)
        }),
      )
    },
    async change(id, settings, also) {
      const wrong = mistakeIn(settings)
      if (wrong !== null) return fail({ kind: 'wrong', message: wrong })
      const book = shelved(newBook(await beginningOf(settings)))
      return await settled(
        db.transaction(async (tx) => {
          if (!(await isMeter(tx, settings.meterId))) return fail(noMeter)
          const outcome = await updatePoint(tx, id, settings, clock.now())
          if (outcome === 'name-taken') return fail(nameTaken(settings.name))
          if (outcome === 'not-found') return fail({ kind: 'not-found', message: 'no such point' })
          await clearAlarms(tx, id, clock.now())
          return await begun(tx, id, book, also)
        }),
      )
    },
    async remove(id, also) {
      const isRemoved = await db.transaction(async (tx) => {
        if (!(await deletePoint(tx, id))) return false
        await movePoints(tx)
        await also(tx)
        return true
      })
      if (isRemoved) changed()
      return isRemoved
    },
    get: (id) => selectPoint(db, id, clock.now()),
    list: (filter, after, limit) => selectPoints(db, filter, after, limit, clock.now()),
    alarms: (id, before, limit) => selectAlarms(db, id, before, limit),
    async acknowledge(id, who, note, also) {
      return await db.transaction(async (tx) => {
        if ((await selectPoint(tx, id, clock.now())) === undefined) return undefined
        const count = await acknowledgeAlarms(tx, id, who, note, clock.now())
        await also(tx)
        return count
      })
    },
    trend: ({ meterId, item, factor, shift }, from, to, buckets) =>
      readings.trend(meterId, item, { from, to, buckets, factor, shift }),
  }

  /** What is known when limits are set is the first that they judge; older things are the past. */
  async function beginningOf({ meterId, item }: PointSettings): Promise<number> {
    const latest = await readings.latest([meterId])
    return latest.find(({ register }) => register === item)?.at ?? 0
  }

  async function begun(
    tx: Db,
    id: PointId,
    book: string,
    also: (tx: Db) => Promise<void>,
  ): Promise<Result<Point, PointRefusal>> {
    await resetState(tx, id, book)
    await also(tx)
    const point = await selectPoint(tx, id, now())
    return point === undefined ? fail({ kind: 'not-found', message: 'no such point' }) : ok(point)
  }

  function now(): Instant {
    return clock.now()
  }

  async function settled(
    done: Promise<Result<Point, PointRefusal>>,
  ): Promise<Result<Point, PointRefusal>> {
    const outcome = await done
    if (outcome.ok) changed()
    return outcome
  }
}

const noMeter: PointRefusal = { kind: 'no-meter', message: 'there is no such meter' }
const nameTaken = (name: string): PointRefusal => ({
  kind: 'name-taken',
  message: `another point is called ${name}`,
})

/** What is wrong with settings, as a sentence; null where nothing is. */
export function mistakeIn(settings: PointSettings): string | null {
  const { item, factor, lowLow, low, high, highHigh, hysteresis, deadband } = settings
  const known = itemOf(item)
  if (known === undefined || known.kind === 'state' || known.kind === 'event') {
    return `${item} is no quantity of the register model`
  }
  const numbers = {
    factor,
    shift: settings.shift,
    lowLow,
    low,
    high,
    highHigh,
    hysteresis,
    deadband,
  }
  for (const [name, text] of Object.entries(numbers)) {
    if (text !== null && scaledOf(text) === undefined) {
      return `${name} is no decimal of at most 15 digits before and 9 behind the point`
    }
  }
  if (scaledOf(factor) === zero) return 'factor is 0: nothing would be left of the reading'
  for (const [name, text] of [
    ['hysteresis', hysteresis],
    ['deadband', deadband],
  ] as const) {
    if ((scaledOf(text) ?? zero) < 0n) return `${name} is below 0`
  }
  const bounds = [lowLow, low, high, highHigh].flatMap((text) => {
    const bound = text === null ? undefined : scaledOf(text)
    return bound === undefined ? [] : [bound]
  })
  const isRising = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? 0n))
  return isRising ? null : 'the limits are not in the order low-low < low < high < high-high'
}
