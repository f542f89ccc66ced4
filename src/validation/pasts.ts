import type { BusinessDate, CivilTime, Instant } from '#src/core'
import type { Db } from '#src/db'
import { type GapRow, keyOf, spanOf } from './gaps.ts'
import type { Known } from './spread.ts'
import type { Place } from './sun.ts'

/** Days around a gap that are taken to know what is usual. */
const HISTORY_DAYS = 35
/** Neighbours that stand for how days differ; more would not say more. */
const NEIGHBOURS_MAX = 50
const NEIGHBOURS_MIN = 3
/** Gaps asked about at once: each has thousands of readings. */
const AT_ONCE = 50
/** Below this the days of a gap do not differ enough to ask the neighbours. */
const LONG_MS = 2 * 86_400_000

/** What is known around a gap: registers on both sides, and how the neighbours' days went. */
export interface Past {
  readonly points: readonly Known[]
  readonly reference: ReadonlyMap<BusinessDate, bigint> | null
  readonly place: Place | null
}

export async function pastsOf(
  tx: Db,
  civil: CivilTime,
  rows: readonly GapRow[],
): Promise<ReadonlyMap<string, Past>> {
  const pasts = new Map<string, Past>()
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const part = rows.slice(at, at + AT_ONCE)
    const points = await pointsAround(tx, civil, part)
    const references = await changesOf(
      tx,
      civil,
      part.filter(({ after, before, until }) => (before ?? until) - after >= LONG_MS),
    )
    const places = await placesOf(tx, part)
    for (const row of part) {
      pasts.set(keyOf(row), {
        points: points.get(keyOf(row)) ?? [],
        reference: references.get(keyOf(row)) ?? null,
        place: places.get(row.usage_point_id) ?? null,
      })
    }
  }
  return pasts
}

/** Real values before and after each gap; those that are doubted say nothing about what is usual. */
async function pointsAround(tx: Db, civil: CivilTime, rows: readonly GapRow[]) {
  const spans = rows.map((row) => spanOf(civil, row))
  const found = await tx.query<{ nth: number; at: Instant; value: bigint }>(
    `select distinct on (g.nth, r.measured_at) g.nth::int as nth, r.measured_at as at, r.value
     from unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality
       as g (meter_id, register, after, before, nth)
     join register_reading r on r.meter_id = g.meter_id and r.register = g.register
       and r.measured_at between g.after - interval '${HISTORY_DAYS} days'
         and g.before + interval '${HISTORY_DAYS} days'
       and (r.measured_at <= g.after or r.measured_at >= g.before)
     where r.quality in (1, 2) and not exists (select from register_verdict v
       where v.meter_id = r.meter_id and v.register = r.register
         and v.measured_at = r.measured_at and v.verdict <> 'accepted')
     order by g.nth, r.measured_at, r.data_class desc`,
    [
      rows.map(({ meter_id }) => meter_id),
      rows.map(({ register }) => register),
      spans.map(({ from }) => from),
      spans.map(({ to }) => to),
    ],
  )
  const points = new Map<string, Known[]>()
  for (const { nth, at, value } of found) {
    const row = rows[nth - 1]
    if (row === undefined) continue
    const own = points.get(keyOf(row))
    if (own === undefined) points.set(keyOf(row), [{ at, value }])
    else own.push({ at, value })
  }
  return points
}

/**
 * For each day in and around a gap what the neighbours of the area used, against their median, in
 * millionths: so that those who are missing on a day leave no dent.
 */
async function changesOf(tx: Db, civil: CivilTime, rows: readonly GapRow[]) {
  const changes = new Map<string, Map<BusinessDate, bigint>>()
  if (rows.length === 0) return changes
  const spans = rows.map((row) => spanOf(civil, row))
  const found = await tx.query<{ nth: number; date: BusinessDate; change: bigint }>(
    `with asked as (
       select * from unnest($1::int[], $2::text[], $3::date[], $4::date[], $5::timestamptz[])
         with ordinality as g (usage_point_id, register, first, last, after, nth)),
     neighbour as (
       select a.nth, n.usage_point_id, a.register, a.first, a.last from asked a
       cross join lateral (
         select distinct other.usage_point_id
         from usage_point_place own join usage_point_place other on other.node_id = own.node_id
           and other.role = own.role and other.usage_point_id <> own.usage_point_id
           and other.valid_from <= a.after
           and (other.valid_to is null or other.valid_to > a.after)
         where own.usage_point_id = a.usage_point_id and own.role in ('receive', 'generation')
           and own.valid_from <= a.after and (own.valid_to is null or own.valid_to > a.after)
         order by other.usage_point_id limit ${NEIGHBOURS_MAX}) n),
     day as (
       select n.nth, n.usage_point_id, u.business_date, u.energy
       from neighbour n join usage_day u on u.usage_point_id = n.usage_point_id
         and u.register = n.register and u.quality in (1, 2)
         and u.business_date between n.first - ${HISTORY_DAYS} and n.last + ${HISTORY_DAYS}),
     usual as (
       select nth, usage_point_id, percentile_disc(0.5) within group (order by energy) as median
       from day group by nth, usage_point_id)
     select d.nth::int as nth, d.business_date::text as date,
       (sum(d.energy) * 1000000 / nullif(sum(u.median), 0))::bigint as change
     from day d join usual u on u.nth = d.nth and u.usage_point_id = d.usage_point_id
     group by d.nth, d.business_date
     having count(*) >= ${NEIGHBOURS_MIN} and sum(u.median) > 0`,
    [
      rows.map(({ usage_point_id }) => usage_point_id),
      rows.map(({ register }) => register),
      spans.map(({ first }) => first),
      spans.map(({ last }) => last),
      spans.map(({ from }) => from),
    ],
  )
  for (const { nth, date, change } of found) {
    const row = rows[nth - 1]
    if (row === undefined) continue
    const own = changes.get(keyOf(row)) ?? new Map<BusinessDate, bigint>()
    own.set(date, change)
    changes.set(keyOf(row), own)
  }
  return changes
}

async function placesOf(tx: Db, rows: readonly GapRow[]): Promise<ReadonlyMap<number, Place>> {
  const found = await tx.query<{ id: number; latitude: number; longitude: number }>(
    `select id, latitude, longitude from usage_point
     where id = any($1::int[]) and latitude is not null`,
    [rows.map(({ usage_point_id }) => usage_point_id)],
  )
  return new Map(found.map(({ id, latitude, longitude }) => [id, { latitude, longitude }]))
}
