import { type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type {
  NewWrites,
  ParameterFailure,
  ParameterRule,
  ParameterRun,
  ParameterWrite,
  WriteState,
} from './types.ts'

const COLUMNS = `w.id, w.run_id as run, w.meter_id as meter, m.address, w.channel_id as "channelId",
  w.item, w.wanted, w.effect, w.state, w.people_needed as "peopleNeeded",
  w.requested_by as "requestedBy", w.requested_at as "requestedAt", w.approvers,
  w.before_value as before, w.after_value as after, w.sent_at as "sentAt", w.reason,
  w.reason_code as "reasonCode",
  w.ended_at as "endedAt"`
const FROM = 'from parameter_write w join meter m on m.id = w.meter_id'

export async function selectRules(db: Db): Promise<readonly ParameterRule[]> {
  return await db.query<ParameterRule>(
    `select protocol, prefix, name, effect, people from parameter_rule order by protocol, prefix`,
  )
}

/** The protocols of these meters; fewer rows than meters where one is not there. */
export async function protocolsOf(
  db: Db,
  meters: readonly number[],
): Promise<readonly { readonly protocol: string; readonly count: number }[]> {
  return await db.query(
    `select protocol, count(*)::int as count from meter where id = any($1::int[]) group by protocol`,
    [meters],
  )
}

export async function insertRun(
  tx: Db,
  run: { readonly name: string; readonly stopPercent: number; readonly by: string },
  at: Instant,
): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    `insert into parameter_run (name, state, stop_percent, requested_by, requested_at)
     values ($1::text, 'running', $2::int, $3::text, to_timestamp($4::float8 / 1000)) returning id`,
    [run.name, run.stopPercent, run.by, at],
  )
  return row?.id ?? 0
}

/** Meters with an open write of the item are left out: one at a time. */
export async function insertWrites(
  tx: Db,
  wanted: NewWrites,
  rule: ParameterRule,
  run: number | null,
  at: Instant,
): Promise<readonly number[]> {
  const rows = await tx.query<{ id: number }>(
    `insert into parameter_write (run_id, meter_id, channel_id, item, wanted, people_needed, effect,
       state, requested_by, requested_at, approvers, next_at)
     select $1::int, m.id, m.channel_id, $3::text, $4::text, $5::int, $6::text,
       case when $5::int > 1 then 'proposed' else 'approved' end, $7::text,
       to_timestamp($8::float8 / 1000), array[$7::text], to_timestamp($8::float8 / 1000)
     from meter m where m.id = any($2::int[]) order by m.id
     on conflict do nothing returning id`,
    [run, wanted.meters, wanted.item, wanted.wanted, rule.people, rule.effect, wanted.by, at],
  )
  return rows.map(({ id }) => id)
}

export async function selectWrites(
  db: Db,
  filter: {
    readonly ids?: readonly number[]
    readonly meter?: number
    readonly run?: number
    readonly state?: WriteState
  },
  before: number | null,
  limit: number,
): Promise<readonly ParameterWrite[]> {
  return await db.query<ParameterWrite>(
    `select ${COLUMNS} ${FROM}
     where ($1::int[] is null or w.id = any($1::int[])) and ($2::int is null or w.meter_id = $2::int)
       and ($3::int is null or w.run_id = $3::int) and ($4::text is null or w.state = $4::text)
       and ($5::int is null or w.id < $5::int)
     order by w.id desc limit $6::int`,
    [
      filter.ids ?? null,
      filter.meter ?? null,
      filter.run ?? null,
      filter.state ?? null,
      before,
      limit,
    ],
  )
}

/** Those of the same person are passed over: a second one is wanted. */
export async function decideWrites(
  tx: Db,
  of: { readonly write: number } | { readonly run: number },
  act: 'approve' | 'reject',
  by: string,
  at: Instant,
): Promise<number> {
  const which = 'run' in of ? [null, of.run] : [of.write, null]
  const rows = await tx.query(
    act === 'approve'
      ? `update parameter_write set approvers = approvers || $3::text,
           next_at = to_timestamp($4::float8 / 1000),
           state = case when cardinality(approvers) + 1 >= people_needed then 'approved'
             else state end
         where (id = $1::int or run_id = $2::int) and state = 'proposed'
           and not $3::text = any(approvers) returning 1`
      : `update parameter_write set state = 'rejected', reason = 'rejected by ' || $3::text,
           ended_at = to_timestamp($4::float8 / 1000)
         where (id = $1::int or run_id = $2::int) and state in ('proposed', 'approved')
         returning 1`,
    [...which, by, at],
  )
  return rows.length
}

/**
 * The next of each channel. Of a run that goes on, and of its first ones only until they are done:
 * what harms the first few harms no more.
 */
export async function selectReady(
  db: Db,
  now: Instant,
  busy: readonly number[],
  canaries: number,
  limit: number,
): Promise<readonly ParameterWrite[]> {
  return await db.query<ParameterWrite>(
    `select distinct on (w.channel_id) ${COLUMNS} ${FROM}
     left join parameter_run r on r.id = w.run_id
     where w.state in ('approved', 'unknown') and w.next_at <= to_timestamp($1::float8 / 1000)
       and w.channel_id <> all($2::int[])
       and (w.run_id is null or w.state = 'unknown' or (r.state = 'running' and w.id <= coalesce((
         select max(c.id) from (
           select id from parameter_write where run_id = w.run_id order by id limit $3::int) as c),
         0)) or (r.state = 'running' and not exists (
           select from (select state from parameter_write where run_id = w.run_id
             order by id limit $3::int) as c where c.state not in ('done', 'failed', 'refused'))))
     order by w.channel_id, w.id limit $4::int`,
    [now, busy, canaries, limit],
  )
}

export async function markSending(
  db: Db,
  id: number,
  before: string,
  at: Instant,
): Promise<boolean> {
  const rows = await db.query(
    `update parameter_write w set state = 'sending', before_value = $2::text,
       sent_at = to_timestamp($3::float8 / 1000), attempts = attempts + 1
     where id = $1::int and state = 'approved' and (run_id is null or exists (
       select from parameter_run r where r.id = w.run_id and r.state = 'running')) returning 1`,
    [id, before, at],
  )
  return rows.length > 0
}

/** What was on its way when its process died: nobody knows, until the setting is read. */
export async function markUnknown(db: Db, now: Instant, busy: readonly number[]): Promise<void> {
  await db.query(
    `update parameter_write set state = 'unknown', next_at = to_timestamp($1::float8 / 1000)
     where state = 'sending' and channel_id <> all($2::int[])`,
    [now, busy],
  )
}

export async function endWrite(
  db: Db,
  id: number,
  state: WriteState,
  values: {
    readonly after: string | null
    readonly reason: ParameterFailure | null
    readonly nextAt: Instant
  },
  at: Instant,
): Promise<void> {
  await db.query(
    `update parameter_write set state = $2::text, after_value = coalesce($3::text, after_value),
       reason = $4::text, reason_code = $7::text, next_at = to_timestamp($5::float8 / 1000),
       ended_at = case when $2::text in ('done', 'failed', 'refused')
         then to_timestamp($6::float8 / 1000) end
     where id = $1::int and ended_at is null`,
    [
      id,
      state,
      values.after,
      values.reason?.message ?? null,
      values.nextAt,
      at,
      values.reason?.code ?? null,
    ],
  )
}

/** Stops runs in which too many failed, and ends those of which nothing is open. */
export async function settleRuns(db: Db, failuresMin: number, at: Instant): Promise<void> {
  await db.query(
    `update parameter_run r set
       state = case when w.open > 0 then 'stopped' else 'done' end,
       reason = case when w.open > 0 then w.failed || ' of ' || w.ended || ' failed' end,
       ended_at = to_timestamp($2::float8 / 1000)
     from (
       select run_id, count(*) filter (where ended_at is null) as open,
         count(*) filter (where ended_at is not null) as ended,
         count(*) filter (where state in ('failed', 'refused')) as failed
       from parameter_write where run_id in (select id from parameter_run where state = 'running')
       group by run_id) as w
     where r.id = w.run_id and r.state = 'running' and (w.open = 0
       or (w.failed >= $1::int and w.failed * 100 >= w.ended * r.stop_percent))`,
    [failuresMin, at],
  )
}

export async function selectRuns(
  db: Db,
  id: number | null,
  before: number | null,
  limit: number,
): Promise<readonly ParameterRun[]> {
  const rows = await db.query<
    Omit<ParameterRun, 'counts'> & { readonly counts: Partial<Record<WriteState, number>> }
  >(
    `select r.id, r.name, r.state, r.stop_percent as "stopPercent", r.requested_by as "requestedBy",
       r.requested_at as "requestedAt", r.ended_at as "endedAt", r.reason,
       coalesce((select jsonb_object_agg(c.state, c.count) from (
         select state, count(*) as count from parameter_write where run_id = r.id group by state)
         as c), '{}') as counts
     from parameter_run r
     where ($1::int is null or r.id = $1::int) and ($2::int is null or r.id < $2::int)
     order by r.id desc limit $3::int`,
    [id, before, limit],
  )
  const none = {
    proposed: 0,
    approved: 0,
    sending: 0,
    unknown: 0,
    done: 0,
    failed: 0,
    refused: 0,
    rejected: 0,
  }
  return rows.map((row) => ({
    ...row,
    id: idOf<'run'>(row.id),
    counts: { ...none, ...row.counts },
  }))
}
