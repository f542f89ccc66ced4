import { type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { DeviceKind, Measured } from './rules.ts'
import type { ClockDevice, ClockFilter, ClockPolicy, ClockState } from './types.ts'

const STATE = `d.kind, d.device_id, n.address, n.protocol, d.channel_id, d.next_at, d.measured_at,
  d.offset_ms::float8 as offset_ms, d.uncertainty_ms, d.failures, d.reason, d.doubtful_since,
  d.doubtful_until`

interface StateRow {
  readonly kind: DeviceKind
  readonly device_id: number
  readonly address: string
  readonly protocol: string | null
  readonly channel_id: number
  readonly next_at: Instant
  readonly measured_at: Instant | null
  readonly offset_ms: number | null
  readonly uncertainty_ms: number | null
  readonly failures: number
  readonly reason: string | null
  readonly doubtful_since: Instant | null
  readonly doubtful_until: Instant | null
}

function stateOf(row: StateRow): ClockState {
  return {
    kind: row.kind,
    id: row.device_id,
    address: row.address,
    protocol: row.protocol,
    channelId: idOf(row.channel_id),
    nextAt: row.next_at,
    measuredAt: row.measured_at,
    offsetMs: row.offset_ms,
    uncertaintyMs: row.uncertainty_ms,
    failures: row.failures,
    reason: row.reason,
    doubtfulSince: row.doubtful_since,
    doubtfulUntil: row.doubtful_until,
  }
}

/** Devices that came into the archive get their turn within a week, spread evenly; others leave. */
export async function followDevices(db: Db, now: Instant, spreadMs: number): Promise<void> {
  await db.query(
    `insert into clock_device (kind, device_id, channel_id, next_at)
     select kind, device_id, channel_id, to_timestamp(($1::float8
       + (hashint4(device_id)::int8 & 1048575) * $2::float8 / 1048576) / 1000)
     from clock_candidate
     on conflict (kind, device_id) do update set channel_id = excluded.channel_id
     where clock_device.channel_id <> excluded.channel_id`,
    [now, spreadMs],
  )
  await db.query(
    `delete from clock_device d where not exists (
       select from clock_candidate c where c.kind = d.kind and c.device_id = d.device_id)`,
  )
}

/** Somebody asks for one that came just now. */
export async function followDevice(db: Db, { kind, id }: ClockDevice, now: Instant): Promise<void> {
  await db.query(
    `insert into clock_device (kind, device_id, channel_id, next_at)
     select kind, device_id, channel_id, to_timestamp($3::float8 / 1000)
     from clock_candidate where kind = $1::text and device_id = $2::int
     on conflict do nothing`,
    [kind, id, now],
  )
}

/** Meters whose turn has come: the visits to them tell their time by the way. */
export async function selectDue(db: Db, now: Instant, limit: number): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `select device_id as id from clock_device
     where kind = 'meter' and next_at <= to_timestamp($1::float8 / 1000)
     order by next_at limit $2::int`,
    [now, limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * Claims the next device of each of so many channels; they are tried again after `retryMs`. Meters
 * are left to the visits to them for `patienceMs`.
 */
export async function claimDue(
  db: Db,
  now: Instant,
  { retryMs, patienceMs }: { readonly retryMs: number; readonly patienceMs: number },
  busy: readonly number[],
  channelsMax: number,
): Promise<readonly ClockState[]> {
  const rows = await db.query<StateRow>(
    `with due as (
       select distinct on (channel_id) kind, device_id from (
         select kind, device_id, channel_id, next_at from clock_device
         where next_at <= to_timestamp($1::float8 / 1000) and channel_id <> all($3::int[])
           and (kind = 'terminal' or failures > 0
             or next_at <= to_timestamp(($1::float8 - $5::float8) / 1000))
         order by next_at limit $4::int * 20) as soon
       order by channel_id, next_at limit $4::int),
     claimed as (
       update clock_device d set next_at = to_timestamp(($1::float8 + $2::float8) / 1000)
       from due where d.kind = due.kind and d.device_id = due.device_id returning d.*)
     select ${STATE} from claimed d join clock_name n using (kind, device_id)`,
    [now, retryMs, busy, channelsMax, patienceMs],
  )
  return rows.map(stateOf)
}

export interface MeasuredRow extends ClockDevice, Measured {
  readonly source: 'scheduled' | 'order' | 'reading'
  readonly nextAt: Instant
  readonly isDoubtful: boolean
}

export async function writeMeasurements(db: Db, rows: readonly MeasuredRow[]): Promise<void> {
  if (rows.length === 0) return
  const columns = [
    rows.map(({ kind }) => kind),
    rows.map(({ id }) => id),
    rows.map(({ measuredAt }) => measuredAt),
    rows.map(({ offsetMs }) => offsetMs),
    rows.map(({ uncertaintyMs }) => uncertaintyMs),
  ]
  const taken = `unnest($1::text[], $2::int[], $3::float8[], $4::float8[], $5::int[])`
  await db.query(
    `insert into clock_measurement (kind, device_id, measured_at, offset_ms, uncertainty_ms, source)
     select kind, id, to_timestamp(at / 1000), off::int8, unc, src
     from unnest($1::text[], $2::int[], $3::float8[], $4::float8[], $5::int[], $6::text[])
       as u (kind, id, at, off, unc, src)`,
    [...columns, rows.map(({ source }) => source)],
  )
  await db.query(
    `update clock_device d set measured_at = to_timestamp(u.at / 1000), offset_ms = u.off::int8,
       uncertainty_ms = u.unc, failures = 0, reason = null,
       next_at = to_timestamp(u.next / 1000),
       doubtful_since = case
         when u.doubtful then coalesce(case when d.doubtful_until is null then d.doubtful_since end,
           to_timestamp(u.at / 1000))
         else d.doubtful_since end,
       doubtful_until = case
         when u.doubtful or d.doubtful_since is null then null
         else coalesce(d.doubtful_until, to_timestamp(u.at / 1000)) end
     from (select t.*, n.next, n.doubtful from ${taken} with ordinality
         as t (kind, id, at, off, unc, i)
       join unnest($6::float8[], $7::bool[]) with ordinality as n (next, doubtful, i)
         using (i)) as u
     where d.kind = u.kind and d.device_id = u.id`,
    [...columns, rows.map(({ nextAt }) => nextAt), rows.map(({ isDoubtful }) => isDoubtful)],
  )
}

export async function writeFailure(
  db: Db,
  { kind, id }: ClockDevice,
  reason: string,
  nextAt: Instant,
): Promise<void> {
  await db.query(
    `update clock_device set failures = least(failures + 1, 30000), reason = $3::text,
       next_at = to_timestamp($4::float8 / 1000)
     where kind = $1::text and device_id = $2::int`,
    [kind, id, reason, nextAt],
  )
}

export async function selectState(
  db: Db,
  { kind, id }: ClockDevice,
): Promise<ClockState | undefined> {
  const [row] = await db.query<StateRow>(
    `select ${STATE} from clock_device d join clock_name n using (kind, device_id)
     where d.kind = $1::text and d.device_id = $2::int`,
    [kind, id],
  )
  return row && stateOf(row)
}

/** Those of impossible times first, then the furthest off, then those never measured. */
export async function selectStates(
  db: Db,
  { kind, aboveMs }: ClockFilter,
  offset: number,
  limit: number,
): Promise<readonly ClockState[]> {
  const rows = await db.query<StateRow>(
    `select ${STATE} from clock_device d join clock_name n using (kind, device_id)
     where ($1::text is null or d.kind = $1::text)
       and ($2::int8 is null or abs(d.offset_ms) >= $2::int8
         or (d.offset_ms is null and d.measured_at is not null))
     order by (d.measured_at is null), abs(d.offset_ms) desc nulls first, d.kind, d.device_id
     offset $3::int limit $4::int`,
    [kind ?? null, aboveMs ?? null, offset, limit],
  )
  return rows.map(stateOf)
}

export async function selectSeries(
  db: Db,
  { kind, id }: ClockDevice,
  limit: number,
): Promise<readonly Measured[]> {
  return await db.query<Measured>(
    `select measured_at as "measuredAt", offset_ms::float8 as "offsetMs",
       uncertainty_ms as "uncertaintyMs"
     from clock_measurement where kind = $1::text and device_id = $2::int
     order by measured_at desc limit $3::int`,
    [kind, id, limit],
  )
}

export async function bringForward(
  db: Db,
  devices: readonly ClockDevice[],
  now: Instant,
): Promise<number> {
  const rows = await db.query(
    `update clock_device d set next_at = to_timestamp($3::float8 / 1000)
     from unnest($1::text[], $2::int[]) as u (kind, id)
     where d.kind = u.kind and d.device_id = u.id returning 1`,
    [devices.map(({ kind }) => kind), devices.map(({ id }) => id), now],
  )
  return rows.length
}

export interface Doubt {
  readonly meter: number
  readonly since: Instant
  readonly until: Instant | null
}

/** Of meters whose clocks are in doubt, or were until a moment after `after`. */
export async function selectDoubts(db: Db, after: Instant): Promise<readonly Doubt[]> {
  return await db.query<Doubt>(
    `select device_id as meter, doubtful_since as since, doubtful_until as until
     from clock_device where kind = 'meter' and doubtful_since is not null
       and (doubtful_until is null or doubtful_until > to_timestamp($1::float8 / 1000))`,
    [after],
  )
}

export async function selectPolicy(db: Db): Promise<ClockPolicy> {
  const [row] = await db.query<ClockPolicy>(
    `select auto_correct as "autoCorrect", trust_host as "trustHost" from clock_policy`,
  )
  return row ?? { autoCorrect: false, trustHost: false }
}

export async function updatePolicy(db: Db, policy: ClockPolicy): Promise<void> {
  await db.query(`update clock_policy set auto_correct = $1::bool, trust_host = $2::bool`, [
    policy.autoCorrect,
    policy.trustHost,
  ])
}
