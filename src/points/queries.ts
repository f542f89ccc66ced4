import type { ItemCode } from '#protocols/model'
import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type {
  Level,
  LimitKind,
  Point,
  PointAlarm,
  PointFilter,
  PointId,
  PointSettings,
} from './types.ts'

interface PointRow {
  readonly id: number
  readonly name: string
  readonly meter_id: number
  readonly address: string
  readonly item: ItemCode
  readonly factor: string
  readonly shift: string
  readonly unit: string
  readonly low_low: string | null
  readonly low: string | null
  readonly high: string | null
  readonly high_high: string | null
  readonly hysteresis: string
  readonly deadband: string
  readonly delay_seconds: number
  readonly stale_seconds: number
  readonly opens_case: boolean
  readonly level: Level
  readonly level_since: Instant | null
  readonly value: string | null
  readonly measured_at: Instant | null
  readonly changed_at: Instant | null
  readonly is_stale: boolean
  readonly unacknowledged: bigint
}

/** The clock is the first parameter. */
const pointSelect = `
  select p.id, p.name, p.meter_id, m.address, p.item, p.factor, p.shift, p.unit, p.low_low, p.low,
    p.high, p.high_high, p.hysteresis, p.deadband, p.delay_seconds, p.stale_seconds, p.opens_case,
    s.level, s.level_since, s.value, s.measured_at, s.changed_at, ${staleIf()} as is_stale,
    (select count(*) from point_alarm a where a.point_id = p.id
       and a.acknowledged_at is null and a.withdrawn_at is null) as unacknowledged
  from point p join meter m on m.id = p.meter_id join point_state s on s.point_id = p.id`

function staleIf(): string {
  return `coalesce(
    s.measured_at < $1::timestamptz - p.stale_seconds * interval '1 second', true)`
}

function pointOf(row: PointRow): Point {
  return {
    id: idOf(row.id),
    name: row.name,
    meterId: idOf(row.meter_id),
    meterAddress: row.address,
    item: row.item,
    factor: row.factor,
    shift: row.shift,
    unit: row.unit,
    lowLow: row.low_low,
    low: row.low,
    high: row.high,
    highHigh: row.high_high,
    hysteresis: row.hysteresis,
    deadband: row.deadband,
    delaySeconds: row.delay_seconds,
    staleSeconds: row.stale_seconds,
    opensCase: row.opens_case,
    level: row.level,
    levelSince: row.level_since,
    value: row.value,
    measuredAt: row.measured_at,
    changedAt: row.changed_at,
    isStale: row.is_stale,
    unacknowledged: Number(row.unacknowledged),
  }
}

export async function selectPoint(db: Db, id: PointId, now: Instant): Promise<Point | undefined> {
  const rows = await db.query<PointRow>(`${pointSelect} where p.id = $2::int`, [
    timestamptz(now),
    id,
  ])
  return rows.map(pointOf)[0]
}

const conditions = {
  alarm: `s.level <> 'normal'`,
  unacknowledged: `exists (select from point_alarm a where a.point_id = p.id
    and a.acknowledged_at is null and a.withdrawn_at is null)`,
  stale: staleIf(),
  normal: `s.level = 'normal' and not ${staleIf()}`,
} as const

export async function selectPoints(
  db: Db,
  { state, meterId, name }: PointFilter,
  after: number,
  limit: number,
  now: Instant,
): Promise<Point[]> {
  const rows = await db.query<PointRow>(
    `${pointSelect}
     where p.id > $2::int and ($3::int is null or p.meter_id = $3::int)
       and ($4::text is null or p.name = $4::text)
       and ${state === undefined ? 'true' : conditions[state]}
     order by p.id limit $5::int`,
    [timestamptz(now), after, meterId ?? null, name ?? null, limit],
  )
  return rows.map(pointOf)
}

const settingNames = `name, meter_id, item, factor, shift, unit, low_low, low, high, high_high,
  hysteresis, deadband, delay_seconds, stale_seconds, opens_case, changed_at`

function settingValues(settings: PointSettings, now: Instant): unknown[] {
  return [
    settings.name,
    settings.meterId,
    settings.item,
    settings.factor,
    settings.shift,
    settings.unit,
    settings.lowLow,
    settings.low,
    settings.high,
    settings.highHigh,
    settings.hysteresis,
    settings.deadband,
    settings.delaySeconds,
    settings.staleSeconds,
    settings.opensCase,
    timestamptz(now),
  ]
}

/** Undefined where the name is taken. */
export async function insertPoint(
  tx: Db,
  settings: PointSettings,
  now: Instant,
): Promise<PointId | undefined> {
  const [row] = await tx.query<{ id: number }>(
    `insert into point (${settingNames})
     values ($1::text, $2::int, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
       $9::text, $10::text, $11::text, $12::text, $13::int, $14::int, $15::boolean,
       $16::timestamptz)
     on conflict (name) do nothing returning id`,
    settingValues(settings, now),
  )
  return row === undefined ? undefined : idOf(row.id)
}

export async function updatePoint(
  tx: Db,
  id: PointId,
  settings: PointSettings,
  now: Instant,
): Promise<'changed' | 'not-found' | 'name-taken'> {
  const [other] = await tx.query<{ id: number }>(
    `select id from point where name = $1::text and id <> $2::int`,
    [settings.name, id],
  )
  if (other !== undefined) return 'name-taken'
  const rows = await tx.query(
    `update point set (${settingNames}) =
       ($1::text, $2::int, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
        $9::text, $10::text, $11::text, $12::text, $13::int, $14::int, $15::boolean,
        $16::timestamptz)
     where id = $17::int returning 1`,
    [...settingValues(settings, now), id],
  )
  return rows.length > 0 ? 'changed' : 'not-found'
}

export async function deletePoint(tx: Db, id: PointId): Promise<boolean> {
  const rows = await tx.query(`delete from point where id = $1::int returning 1`, [id])
  return rows.length > 0
}

export async function isMeter(db: Db, id: number): Promise<boolean> {
  const rows = await db.query(`select 1 from meter where id = $1::int`, [id])
  return rows.length > 0
}

/** The judgement begins anew, and looks at once at what is stored since then. */
export async function resetState(tx: Db, id: PointId, book: string): Promise<void> {
  await tx.query(
    `insert into point_state (point_id, level, book) values ($1::int, 'normal', $2::jsonb)
     on conflict (point_id) do update set level = 'normal', level_since = null, value = null,
       measured_at = null, noted = null, changed_at = null, due_at = null, book = excluded.book`,
    [id, book],
  )
  await tx.query(`insert into point_inbox (point_id) values ($1::int)`, [id])
  await tx.query(`update point_revision set revision = revision + 1`)
}

/** What was judged by other limits is over. */
export async function clearAlarms(tx: Db, id: PointId, now: Instant): Promise<void> {
  await tx.query(
    `update point_alarm set cleared_at = greatest(raised_at, $2::timestamptz)
     where point_id = $1::int and cleared_at is null`,
    [id, timestamptz(now)],
  )
}

export async function movePoints(tx: Db): Promise<void> {
  await tx.query(`update point_revision set revision = revision + 1`)
}

export async function selectPointRevision(db: Db): Promise<bigint> {
  const [row] = await db.query<{ revision: bigint }>(`select revision from point_revision`)
  return row?.revision ?? 0n
}

export interface Pointed {
  readonly id: PointId
  readonly meterId: number
  readonly item: ItemCode
}

export async function selectPointed(db: Db): Promise<readonly Pointed[]> {
  const rows = await db.query<{ id: number; meter_id: number; item: ItemCode }>(
    `select id, meter_id, item from point`,
  )
  return rows.map(({ id, meter_id, item }) => ({ id: idOf(id), meterId: meter_id, item }))
}

interface AlarmRow {
  readonly id: bigint
  readonly level: LimitKind
  readonly raised_at: Instant
  readonly value: string
  readonly cleared_at: Instant | null
  readonly withdrawn_at: Instant | null
  readonly acknowledged_at: Instant | null
  readonly acknowledged_by: string | null
  readonly note: string | null
}

export async function selectAlarms(
  db: Db,
  id: PointId,
  before: number | null,
  limit: number,
): Promise<PointAlarm[]> {
  const rows = await db.query<AlarmRow>(
    `select id, level, raised_at, value, cleared_at, withdrawn_at, acknowledged_at,
       acknowledged_by, note
     from point_alarm where point_id = $1::int and ($2::bigint is null or id < $2::bigint)
     order by id desc limit $3::int`,
    [id, before, limit],
  )
  return rows.map((row) => ({
    id: Number(row.id),
    level: row.level,
    raisedAt: row.raised_at,
    value: row.value,
    clearedAt: row.cleared_at,
    withdrawnAt: row.withdrawn_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    note: row.note,
  }))
}

export async function acknowledgeAlarms(
  tx: Db,
  id: PointId,
  who: string,
  note: string,
  now: Instant,
): Promise<number> {
  const rows = await tx.query(
    `update point_alarm set acknowledged_at = $2::timestamptz, acknowledged_by = $3::text,
       note = nullif($4::text, '')
     where point_id = $1::int and acknowledged_at is null and withdrawn_at is null returning 1`,
    [id, timestamptz(now), who, note],
  )
  return rows.length
}
