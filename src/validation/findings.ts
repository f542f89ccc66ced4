import {
  type BusinessDate,
  type CivilTime,
  type Clock,
  fail,
  type Instant,
  idOf,
  ok,
  type Result,
} from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import { lockMeters, type Moment, proposeBills } from './estimates.ts'
import { limitOf } from './limits.ts'
import type {
  Act,
  Also,
  Decided,
  Decision,
  DeskRefusal,
  Finding,
  FindingFilter,
  FindingId,
  FindingPage,
  FindingState,
} from './types.ts'
import { severities } from './types.ts'

interface FindingRow {
  readonly id: bigint
  readonly meter_id: number
  readonly address: string
  readonly usage_point: string | null
  readonly register: string
  readonly date: BusinessDate
  readonly measured_at: Instant | null
  readonly value_id: bigint | null
  readonly code: string
  readonly version: number
  readonly act: Act
  readonly severity: number
  readonly evidence: Readonly<Record<string, unknown>>
  readonly stake: bigint
  readonly worth: string
  readonly state: FindingState
  readonly found_at: Instant
  readonly claimed_by: string | null
  readonly decided_by: string | null
  readonly decided_at: Instant | null
  readonly reason: string
}

const select = `
  select f.id, f.meter_id, m.address, p.code as usage_point, f.register,
    f.business_date::text as date, f.measured_at, f.value_id, f.code, f.version, f.act, f.severity,
    f.evidence, f.stake, f.state, f.found_at, f.claimed_by, f.decided_by, f.decided_at, f.reason,
    round(f.stake / 1000000.0 * (select value from validation_limit where name = 'price'), 2)::text
      as worth
  from validation_finding f join meter m on m.id = f.meter_id
  left join usage_point p on p.id = f.usage_point_id`

function findingOf(row: FindingRow): Finding {
  return {
    id: idOf(Number(row.id)),
    meterId: idOf(row.meter_id),
    meterAddress: row.address,
    usagePoint: row.usage_point,
    register: row.register,
    date: row.date,
    at: row.measured_at,
    valueId: row.value_id,
    code: row.code,
    version: row.version,
    act: row.act,
    severity: severities[row.severity - 1] ?? 'low',
    evidence: row.evidence,
    stake: row.stake,
    worth: row.worth,
    state: row.state,
    foundAt: row.found_at,
    claimedBy: row.claimed_by,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    reason: row.reason,
  }
}

/** The worst first, then what most energy hangs on. */
export async function listFindings(
  db: Db,
  filter: FindingFilter,
  cursor: string | undefined,
  limit: number,
): Promise<Result<FindingPage, DeskRefusal>> {
  const after = cursor === undefined ? null : /^(\d)-(\d{1,19})-(\d{1,18})$/.exec(cursor)
  const isBeyond = after !== null && BigInt(after[2] ?? 0) >= 2n ** 63n
  if (cursor !== undefined && (after === null || isBeyond)) {
    return fail({ kind: 'bad-cursor', message: 'the cursor is none of ours' })
  }
  const { state = 'open', code, meterId, claimedBy } = filter
  const rows = await db.query<FindingRow>(
    `${select}
     where f.state = $1::text and ($2::text is null or f.code = $2::text)
       and ($3::int is null or f.meter_id = $3::int) and ($4::text is null or f.claimed_by = $4::text)
       and f.severity >= $5::int
       and ($10::text is null or p.code = $10::text)
       and ($11::date is null or f.business_date >= $11::date)
       and ($12::date is null or f.business_date <= $12::date)
       and ($6::int is null or (f.severity, f.stake, f.id)
         < ($6::smallint, $7::bigint, $8::bigint))
     order by f.severity desc, f.stake desc, f.id desc limit $9::int`,
    [
      state,
      code ?? null,
      meterId ?? null,
      claimedBy ?? null,
      filter.severity === undefined ? 1 : severities.indexOf(filter.severity) + 1,
      after?.[1] ?? null,
      after?.[2] ?? null,
      after?.[3] ?? null,
      limit + 1,
      filter.usagePoint ?? null,
      filter.from ?? null,
      filter.to ?? null,
    ],
  )
  const items = rows.slice(0, limit).map(findingOf)
  const last = rows[limit - 1]
  const isMore = rows.length > limit && last !== undefined
  return ok({ items, next: isMore ? `${last.severity}-${last.stake}-${last.id}` : null })
}

export async function getFinding(db: Db, id: FindingId): Promise<Finding | undefined> {
  const rows = await db.query<FindingRow>(`${select} where f.id = $1::bigint`, [id])
  return rows.map(findingOf)[0]
}

/** What a person says of open findings, many at once. */
export async function decideFindings(
  db: Database,
  civil: CivilTime,
  clock: Clock,
  decided: {
    readonly ids: readonly FindingId[]
    readonly decision: Decision
    readonly reason: string
    readonly by: string
  },
  also: Also,
): Promise<Result<Decided, DeskRefusal>> {
  const { ids, decision, reason, by } = decided
  return await db.transaction(async (tx) => {
    const most = Number(await limitOf(tx, 'bulk'))
    if (ids.length > most) {
      return fail({ kind: 'too-many', message: `at most ${most} findings at once` })
    }
    const now = clock.now()
    const about = await tx.query<{ meter_id: number }>(
      'select distinct meter_id from validation_finding where id = any($1::bigint[])',
      [ids],
    )
    await lockMeters(
      tx,
      about.map(({ meter_id }) => meter_id),
    )
    const open = await tx.query<{ id: bigint }>(
      `select f.id from validation_finding f where f.id = any($1::bigint[]) and f.state = 'open'
         and ${mayDecide[decision]} order by f.id for update`,
      [ids, by],
    )
    const taken = open.map(({ id }) => id)
    if (decision === 'claim' || decision === 'release') {
      await claim(tx, taken, decision === 'claim' ? by : null, timestamptz(now))
    } else {
      const changed = await speak(tx, taken, decision, reason, by, timestamptz(now))
      await proposeBills(tx, civil, now, changed, 'decision')
    }
    const done = taken.map((id): FindingId => idOf(Number(id)))
    await also(tx, { decision, done: done.length, reason })
    return ok({ done, left: ids.filter((id) => !done.includes(id)) })
  })
}

/** What a person ($2) may decide; the rest is left as it is. */
const anyone = '$2::text is not null'
const mayDecide: Readonly<Record<Decision, string>> = {
  claim: '(f.claimed_by is null or f.claimed_by = $2::text)',
  release: anyone,
  // What somebody brought, another person takes.
  accept: `${anyone} and not exists (select from register_value v where v.id = f.value_id
    and v.made_by = $2::text)`,
  reject: anyone,
  // A day has no value that another could stand for, and what is missing is estimated anyway.
  estimate: `${anyone} and f.measured_at is not null and f.code <> 'missing'`,
}

async function claim(tx: Db, ids: readonly bigint[], by: string | null, now: string) {
  await tx.query(
    `update validation_finding set claimed_by = $2::text,
       claimed_at = case when $2::text is null then null else $3::timestamptz end
     where id = any($1::bigint[])`,
    [ids, by, now],
  )
}

/**
 * A person's word on the value stands above that of any rule; the day is judged again. Returns where
 * another value counts now, or none.
 */
async function speak(
  tx: Db,
  ids: readonly bigint[],
  decision: 'accept' | 'reject' | 'estimate',
  reason: string,
  by: string,
  now: string,
): Promise<readonly Moment[]> {
  const accepts = decision === 'accept'
  const state = accepts ? 'accepted' : decision === 'reject' ? 'rejected' : 'corrected'
  await tx.query(
    `update validation_finding set state = $2::text, reason = $3::text, decided_by = $4::text,
       decided_at = $5::timestamptz where id = any($1::bigint[])`,
    [ids, state, reason, by, now],
  )
  const turned = await tx.query<Moment>(
    `select distinct f.meter_id, f.measured_at from validation_finding f
     left join register_verdict v on v.meter_id = f.meter_id and v.register = f.register
       and v.measured_at = f.measured_at
     where f.id = any($1::bigint[]) and f.measured_at is not null and f.value_id is null
       and f.code <> 'missing' and (v.verdict is not distinct from 'rejected') = $2::bool`,
    [ids, accepts],
  )
  await tx.query(
    `insert into register_verdict (meter_id, register, measured_at, verdict, reason, decided_by,
       decided_at)
     select distinct on (f.meter_id, f.register, f.measured_at) f.meter_id, f.register,
       f.measured_at, $2::text, $3::text, $4::text, $5::timestamptz
     from validation_finding f where f.id = any($1::bigint[]) and f.measured_at is not null
       and f.value_id is null and f.code <> 'missing'
     order by f.meter_id, f.register, f.measured_at
     on conflict (meter_id, register, measured_at) do update set verdict = excluded.verdict,
       rule = null, rule_version = null, reason = excluded.reason,
       decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
    [ids, accepts ? 'accepted' : 'rejected', reason, by, now],
  )
  // A brought reading counts once everything that was found about it is accepted.
  if (accepts) {
    await tx.query(
      `update register_value o set state = 'superseded', decided_by = $2::text,
         decided_at = $3::timestamptz
       from register_value v where v.id in (${settledValues}) and v.state = 'proposed'
         and o.meter_id = v.meter_id and o.register = v.register
         and o.measured_at = v.measured_at and o.state = 'in-force'`,
      [ids, by, now],
    )
  }
  const moved = await tx.query<Moment>(
    accepts
      ? `update register_value v set state = 'in-force', decided_by = $2::text,
           decided_at = $3::timestamptz where v.state = 'proposed' and v.id in (${settledValues})
         returning v.meter_id, v.measured_at`
      : `update register_value v set state = 'refused', decided_by = $2::text,
           decided_at = $3::timestamptz where v.state = 'proposed' and v.id in (
             select f.value_id from validation_finding f where f.id = any($1::bigint[]))`,
    [ids, by, now],
  )
  await tx.query(
    `insert into validation_day (business_date, meter_id, due_at)
     select distinct business_date, meter_id, '-infinity'::timestamptz from validation_finding
     where id = any($1::bigint[]) order by 1, 2
     on conflict (business_date, meter_id) do update set due_at = excluded.due_at`,
    [ids],
  )
  return [...turned, ...moved]
}

const settledValues = `
  select f.value_id from validation_finding f where f.id = any($1::bigint[])
    and not exists (select from validation_finding other where other.value_id = f.value_id
      and other.state in ('open', 'rejected'))`
