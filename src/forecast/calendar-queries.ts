import type { BusinessDate } from '#src/core'
import type { Db } from '#src/db'
import type { DayKind } from './types.ts'

export interface CalendarDay {
  readonly date: BusinessDate
  readonly kind: DayKind
  readonly name: string
}

export async function selectCalendar(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
): Promise<CalendarDay[]> {
  return await db.query<CalendarDay>(
    `select business_date::text as date, kind, name from civil_day
     where business_date between $1::date and $2::date order by 1`,
    [from, to],
  )
}

export async function upsertCalendar(tx: Db, days: readonly CalendarDay[]): Promise<void> {
  await tx.query(
    `insert into civil_day (business_date, kind, name)
     select * from unnest($1::date[], $2::text[], $3::text[])
     on conflict (business_date) do update set kind = excluded.kind, name = excluded.name`,
    [days.map(({ date }) => date), days.map(({ kind }) => kind), days.map(({ name }) => name)],
  )
}

export interface Temperature {
  readonly date: BusinessDate
  /** Code of a region; null for everywhere. */
  readonly region: string | null
  readonly celsius: string
  readonly isExpected: boolean
}

/** Codes of regions that are not in the archive; nothing is written then. */
export async function upsertTemperatures(
  tx: Db,
  rows: readonly Temperature[],
): Promise<readonly string[]> {
  const columns = [
    rows.map(({ date }) => date),
    rows.map(({ region }) => region),
    rows.map(({ celsius }) => celsius),
    rows.map(({ isExpected }) => isExpected),
  ]
  const unknown = await tx.query<{ region: string }>(
    `select distinct r.region from unnest($1::text[]) r (region) where r.region is not null
       and not exists (select from grid_node n where n.kind = 'region' and n.code = r.region)`,
    [columns[1]],
  )
  if (unknown.length > 0) return unknown.map(({ region }) => region)
  await tx.query(
    `insert into temperature_day (business_date, region_id, celsius, is_expected)
     select r.date, n.id, r.celsius, r.is_expected
     from unnest($1::date[], $2::text[], $3::numeric[], $4::boolean[])
       r (date, region, celsius, is_expected)
     left join grid_node n on n.kind = 'region' and n.code = r.region
     on conflict (business_date, coalesce(region_id, 0), is_expected)
       do update set celsius = excluded.celsius`,
    columns,
  )
  return []
}

export interface KnownTemperature {
  readonly date: BusinessDate
  readonly region_id: number | null
  readonly celsius: string
}

/** What was measured, and what was expected where nothing was. */
export async function selectTemperatures(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
): Promise<KnownTemperature[]> {
  return await db.query<KnownTemperature>(
    `select distinct on (business_date, region_id) business_date::text as date, region_id,
       celsius::text as celsius from temperature_day
     where business_date between $1::date and $2::date
     order by business_date, region_id, is_expected`,
    [from, to],
  )
}
