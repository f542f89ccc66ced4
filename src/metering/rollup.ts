import type { ItemCode } from '#protocols/model'
import {
  type BusinessDate,
  type CivilTime,
  dateFrom,
  hours,
  type Instant,
  instant,
} from '#src/core'
import type { Database, Db } from '#src/db'
import {
  countDirty,
  firstDirty,
  firstReadingAt,
  listDays,
  listedThrough,
  listMonth,
  type RollupKind,
  setListedThrough,
  spreadMeterDays,
  spreadSpans,
  takeDirty,
} from './dirty-queries.ts'
import { clip, type Period, partOf, periodOf } from './energy.ts'
import { monthOf, nextMonth } from './periods.ts'
import { type Installed, installedAt, registersOf } from './points.ts'
import { codeOf } from './quality.ts'
import {
  addWork,
  announce,
  findPresent,
  findPresentByDays,
  leftOver,
  openWork,
  settle,
  type WorkRow,
  workExact,
  workMonthsOfDays,
} from './work-queries.ts'

/** The registers that are kept by day and month for whatever reads them. */
export const rolledUp: readonly ItemCode[] = [
  '1.8.0',
  '1.8.1',
  '1.8.2',
  '1.8.3',
  '1.8.4',
  '2.8.0',
  '3.8.0',
  '4.8.0',
]
/** Usage points of one transaction, and of those how many are worked out here at a time. */
const batchMax = 5_000
const daysAtOnceMax = 500
const monthsAtOnceMax = 50
const meterDaysMax = 50_000
const spansMax = 1_000
/** How far back the list of finished days is filled at the first run, or after a long pause. */
const daysBackMax = 400

/** Computes what is on the lists of days and of months; a month follows from its last day. */
export async function rollUp(db: Database, civil: CivilTime, now: Instant): Promise<number> {
  const today = civil.dateOf(now)
  await listFinishedDays(db, civil, today)
  await whileFull(spansMax, () =>
    db.transaction((tx) => spreadSpans(tx, civil.zone, today, spansMax)),
  )
  await whileFull(meterDaysMax, () =>
    db.transaction((tx) => spreadMeterDays(tx, today, meterDaysMax)),
  )
  return (
    (await rollUpList(db, civil, 'day', today, now)) +
    (await rollUpList(db, civil, 'month', monthOf(today), now))
  )
}

async function whileFull(max: number, step: () => Promise<number>): Promise<void> {
  while ((await step()) === max) {}
}

async function rollUpList(
  db: Database,
  civil: CivilTime,
  kind: RollupKind,
  before: BusinessDate,
  now: Instant,
): Promise<number> {
  // What is added meanwhile is for the next run, so that this one ends.
  let left = await countDirty(db, kind, before)
  let written = 0
  while (left > 0) {
    const { taken, changed } = await db.transaction(async (tx) => {
      await openWork(tx)
      const oldest = await firstDirty(tx, kind, before)
      if (oldest === undefined) return { taken: left, changed: 0 }
      const date = dateFrom(oldest)
      const ids = await takeDirty(tx, kind, date, batchMax)
      const next = kind === 'day' ? civil.addDays(date, 1) : nextMonth(civil, date)
      const period = { start: civil.startOf(date), end: civil.startOf(next) }
      if (kind === 'day') await workDays(tx, ids, period)
      else await workMonths(tx, ids, date, next, period)
      const differing = await settle(tx, kind, date, ids, now)
      if (kind === 'day') {
        await announce(tx, date, differing, now)
        await listMonthOf(tx, civil, date, before, ids, differing)
      }
      return { taken: Math.max(1, ids.length), changed: differing.length }
    })
    left -= taken
    written += changed
  }
  return written
}

async function workDays(tx: Db, ids: readonly number[], period: Period): Promise<void> {
  for (const register of await findPresent(tx, ids, rolledUp, period)) {
    await workExact(tx, register, period)
    await workOneByOne(tx, await leftOver(tx, register), register, period, daysAtOnceMax)
  }
}

async function workMonths(
  tx: Db,
  ids: readonly number[],
  month: BusinessDate,
  next: BusinessDate,
  period: Period,
): Promise<void> {
  await workMonthsOfDays(tx, ids, month, next, period)
  await findPresentByDays(tx, ids, month, next)
  await findPresent(tx, ids, rolledUp, around(period.start))
  for (const register of await findPresent(tx, ids, rolledUp, around(period.end))) {
    await workOneByOne(tx, await leftOver(tx, register), register, period, monthsAtOnceMax)
  }
}

const around = (at: Instant): Period => ({
  start: instant(at - hours(1)),
  end: instant(at + hours(1)),
})

/** Whatever is not the usual case: a gap, a fall, a swap, an estimate. */
async function workOneByOne(
  tx: Db,
  ids: readonly number[],
  register: ItemCode,
  period: Period,
  atOnceMax: number,
): Promise<void> {
  for (let from = 0; from < ids.length; from += atOnceMax) {
    const some = ids.slice(from, from + atOnceMax)
    const installed = await installedAt(tx, some, period)
    const registers = await registersOf(tx, installed, register, period)
    const rows = [...Map.groupBy(installed, ({ usagePointId }) => usagePointId)].flatMap(
      ([usagePointId, own]) => rowOf(usagePointId, own, registers, period),
    )
    await addWork(tx, register, rows)
  }
}

function rowOf(
  usagePointId: number,
  installed: readonly Installed[],
  registers: Awaited<ReturnType<typeof registersOf>>,
  period: Period,
): WorkRow[] {
  const parts = installed.flatMap((own) => {
    const within = clip(period, own)
    const series = registers.get(own)
    if (within === undefined || series === undefined) return []
    return [{ part: partOf(own, series, within), meterId: own.meterId }]
  })
  const outcome = periodOf(parts)
  if (outcome.kind !== 'energy') return []
  const { energy, estimated, meters } = outcome
  const quality = codeOf(outcome.quality)
  const [fromQuality, toQuality] = [codeOf(outcome.fromQuality), codeOf(outcome.toQuality)]
  return [{ usagePointId, energy, estimated, meters, quality, fromQuality, toQuality }]
}

/** A month is computed when its last day is over, and again when an end or one of its days changed. */
async function listMonthOf(
  tx: Db,
  civil: CivilTime,
  date: BusinessDate,
  today: BusinessDate,
  taken: readonly number[],
  changed: readonly number[],
): Promise<void> {
  const month = monthOf(date)
  const next = nextMonth(civil, month)
  if (next > today) return
  // What is known of an end of the month may change it though no day is known.
  const isEnd = date === month || civil.addDays(date, 1) === next
  await listMonth(tx, month, isEnd ? taken : changed)
}

/** Puts every meter's finished days on the list once, however long nobody looked. */
async function listFinishedDays(
  db: Database,
  civil: CivilTime,
  today: BusinessDate,
): Promise<void> {
  const yesterday = civil.addDays(today, -1)
  await db.transaction(async (tx) => {
    const known = await listedThrough(tx)
    const through = known === undefined ? undefined : dateFrom(known)
    const firstAt = through === undefined ? await firstReadingAt(tx) : undefined
    const first =
      through !== undefined
        ? civil.addDays(through, 1)
        : firstAt !== undefined
          ? civil.dateOf(firstAt)
          : undefined
    if (first !== undefined && first <= yesterday) {
      await listDays(tx, first, yesterday, civil.addDays(today, -daysBackMax))
    }
    if (through === undefined || through < yesterday) await setListedThrough(tx, yesterday)
  })
}
