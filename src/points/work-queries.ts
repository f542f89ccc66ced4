import type { ItemCode } from '#protocols/model'
import { type Instant, idOf, type MeterId } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Book } from './book.ts'
import { shelved, unshelved } from './shelf.ts'
import type { Level, LimitKind, PointId } from './types.ts'

/** A value that came for a point; without one all of it is to be looked at anew. */
export interface Arrival {
  readonly pointId: PointId
  readonly at: Instant | null
  readonly digits: bigint | null
  readonly scale: number | null
}

export async function insertArrivals(tx: Db, arrivals: readonly Arrival[]): Promise<void> {
  await tx.query(
    `insert into point_inbox (point_id, measured_at, digits, scale)
     select u.point_id, to_timestamp(u.at_ms / 1000), u.digits, u.scale
     from unnest($1::int[], $2::float8[], $3::bigint[], $4::smallint[])
       as u (point_id, at_ms, digits, scale)
     where exists (select from point p where p.id = u.point_id)`,
    [
      arrivals.map(({ pointId }) => pointId),
      arrivals.map(({ at }) => at),
      arrivals.map(({ digits }) => digits),
      arrivals.map(({ scale }) => scale),
    ],
  )
}

/** Takes the oldest arrivals out, in the transaction that judges them. */
export async function takeArrivals(tx: Db, limit: number): Promise<readonly Arrival[]> {
  const rows = await tx.query<{
    point_id: number
    measured_at: Instant | null
    digits: bigint | null
    scale: number | null
  }>(
    `delete from point_inbox where seq in (
       select seq from point_inbox order by seq limit $1::int for update skip locked)
     returning point_id, measured_at, digits, scale`,
    [limit],
  )
  return rows.map(({ point_id, measured_at, digits, scale }) => {
    return { pointId: idOf(point_id), at: measured_at, digits, scale }
  })
}

/** Points whose delays are over; locked. */
export async function selectDue(tx: Db, now: Instant, limit: number): Promise<readonly PointId[]> {
  const rows = await tx.query<{ point_id: number }>(
    `select point_id from point_state where due_at <= $1::timestamptz
     order by due_at limit $2::int for update skip locked`,
    [timestamptz(now), limit],
  )
  return rows.map(({ point_id }) => idOf(point_id))
}

/** A point as it is judged. */
export interface Judged {
  readonly id: PointId
  readonly name: string
  readonly meterId: MeterId
  readonly item: ItemCode
  readonly unit: string
  readonly factor: string
  readonly shift: string
  readonly limits: Readonly<Record<LimitKind, string | null>>
  readonly hysteresis: string
  readonly deadband: string
  readonly delaySeconds: number
  readonly opensCase: boolean
  readonly level: Level
  readonly book: Book
}

interface JudgedRow {
  readonly id: number
  readonly name: string
  readonly meter_id: number
  readonly item: ItemCode
  readonly unit: string
  readonly factor: string
  readonly shift: string
  readonly low_low: string | null
  readonly low: string | null
  readonly high: string | null
  readonly high_high: string | null
  readonly hysteresis: string
  readonly deadband: string
  readonly delay_seconds: number
  readonly opens_case: boolean
  readonly level: Level
  readonly book: unknown
}

/** Locked in the order of their numbers, so that two judges never wait for each other. */
export async function lockJudged(tx: Db, ids: readonly PointId[]): Promise<readonly Judged[]> {
  const rows = await tx.query<JudgedRow>(
    `select p.id, p.name, p.meter_id, p.item, p.unit, p.factor, p.shift, p.low_low, p.low, p.high,
       p.high_high, p.hysteresis, p.deadband, p.delay_seconds, p.opens_case, s.level, s.book
     from point p join point_state s on s.point_id = p.id
     where p.id = any($1::int[]) order by p.id for update of s`,
    [ids],
  )
  return rows.map((row) => ({
    id: idOf(row.id),
    name: row.name,
    meterId: idOf(row.meter_id),
    item: row.item,
    unit: row.unit,
    factor: row.factor,
    shift: row.shift,
    limits: { 'low-low': row.low_low, low: row.low, high: row.high, 'high-high': row.high_high },
    hysteresis: row.hysteresis,
    deadband: row.deadband,
    delaySeconds: row.delay_seconds,
    opensCase: row.opens_case,
    level: row.level,
    book: unshelved(row.book),
  }))
}

export interface NewState {
  readonly id: PointId
  readonly value: string | null
  readonly noted: string | null
  readonly dueAt: number | null
  readonly book: Book
}

export async function updateStates(tx: Db, states: readonly NewState[]): Promise<void> {
  await tx.query(
    `update point_state s set level = u.level, level_since = to_timestamp(u.since_ms / 1000),
       value = u.value, measured_at = to_timestamp(u.at_ms / 1000), noted = u.noted,
       changed_at = to_timestamp(u.changed_ms / 1000), due_at = to_timestamp(u.due_ms / 1000),
       book = u.book
     from unnest($1::int[], $2::text[], $3::float8[], $4::text[], $5::float8[], $6::text[],
       $7::float8[], $8::float8[], $9::jsonb[])
       as u (id, level, since_ms, value, at_ms, noted, changed_ms, due_ms, book)
     where s.point_id = u.id`,
    [
      states.map(({ id }) => id),
      states.map(({ book }) => book.now.level),
      states.map(({ book }) => book.now.levelSince),
      states.map(({ value }) => value),
      states.map(({ book }) => book.now.last?.at ?? null),
      states.map(({ noted }) => noted),
      states.map(({ book }) => book.now.noted?.at ?? null),
      states.map(({ dueAt }) => dueAt),
      states.map(({ book }) => shelved(book)),
    ],
  )
}

/** A change of the level of a point, oldest first within one. */
export interface ToldChange {
  readonly id: PointId
  readonly at: number
  readonly level: Level
  readonly value: string
}

/** Everything that was told of a point since then is told anew, by what is judged now. */
export interface Retold {
  readonly id: PointId
  readonly from: number
}

/**
 * Alarms that are not among those found anew never were; their end is found anew, too. What ended
 * without a value ended because the limits were changed, and stays.
 */
export async function withdrawAlarms(
  tx: Db,
  retold: readonly Retold[],
  now: Instant,
): Promise<void> {
  await tx.query(
    `update point_alarm a set withdrawn_at = $3::timestamptz,
       cleared_at = coalesce(a.cleared_at, a.raised_at)
     from unnest($1::int[], $2::float8[]) as u (id, from_ms)
     where a.point_id = u.id and a.raised_at >= to_timestamp(u.from_ms / 1000)
       and (a.cleared_at is null or a.cleared_value is not null)`,
    [retold.map(({ id }) => id), retold.map(({ from }) => from), timestamptz(now)],
  )
  await tx.query(
    `update point_alarm a set cleared_at = null, cleared_value = null
     from unnest($1::int[], $2::float8[]) as u (id, from_ms)
     where a.point_id = u.id and a.raised_at < to_timestamp(u.from_ms / 1000)
       and a.cleared_at >= to_timestamp(u.from_ms / 1000) and a.cleared_value is not null`,
    [retold.map(({ id }) => id), retold.map(({ from }) => from)],
  )
}

/** Ends the stretch before each change and begins the next one; the same again changes nothing. */
export async function writeChanges(
  tx: Db,
  changes: readonly ToldChange[],
  now: Instant,
): Promise<void> {
  const ids = changes.map(({ id }) => id)
  const times = changes.map(({ at }) => at)
  const values = changes.map(({ value }) => value)
  const levels = changes.map(({ level }) => level)
  await tx.query(
    `insert into point_alarm as a (point_id, level, raised_at, value, found_at)
     select u.id, u.level, to_timestamp(u.at_ms / 1000), u.value, $5::timestamptz
     from unnest($1::int[], $2::text[], $3::float8[], $4::text[]) as u (id, level, at_ms, value)
     where u.level <> 'normal'
     on conflict (point_id, raised_at, level) do update
       set withdrawn_at = null, cleared_at = null, cleared_value = null, value = excluded.value`,
    [ids, levels, times, values, timestamptz(now)],
  )
  await tx.query(
    `update point_alarm a set cleared_at = to_timestamp(c.at_ms / 1000), cleared_value = c.value
     from (
       select distinct on (a.id) a.id, u.at_ms, u.value
       from unnest($1::int[], $2::text[], $3::float8[], $4::text[]) as u (id, level, at_ms, value)
       join point_alarm a on a.point_id = u.id and a.cleared_at is null
         and a.raised_at < to_timestamp(u.at_ms / 1000)
       order by a.id, u.at_ms) as c
     where a.id = c.id`,
    [ids, levels, times, values],
  )
}
