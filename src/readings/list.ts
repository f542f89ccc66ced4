import { itemOf } from '#protocols/model'
import { fail, type Instant, instant, type MeterId, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { dataClasses } from './codes.ts'
import { curve, daily, type WideTable } from './columns.ts'
import {
  type ItemStoredRow,
  itemSelect,
  readingOf,
  readingsOf,
  type WideStoredRow,
  wideSelect,
} from './kept.ts'
import type { BadCursor, KeptReading, ReadingPage, ReadingQuery } from './types.ts'

/** Where a page ended: the next one begins after this key. */
interface Position {
  readonly at: Instant
  readonly dataClass: number
  readonly item: string
}

const beginning: Position = { at: instant(8_000_000_000_000_000), dataClass: 0, item: '' }

/** Newest first, then by class and item; each table gives enough rows for a whole page. */
export async function listReadings(
  db: Db,
  meterId: MeterId,
  query: ReadingQuery,
): Promise<Result<ReadingPage, BadCursor>> {
  const after = query.cursor === undefined ? beginning : parseCursor(query.cursor)
  if (after === undefined) return fail({ kind: 'bad-cursor' })
  const rows = [
    ...(await wideReadings(db, curve, meterId, query, after)),
    ...(await wideReadings(db, daily, meterId, query, after)),
    ...(await itemReadings(db, meterId, query, after)),
  ]
  const found = rows.filter((reading) => follows(reading, after)).sort(newestFirst)
  const items = found.slice(0, query.limit)
  const last = items.at(-1)
  const more = found.length > query.limit && last !== undefined
  return ok({ items, next: more ? cursorOf(last) : null })
}

async function wideReadings(
  db: Db,
  table: WideTable,
  meterId: MeterId,
  query: ReadingQuery,
  after: Position,
): Promise<KeptReading[]> {
  const { register, dataClass } = query
  if (dataClass !== undefined && !table.classes.includes(dataClass)) return []
  const index = register === undefined ? undefined : table.indexOf.get(register)
  if (register !== undefined && index === undefined) return []
  const column = index === undefined ? undefined : table.columns[index]
  const filters = [
    column === undefined ? 'true' : `${column.name} is not null`,
    dataClass === undefined ? 'true' : `data_class = ${dataClasses.of(dataClass)}`,
  ]
  const [from, until] = bounds(query, after)
  // The row at the cursor may be used up, so one more than the page and its look-ahead.
  const rows = await db.query<WideStoredRow>(
    `select ${wideSelect(table)} from ${table.name}
     where meter_id = $1::int
       and measured_at >= to_timestamp($2::float8 / 1000)
       and measured_at <= to_timestamp($3::float8 / 1000)
       and ${filters.join(' and ')}
     order by measured_at desc limit $4::int`,
    [meterId, from, until, query.limit + 2],
  )
  const readings = rows.flatMap((row) => readingsOf(table, row))
  return readings.filter((reading) => register === undefined || reading.register === register)
}

async function itemReadings(
  db: Db,
  meterId: MeterId,
  { register, dataClass, limit, ...range }: ReadingQuery,
  after: Position,
): Promise<KeptReading[]> {
  const [from, until] = bounds({ limit, ...range }, after)
  const rows = await db.query<ItemStoredRow>(
    `select ${itemSelect} from reading_item
     where meter_id = $1::int
       and measured_at >= to_timestamp($2::float8 / 1000)
       and measured_at <= to_timestamp($3::float8 / 1000)
       and ($4::text is null or item = $4::text)
       and ($5::smallint is null or data_class = $5::smallint)
       and (measured_at < to_timestamp($6::float8 / 1000)
         or (data_class, item) > ($7::smallint, $8::text collate "C"))
     order by measured_at desc, data_class, item limit $9::int`,
    [
      meterId,
      from,
      until,
      register ?? null,
      dataClass === undefined ? null : dataClasses.of(dataClass),
      after.at,
      after.dataClass,
      after.item,
      limit + 1,
    ],
  )
  return rows.map(readingOf)
}

/** Both inclusive; instants are whole milliseconds. */
function bounds(query: ReadingQuery, after: Position): [number, number] {
  const until = query.to === undefined ? after.at : Math.min(after.at, query.to - 1)
  return [query.from ?? 0, until]
}

const follows = (reading: KeptReading, after: Position): boolean =>
  reading.at < after.at ||
  (reading.at === after.at &&
    compareKeys(dataClasses.of(reading.dataClass), reading.register, after) > 0)

function newestFirst(a: KeptReading, b: KeptReading): number {
  return (
    b.at - a.at ||
    compareKeys(dataClasses.of(a.dataClass), a.register, {
      at: b.at,
      dataClass: dataClasses.of(b.dataClass),
      item: b.register,
    })
  )
}

function compareKeys(dataClass: number, item: string, other: Position): number {
  if (dataClass !== other.dataClass) return dataClass - other.dataClass
  if (item === other.item) return 0
  return item < other.item ? -1 : 1
}

const cursorOf = (reading: KeptReading): string =>
  [reading.at, dataClasses.of(reading.dataClass), reading.register].join('~')

function parseCursor(text: string): Position | undefined {
  const match = /^(-?\d{1,16})~([1-4])~([0-9.]{1,20})$/.exec(text)
  const [, at, dataClass, item] = match ?? []
  if (at === undefined || dataClass === undefined || item === undefined) return undefined
  return itemOf(item) === undefined
    ? undefined
    : { at: instant(Number(at)), dataClass: Number(dataClass), item }
}

/** Newest present value of each item of each meter. */
export async function latestReadings(
  db: Db,
  meterIds: readonly MeterId[],
): Promise<readonly KeptReading[]> {
  const wide = await db.query<WideStoredRow>(
    `select ${wideSelect(curve)} from meter_latest where meter_id = any($1::int[])`,
    [meterIds],
  )
  const items = await db.query<ItemStoredRow>(
    `select ${itemSelect} from meter_latest_item where meter_id = any($1::int[])`,
    [meterIds],
  )
  return newestOfEach([...wide.flatMap((row) => readingsOf(curve, row)), ...items.map(readingOf)])
}

function newestOfEach(readings: readonly KeptReading[]): readonly KeptReading[] {
  const newest = new Map<string, KeptReading>()
  for (const reading of readings) {
    const key = `${reading.meterId} ${reading.register}`
    const known = newest.get(key)
    if (known === undefined || known.at < reading.at) newest.set(key, reading)
  }
  return [...newest.values()]
}

/** The readings that came in last, of the newest of every meter. */
export async function newestReadings(db: Db, limit: number): Promise<readonly KeptReading[]> {
  const wide = await db.query<WideStoredRow>(
    `select ${wideSelect(curve)} from meter_latest order by received_at desc limit $1::int`,
    [limit],
  )
  const items = await db.query<ItemStoredRow>(
    `select ${itemSelect} from meter_latest_item order by received_at desc limit $1::int`,
    [limit],
  )
  return [...wide.flatMap((row) => readingsOf(curve, row)), ...items.map(readingOf)]
    .sort((a, b) => b.receivedAt - a.receivedAt || a.meterId - b.meterId)
    .slice(0, limit)
}

/** Values received since then; what was measured long before counts in its own time only. */
export async function countReadings(db: Db, since: Instant): Promise<number> {
  const rows = await db.query<{ count: bigint }>(
    `select coalesce(sum(n), 0)::bigint as count from (
       select sum(num_nonnulls(${curve.columns.map(({ name }) => name)})) as n
       from reading_curve
       where received_at >= to_timestamp($1::float8 / 1000)
         and measured_at >= to_timestamp($1::float8 / 1000) - interval '1 day'
       union all
       select count(*) from reading_item
       where received_at >= to_timestamp($1::float8 / 1000)
         and measured_at >= to_timestamp($1::float8 / 1000) - interval '1 day') as counts`,
    [since],
  )
  return Number(rows[0]?.count ?? 0n)
}
