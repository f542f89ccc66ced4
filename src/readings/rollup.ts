import type { ItemCode } from '#protocols/model'
import {
  assert,
  type BusinessDate,
  type CivilTime,
  type Instant,
  idOf,
  type MeterId,
  parseBusinessDate,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { usageQualities } from './codes.ts'
import { type Advance, advancesOf, type Period } from './energy.ts'
import { monthOf, nextMonth } from './periods.ts'
import { pointsOfEach, pointsOfMany } from './points.ts'
import {
  countDirty,
  deleteRollups,
  firstReadingAt,
  listDays,
  listedThrough,
  listMonths,
  type RollupKind,
  setListedThrough,
  takeDirty,
  upsertRollups,
} from './rollup-queries.ts'

/** The registers that are kept by day and month for all meters. */
export const rolledUp: readonly ItemCode[] = ['1.8.0', '2.8.0']
/** Meters × days, or × months, of one transaction. */
const batchMax = 500
/** How far back the list of finished days is filled at the first run, or after a long pause. */
const daysBackMax = 400

interface Task {
  readonly meterId: MeterId
  /** The day, or the first day of the month. */
  readonly date: BusinessDate
  readonly period: Period
}

/** Computes what is on the lists of days and of months; a month follows from its last day. */
export async function rollUp(db: Database, civil: CivilTime, now: Instant): Promise<number> {
  const today = civil.dateOf(now)
  await listFinishedDays(db, civil, today)
  return (
    (await rollUpList(db, civil, 'day', today)) +
    (await rollUpList(db, civil, 'month', monthOf(today)))
  )
}

async function rollUpList(
  db: Database,
  civil: CivilTime,
  kind: RollupKind,
  before: BusinessDate,
): Promise<number> {
  // What is added meanwhile is for the next run, so that this one ends.
  const batches = Math.ceil((await countDirty(db, kind, before)) / batchMax)
  let written = 0
  for (let batch = 0; batch < batches; batch += 1) {
    written += await db.transaction(async (tx) => {
      const taken = await takeDirty(tx, kind, before, batchMax)
      const tasks = taken.map(({ meter_id, date }) =>
        taskOf(civil, kind, idOf(meter_id), dateFrom(date)),
      )
      if (kind === 'day') await listMonths(tx, monthsOver(civil, tasks, before))
      let count = 0
      for (const register of rolledUp) count += await write(tx, kind, register, tasks)
      return count
    })
  }
  return written
}

function taskOf(civil: CivilTime, kind: RollupKind, meterId: MeterId, date: BusinessDate): Task {
  const next = kind === 'day' ? civil.addDays(date, 1) : nextMonth(civil, date)
  return { meterId, date, period: { start: civil.startOf(date), end: civil.startOf(next) } }
}

/** The months of these days, if they are over. */
function monthsOver(
  civil: CivilTime,
  days: readonly Task[],
  today: BusinessDate,
): readonly { readonly meterId: MeterId; readonly month: BusinessDate }[] {
  const months = new Map<string, { meterId: MeterId; month: BusinessDate }>()
  for (const { meterId, date } of days) {
    const month = monthOf(date)
    if (nextMonth(civil, month) <= today) months.set(`${meterId} ${month}`, { meterId, month })
  }
  return [...months.values()]
}

async function write(
  tx: Db,
  kind: RollupKind,
  register: ItemCode,
  tasks: readonly Task[],
): Promise<number> {
  const known: (Task & { readonly advance: Advance })[] = []
  const unknown: Task[] = []
  for (const group of Map.groupBy(tasks, ({ date }) => date).values()) {
    const [first] = group
    if (first === undefined) continue
    const meterIds = group.map(({ meterId }) => meterId)
    const points =
      kind === 'day'
        ? await pointsOfMany(tx, meterIds, register, first.period)
        : await pointsOfEach(
            tx,
            register,
            meterIds.map((meterId) => ({ meterId, ...first.period })),
          )
    for (const task of group) {
      const [finding] = advancesOf(points.get(task.meterId) ?? [], [task.period])
      if (finding?.kind === 'advance') known.push({ ...task, advance: finding.advance })
      else unknown.push(task)
    }
  }
  if (unknown.length > 0) await deleteRollups(tx, kind, register, unknown)
  if (known.length > 0) {
    await upsertRollups(
      tx,
      kind,
      register,
      known.map(({ meterId, date, advance }) => ({
        ...advance,
        meterId,
        date,
        quality: usageQualities.of(advance.quality),
      })),
    )
  }
  return known.length
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

function dateFrom(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  assert(date !== undefined, 'a date column reads as YYYY-MM-DD')
  return date
}
