import type { Duration, Instant } from '#src/core'
import type { Db } from '#src/db'
import type { JobSlot } from './types.ts'

/** One run that this process holds; the attempt is its fencing token. */
export interface Claim {
  readonly job: string
  readonly key: string
  readonly attempt: number
}

/**
 * Takes the slot if nobody did, if its holder fell silent, or if it failed and may be tried again;
 * undefined otherwise.
 */
export async function claimSlot(
  db: Db,
  job: string,
  slot: JobSlot,
  lease: {
    readonly owner: string
    readonly now: Instant
    readonly expires: Instant
    readonly attemptsMax: number
    readonly retryAfter: Duration
  },
): Promise<Claim | undefined> {
  const rows = await db.query<{ attempt: number }>(
    `insert into job_run as r
       (job, slot, due, state, attempt, owner, started_at, heartbeat_at, expires_at)
     values ($1::text, $2::text, to_timestamp($3::float8 / 1000), 'running', 1, $4::text,
       to_timestamp($5::float8 / 1000), to_timestamp($5::float8 / 1000),
       to_timestamp($6::float8 / 1000))
     on conflict (job, slot) do update set
       state = 'running', attempt = r.attempt + 1, owner = excluded.owner, error = null,
       started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at,
       expires_at = excluded.expires_at, finished_at = null
     where r.attempt < $7::int and (
       (r.state = 'running' and r.expires_at <= excluded.started_at)
       or (r.state = 'failed'
         and r.finished_at + r.attempt * $8::float8 * interval '1 millisecond'
           <= excluded.started_at))
     returning attempt`,
    [
      job,
      slot.key,
      slot.due,
      lease.owner,
      lease.now,
      lease.expires,
      lease.attemptsMax,
      lease.retryAfter,
    ],
  )
  const attempt = rows[0]?.attempt
  return attempt === undefined ? undefined : { job, key: slot.key, attempt }
}

/** False if the run is no longer ours. */
export async function renewClaim(
  db: Db,
  claim: Claim,
  now: Instant,
  expires: Instant,
): Promise<boolean> {
  const rows = await db.query(
    `update job_run set heartbeat_at = to_timestamp($4::float8 / 1000),
       expires_at = to_timestamp($5::float8 / 1000)
     where job = $1::text and slot = $2::text and attempt = $3::int and state = 'running'
     returning 1`,
    [claim.job, claim.key, claim.attempt, now, expires],
  )
  return rows.length > 0
}

/** Ends the run if it is still ours. */
export async function finishClaim(
  db: Db,
  claim: Claim,
  now: Instant,
  error: string | null,
): Promise<boolean> {
  const rows = await db.query(
    `update job_run set state = $4::text, finished_at = to_timestamp($5::float8 / 1000),
       error = $6::text
     where job = $1::text and slot = $2::text and attempt = $3::int and state = 'running'
     returning 1`,
    [claim.job, claim.key, claim.attempt, error === null ? 'done' : 'failed', now, error],
  )
  return rows.length > 0
}

/** Forgets runs that began before then. */
export async function deleteRuns(db: Db, before: Instant): Promise<number> {
  const rows = await db.query(
    `delete from job_run where started_at < to_timestamp($1::float8 / 1000)
       and state <> 'running' returning 1`,
    [before],
  )
  return rows.length
}
