import type { ItemCode } from '#protocols/model'
import type { MeterId } from '#src/core'
import type { Db } from '#src/db'
import type { ItemRow, RowFacts, WideRow } from './batch.ts'
import { type Column, curve, type WideTable } from './columns.ts'

/** A column of a bulk statement as one array literal: cheaper than the driver's own quoting. */
function arrayOf<Row>(rows: readonly Row[], pick: (row: Row) => bigint | number | null): string {
  return `{${rows.map((row) => pick(row) ?? 'NULL').join(',')}}`
}

const factColumns =
  'meter_id, measured_at, received_at, data_class, source, quality, time_source' as const
const factSelect = `u.meter_id, to_timestamp(u.measured_ms / 1000), to_timestamp(u.received_ms / 1000),
  u.data_class, u.source, u.quality, u.time_source`
const factNames =
  'meter_id, measured_ms, received_ms, data_class, source, quality, time_source' as const
const factTypes = ['int', 'float8', 'float8', 'smallint', 'smallint', 'smallint', 'smallint']

function factArrays(rows: readonly RowFacts[]): string[] {
  return [
    arrayOf(rows, (row) => row.meterId),
    arrayOf(rows, (row) => row.measuredAt),
    arrayOf(rows, (row) => row.receivedAt),
    arrayOf(rows, (row) => row.dataClass),
    arrayOf(rows, (row) => row.source),
    arrayOf(rows, (row) => row.quality),
    arrayOf(rows, (row) => row.timeSource),
  ]
}

/** `unnest($1::int[], …)` for parameters of these types, counted from `first`. */
function unnested(types: readonly string[], first = 1): string {
  return `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')})`
}

/** The columns that at least one row fills. */
function usedColumns(table: WideTable, rows: readonly WideRow[]): readonly [number, Column][] {
  return [...table.columns.entries()].filter(([index]) =>
    rows.some((row) => row.values[index] !== null),
  )
}

function valueArrays(used: readonly [number, Column][], rows: readonly WideRow[]): string[] {
  return [
    arrayOf(rows, (row) => row.decimals),
    ...used.map(([index]) => arrayOf(rows, (row) => row.values[index] ?? null)),
  ]
}

const namesOf = (used: readonly [number, Column][]): string[] => [
  'decimals',
  ...used.map(([, column]) => column.name),
]
const typesOf = (used: readonly [number, Column][]): string[] => [
  'bigint',
  ...used.map(([, column]) => column.type),
]

/** Inserts what is new; gives the indices of the rows whose key was there. */
export async function insertWide(
  db: Db,
  table: WideTable,
  rows: readonly WideRow[],
): Promise<readonly number[]> {
  const used = usedColumns(table, rows)
  const names = namesOf(used).join(', ')
  const known = await db.query<{ n: number }>(
    `with rows (n, ${factColumns}, ${names}) as materialized (
       select u.n, ${factSelect}, ${namesOf(used).map((name) => `u.${name}`)}
       from ${unnested([...factTypes, ...typesOf(used)])} with ordinality
         as u (${factNames}, ${names}, n)),
     inserted as (
       insert into ${table.name} (${factColumns}, ${names})
       select ${factColumns}, ${names} from rows order by n
       on conflict (meter_id, measured_at) do nothing
       returning meter_id, measured_at)
     select n::int from rows
     where (select count(*) from inserted) < (select count(*) from rows) and not exists (
       select from inserted
       where inserted.meter_id = rows.meter_id and inserted.measured_at = rows.measured_at)`,
    [...factArrays(rows), ...valueArrays(used, rows)],
  )
  return known.map(({ n }) => n - 1)
}

export interface KeptWideRow {
  readonly n: number
  readonly decimals: bigint
  readonly quality: number
  readonly data_class: number
  readonly [column: string]: bigint | number | null
}

/** The stored rows with these keys; `n` is the index of the row asked for. */
export async function selectWide(
  db: Db,
  table: WideTable,
  rows: readonly WideRow[],
): Promise<readonly KeptWideRow[]> {
  const times = rows.map((row) => row.measuredAt)
  return await db.query<KeptWideRow>(
    `select (u.n - 1)::int as n, t.decimals, t.quality, t.data_class,
       ${table.columns.map((column) => `t.${column.name}::bigint`)}
     from ${unnested(['int', 'float8'])} with ordinality as u (meter_id, measured_ms, n)
     join ${table.name} t
       on t.meter_id = u.meter_id and t.measured_at = to_timestamp(u.measured_ms / 1000)
     where t.measured_at between to_timestamp($3::float8 / 1000) and to_timestamp($4::float8 / 1000)`,
    [
      arrayOf(rows, (row) => row.meterId),
      arrayOf(rows, (row) => row.measuredAt),
      Math.min(...times),
      Math.max(...times),
    ],
  )
}

/**
 * Fills columns that are still empty. Old rows may lie in compressed chunks, where a statement
 * may touch only so many rows unless the limit is lifted for it.
 */
export async function fillWide(db: Db, table: WideTable, rows: readonly WideRow[]): Promise<void> {
  const used = usedColumns(table, rows)
  const times = rows.map((row) => row.measuredAt)
  const sets = used.map(([, { name }]) => `${name} = coalesce(t.${name}, u.${name})`)
  await db.query(
    `select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)`,
  )
  await db.query(
    `update ${table.name} t
     set ${['decimals = t.decimals | u.decimals', ...sets].join(', ')}
     from ${unnested(['int', 'float8', ...typesOf(used)], 3)}
       as u (meter_id, measured_ms, ${namesOf(used)})
     where t.meter_id = u.meter_id and t.measured_at = to_timestamp(u.measured_ms / 1000)
       and t.measured_at between to_timestamp($1::float8 / 1000) and to_timestamp($2::float8 / 1000)`,
    [
      Math.min(...times),
      Math.max(...times),
      arrayOf(rows, (row) => row.meterId),
      arrayOf(rows, (row) => row.measuredAt),
      ...valueArrays(used, rows),
    ],
  )
}

const itemColumns = `${factColumns}, scale, digits, item, text_value`
const itemNames = `${factNames}, scale, digits, item, text_value`
const itemTypes = [...factTypes, 'smallint', 'bigint', 'text', 'text']

function itemArrays(rows: readonly ItemRow[]): unknown[] {
  return [
    ...factArrays(rows),
    arrayOf(rows, (row) => row.scale),
    arrayOf(rows, (row) => row.digits),
    rows.map((row) => row.item),
    rows.map((row) => row.text),
  ]
}

/** Inserts what is new; gives the indices of the rows whose key was there. */
export async function insertItems(db: Db, rows: readonly ItemRow[]): Promise<readonly number[]> {
  const known = await db.query<{ n: number }>(
    `with rows (n, ${itemColumns}) as materialized (
       select u.n, ${factSelect}, u.scale, u.digits, u.item, u.text_value
       from ${unnested(itemTypes)} with ordinality as u (${itemNames}, n)
     ), inserted as (
       insert into reading_item (${itemColumns})
       select ${itemColumns} from rows order by n
       on conflict (meter_id, item, data_class, measured_at) do nothing
       returning meter_id, item, data_class, measured_at)
     select n::int from rows
     where (select count(*) from inserted) < (select count(*) from rows) and not exists (
       select from inserted i
       where i.meter_id = rows.meter_id and i.measured_at = rows.measured_at
         and i.item = rows.item and i.data_class = rows.data_class)`,
    itemArrays(rows),
  )
  return known.map(({ n }) => n - 1)
}

export interface KeptItemRow {
  readonly n: number
  readonly digits: bigint | null
  readonly scale: number | null
  readonly text_value: string | null
}

/** The stored values with these keys; `n` is the index of the row asked for. */
export async function selectItems(
  db: Db,
  rows: readonly ItemRow[],
): Promise<readonly KeptItemRow[]> {
  const times = rows.map((row) => row.measuredAt)
  return await db.query<KeptItemRow>(
    `select (u.n - 1)::int as n, t.digits, t.scale, t.text_value
     from ${unnested(['int', 'float8', 'smallint', 'text'])} with ordinality
       as u (meter_id, measured_ms, data_class, item, n)
     join reading_item t
       on t.meter_id = u.meter_id and t.item = u.item and t.data_class = u.data_class
         and t.measured_at = to_timestamp(u.measured_ms / 1000)
     where t.measured_at between to_timestamp($5::float8 / 1000) and to_timestamp($6::float8 / 1000)`,
    [
      arrayOf(rows, (row) => row.meterId),
      arrayOf(rows, (row) => row.measuredAt),
      arrayOf(rows, (row) => row.dataClass),
      rows.map((row) => row.item),
      Math.min(...times),
      Math.max(...times),
    ],
  )
}

/** Keeps each row only if it is newer than what its meter and shape have. */
export async function upsertLatest(
  db: Db,
  rows: readonly { readonly row: WideRow; readonly shape: bigint }[],
): Promise<void> {
  const wide = rows.map(({ row }) => row)
  const used = usedColumns(curve, wide)
  const names = namesOf(used)
  await db.query(
    `insert into meter_latest as t (shape, ${factColumns}, ${names})
     select u.shape, ${factSelect}, ${names.map((name) => `u.${name}`)}
     from ${unnested(['bigint', ...factTypes, ...typesOf(used)])}
       as u (shape, ${factNames}, ${names})
     on conflict (meter_id, shape) do update
     set ${updatesOf([...factColumns.split(', ').slice(1), ...names])}
     where excluded.measured_at > t.measured_at`,
    [arrayOf(rows, ({ shape }) => shape), ...factArrays(wide), ...valueArrays(used, wide)],
  )
}

/** Keeps each value only if it is newer than what its meter and item have. */
export async function upsertLatestItems(db: Db, rows: readonly ItemRow[]): Promise<void> {
  const columns = itemColumns.split(', ').filter((name) => name !== 'meter_id' && name !== 'item')
  await db.query(
    `insert into meter_latest_item as t (${itemColumns})
     select ${factSelect}, u.scale, u.digits, u.item, u.text_value
     from ${unnested(itemTypes)} as u (${itemNames})
     on conflict (meter_id, item) do update set ${updatesOf(columns)}
     where excluded.measured_at > t.measured_at`,
    itemArrays(rows),
  )
}

const updatesOf = (names: readonly string[]): string =>
  names.map((name) => `${name} = excluded.${name}`).join(', ')

export interface RevisionRow extends RowFacts {
  readonly item: ItemCode
  readonly value: string
}

/** Gives the number of revisions that were not known yet. */
export async function insertRevisions(db: Db, rows: readonly RevisionRow[]): Promise<number> {
  const added = await db.query(
    `insert into reading_revision (${factColumns}, item, value)
     select ${factSelect}, u.item, u.value
     from ${unnested([...factTypes, 'text', 'text'])} as u (${factNames}, item, value)
     on conflict do nothing returning 1`,
    [...factArrays(rows), rows.map((row) => row.item), rows.map((row) => row.value)],
  )
  return added.length
}

/** One merger at a time: what it read of a row is still true when it fills it. */
export async function lockMerging(db: Db): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtext('reading merge'))`)
}

export async function markDirty(
  db: Db,
  days: readonly { readonly meterId: MeterId; readonly date: string }[],
): Promise<void> {
  await db.query(
    `insert into energy_dirty (meter_id, business_date)
     select * from unnest($1::int[], $2::date[]) on conflict do nothing`,
    [days.map(({ meterId }) => meterId), days.map(({ date }) => date)],
  )
}
