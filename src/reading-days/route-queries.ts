import type { ItemCode } from '#protocols/model'
import { dateFrom, type Instant } from '#src/core'
import type { Db } from '#src/db'
import type { ReadingRoute, RouteLanguage, RouteSettings } from './types.ts'

/** A route with what only its runs need. */
export interface RouteRow extends ReadingRoute {
  readonly groupId: number
  readonly publishMinute: number
  readonly ranAt: Instant | null
}

interface Row {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly group_id: number
  readonly group_name: string
  readonly day: number
  readonly every_months: number
  readonly publish_minute: number
  readonly wait_days: number
  readonly registers: ItemCode[]
  readonly language: RouteLanguage
  readonly starts_on: string
  readonly ran_at: Instant | null
  readonly retired_at: Instant | null
}

const select = `
  select r.id, r.code, r.name, r.group_id, g.name as group_name, r.day, r.every_months,
    r.publish_minute, r.wait_days, r.registers, r.language, r.starts_on::text, r.ran_at,
    r.retired_at
  from reading_route r join usage_group g on g.id = r.group_id`

export async function selectRoutes(db: Db): Promise<RouteRow[]> {
  const rows = await db.query<Row>(`${select} order by r.code`)
  return rows.map(routeOf)
}

export async function selectRoute(db: Db, code: string): Promise<RouteRow | undefined> {
  const [row] = await db.query<Row>(`${select} where r.code = $1::text`, [code])
  return row && routeOf(row)
}

/** Nobody else runs or changes the route until the transaction has ended. */
export async function lockRoute(tx: Db, code: string): Promise<RouteRow | undefined> {
  await tx.query(`select from reading_route where code = $1::text for update`, [code])
  return await selectRoute(tx, code)
}

export async function findGroup(db: Db, name: string): Promise<number | undefined> {
  const [row] = await db.query<{ id: number }>(
    `select id from usage_group where name = $1::text and retired_at is null`,
    [name],
  )
  return row?.id
}

export async function writeRoute(
  tx: Db,
  settings: RouteSettings,
  groupId: number,
  publishMinute: number,
  by: string,
  now: Instant,
): Promise<void> {
  await tx.query(
    `insert into reading_route (code, name, group_id, day, every_months, publish_minute,
       wait_days, registers, language, starts_on, changed_by, changed_at)
     values ($1::text, $2::text, $3::int, $4::smallint, $5::smallint, $6::smallint, $7::smallint,
       $8::text[], $9::text, $10::date, $11::text, to_timestamp($12::float8 / 1000))
     on conflict (code) do update set name = excluded.name, group_id = excluded.group_id,
       day = excluded.day, every_months = excluded.every_months,
       publish_minute = excluded.publish_minute, wait_days = excluded.wait_days,
       registers = excluded.registers, language = excluded.language,
       starts_on = excluded.starts_on, changed_by = excluded.changed_by,
       changed_at = excluded.changed_at, retired_at = null`,
    [
      ...[settings.code, settings.name, groupId, settings.day, settings.everyMonths],
      ...[publishMinute, settings.waitDays, settings.registers, settings.language],
      ...[settings.startsOn, by, now],
    ],
  )
}

export async function endRoute(tx: Db, code: string, by: string, now: Instant): Promise<void> {
  await tx.query(
    `update reading_route set changed_by = $2::text, changed_at = to_timestamp($3::float8 / 1000),
       retired_at = coalesce(retired_at, to_timestamp($3::float8 / 1000))
     where code = $1::text`,
    [code, by, now],
  )
}

export async function noteRun(tx: Db, routeId: number, now: Instant): Promise<void> {
  await tx.query(
    `update reading_route set ran_at = to_timestamp($2::float8 / 1000) where id = $1::int`,
    [routeId, now],
  )
}

export async function hasLeft(db: Db, code: string): Promise<boolean> {
  const [row] = await db.query<{ has: boolean }>(
    `select exists (select from reading_day_batch b join reading_route r on r.id = b.route_id
       where r.code = $1::text) as has`,
    [code],
  )
  return row?.has === true
}

const minutesOfHour = 60

function routeOf(row: Row): RouteRow {
  const startsOn = dateFrom(row.starts_on)
  const two = (part: number) => String(part).padStart(2, '0')
  const minute = row.publish_minute
  return {
    ...{ id: row.id, code: row.code, name: row.name, group: row.group_name },
    ...{ groupId: row.group_id, day: row.day, everyMonths: row.every_months },
    publishAt: `${two(Math.floor(minute / minutesOfHour))}:${two(minute % minutesOfHour)}`,
    ...{ publishMinute: minute, waitDays: row.wait_days, registers: row.registers },
    ...{ language: row.language, startsOn, ranAt: row.ran_at, retiredAt: row.retired_at },
  }
}
