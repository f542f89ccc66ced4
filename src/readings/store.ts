import { type CivilTime, hours } from '#src/core'
import type { Database, Db } from '#src/db'
import {
  type BatchPlan,
  factsOf,
  type ItemRow,
  itemRowOf,
  planBatch,
  revisionText,
  sameNumber,
  type WideRow,
} from './batch.ts'
import { curve, decimalBits, decimalsAt, elsewhere, type WideTable } from './columns.ts'
import { createDayIndex, type DayIndex } from './days.ts'
import {
  fillWide,
  insertItems,
  insertRevisions,
  insertWide,
  type KeptWideRow,
  lockMerging,
  markDirty,
  selectItems,
  selectWide,
  upsertLatest,
  upsertLatestItems,
} from './queries.ts'
import type { StoredReading, StoreOutcome } from './types.ts'

/** What became of a batch while it was written. */
interface Ledger {
  stored: number
  repeated: number
  readonly revisions: StoredReading[]
  /** Rows that are new as a whole or hold only what was filled. */
  readonly fresh: { readonly table: WideTable; readonly row: WideRow }[]
  readonly freshItems: ItemRow[]
}

/** Readings on their way in; one transaction a batch, or that of the caller. */
export function createStore(db: Database, civil: CivilTime) {
  const days = createDayIndex(civil)
  return async (batch: readonly StoredReading[], tx?: Db): Promise<StoreOutcome> => {
    if (batch.length === 0) return { stored: 0, repeated: 0, revised: 0 }
    const plan = planBatch(batch)
    if (tx !== undefined) return await write(tx, plan, days)
    return await db.transaction((tx) => write(tx, plan, days))
  }
}

async function write(db: Db, plan: BatchPlan, days: DayIndex): Promise<StoreOutcome> {
  const ledger: Ledger = {
    stored: 0,
    repeated: plan.repeated,
    revisions: [...plan.revisions],
    fresh: [],
    freshItems: [],
  }
  const conflicts: { table: WideTable; rows: WideRow[] }[] = []
  for (const { table, rows } of plan.wide) {
    if (rows.length === 0) continue
    const known = new Set(await insertWide(db, table, rows))
    for (const [index, row] of rows.entries()) {
      if (known.has(index)) continue
      ledger.fresh.push({ table, row })
      ledger.stored += row.values.filter((value) => value !== null).length
    }
    if (known.size > 0) {
      conflicts.push({ table, rows: rows.filter((_, index) => known.has(index)) })
    }
  }
  // Values that the batch planned for reading_item may find their column taken in the stored row.
  let items = plan.items
  if (conflicts.length > 0) {
    await lockMerging(db)
    for (const { table, rows } of conflicts) {
      items = await merge(db, table, rows, items, ledger)
    }
  }
  await writeItems(db, items, ledger)
  const revised = await writeRevisions(db, ledger.revisions)
  await writeLatest(db, ledger)
  await markLateDays(db, ledger, days)
  return {
    stored: ledger.stored,
    repeated: ledger.repeated + ledger.revisions.length - revised,
    revised,
  }
}

/** Fills what is empty in rows that exist; gives the items that are still to be written. */
async function merge(
  db: Db,
  table: WideTable,
  rows: readonly WideRow[],
  items: readonly ItemRow[],
  ledger: Ledger,
): Promise<readonly ItemRow[]> {
  const fills: WideRow[] = []
  const settled = new Set<StoredReading>()
  const moved: ItemRow[] = []
  for (const kept of await selectWide(db, table, rows)) {
    const row = rows[kept.n]
    if (row === undefined) continue
    const fill: WideRow = { ...row, values: row.values.map(() => null), decimals: 0n }
    for (const [index, reading] of row.readings.entries()) {
      if (reading === undefined) continue
      const verdict = judge(table, kept, row, index)
      if (verdict === 'repeated') ledger.repeated += 1
      if (verdict === 'different') ledger.revisions.push(reading)
      if (verdict === 'repeated' || verdict === 'different') settled.add(reading)
      if (verdict === 'fill') {
        fill.values[index] = row.values[index] ?? null
        fill.decimals |= decimalBits(index, decimalsAt(row.decimals, index))
        ledger.stored += 1
      }
      if (verdict === 'item') {
        const isOfRow = kept.data_class === row.dataClass
        if (isOfRow && decimalsAt(kept.decimals, index) !== elsewhere) {
          fill.decimals |= decimalBits(index, elsewhere)
        }
        if (row.values[index] !== null) moved.push(itemRowOf(reading))
      }
    }
    if (fill.decimals !== 0n || fill.values.some((value) => value !== null)) fills.push(fill)
  }
  if (fills.length > 0) {
    await fillWide(db, table, fills)
    ledger.fresh.push(...fills.map((row) => ({ table, row })))
  }
  return [...items.filter(({ reading }) => !settled.has(reading)), ...moved]
}

/** What to do with one value whose row exists. */
function judge(
  table: WideTable,
  kept: KeptWideRow,
  row: WideRow,
  index: number,
): 'repeated' | 'different' | 'fill' | 'item' {
  const column = table.columns[index]
  const reading = row.readings[index]
  if (column === undefined || reading === undefined) return 'repeated'
  // A present value and a point of a curve of one minute are two values: the row is of the first.
  if (kept.data_class !== row.dataClass) return 'item'
  const keptValue = kept[column.name]
  if (typeof keptValue === 'bigint') {
    const same =
      reading.value.kind === 'number' &&
      sameNumber(
        { digits: keptValue, scale: column.scale },
        { digits: BigInt(reading.value.digits), scale: reading.value.scale },
      )
    return same ? 'repeated' : 'different'
  }
  const isElsewhere = decimalsAt(kept.decimals, index) === elsewhere
  const fits = row.values[index] !== null && kept.quality === row.quality
  return fits && !isElsewhere ? 'fill' : 'item'
}

async function writeItems(db: Db, rows: readonly ItemRow[], ledger: Ledger): Promise<void> {
  if (rows.length === 0) return
  const known = await insertItems(db, rows)
  const isKnown = new Set(known)
  ledger.freshItems.push(...rows.filter((_, index) => !isKnown.has(index)))
  ledger.stored += rows.length - known.length
  const conflicts = rows.filter((_, index) => isKnown.has(index))
  if (conflicts.length === 0) return
  for (const kept of await selectItems(db, conflicts)) {
    const row = conflicts[kept.n]
    if (row === undefined) continue
    const same =
      kept.text_value !== null || row.text !== null
        ? kept.text_value === row.text
        : sameNumber(
            { digits: kept.digits ?? 0n, scale: kept.scale ?? 0 },
            { digits: row.digits ?? 0n, scale: row.scale ?? 0 },
          )
    if (same) ledger.repeated += 1
    else ledger.revisions.push(row.reading)
  }
}

async function writeRevisions(db: Db, revisions: readonly StoredReading[]): Promise<number> {
  if (revisions.length === 0) return 0
  return await insertRevisions(
    db,
    revisions.map((reading) => ({
      ...factsOf(reading),
      item: reading.item,
      value: revisionText(reading),
    })),
  )
}

async function writeLatest(db: Db, ledger: Ledger): Promise<void> {
  const newest = new Map<string, { row: WideRow; shape: bigint }>()
  for (const { table, row } of ledger.fresh) {
    if (table !== curve) continue
    const shape = shapeOf(row)
    const key = `${row.meterId} ${shape}`
    const known = newest.get(key)
    if (shape !== 0n && (known === undefined || known.row.measuredAt < row.measuredAt)) {
      newest.set(key, { row, shape })
    }
  }
  if (newest.size > 0) {
    await upsertLatest(
      db,
      [...newest.values()].sort((a, b) => a.row.meterId - b.row.meterId),
    )
  }
  const newestItems = new Map<string, ItemRow>()
  for (const row of ledger.freshItems) {
    if (row.reading.dataClass !== 'current' && row.reading.dataClass !== 'interval') continue
    const key = `${row.meterId} ${row.item}`
    const known = newestItems.get(key)
    if (known === undefined || known.measuredAt < row.measuredAt) newestItems.set(key, row)
  }
  if (newestItems.size > 0) {
    await upsertLatestItems(
      db,
      [...newestItems.values()].sort((a, b) => a.meterId - b.meterId),
    )
  }
}

/** One bit for each column that holds a value. */
function shapeOf(row: WideRow): bigint {
  return row.values.reduce<bigint>(
    (shape, value, index) => (value === null ? shape : shape | (1n << BigInt(index))),
    0n,
  )
}

/**
 * Days that are over and whose energy the new readings can change, also as the neighbour of a
 * boundary. The present day is rolled up when it ends.
 */
async function markLateDays(db: Db, ledger: Ledger, days: DayIndex): Promise<void> {
  const marks = new Map<string, { meterId: WideRow['meterId']; date: string }>()
  for (const { meterId, measuredAt, receivedAt } of [
    ...ledger.fresh.map(({ row }) => row),
    ...ledger.freshItems,
  ]) {
    const today = days.dateOf(receivedAt)
    for (const date of days.datesTouched(measuredAt, hours(2))) {
      if (date < today) marks.set(`${meterId} ${date}`, { meterId, date })
    }
  }
  if (marks.size === 0) return
  const sorted = [...marks.values()].sort(
    (a, b) => a.meterId - b.meterId || (a.date < b.date ? -1 : 1),
  )
  await markDirty(db, sorted)
}
