import { assert, type CivilTime, type Clock, hours, type Instant, idOf, instant } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import { checkEnergy } from './energy-checks.ts'
import { lockMeters, type Moment, proposeBills } from './estimates.ts'
import { checkFalls, checkPhysical } from './point-checks.ts'
import { preparePoints, prepareTasks } from './tasks.ts'
import type { Also, Brought, DayTask, Written } from './types.ts'
import { parseValue } from './written.ts'

/** A person's clock may be so far ahead of ours. */
export const AHEAD = hours(1)

/** Where people bring readings nothing came for long. */
const WITHOUT_READING_DAYS = 1_100

interface Candidate {
  readonly index: number
  readonly reading: Written
  readonly digits: bigint
  readonly scale: number
}

/**
 * Readings that people bring are judged by the rules of any other before they count: what passes is
 * in force, the rest waits in the queue with its findings.
 */
export async function bring(
  db: Database,
  civil: CivilTime,
  clock: Clock,
  brought: {
    readonly readings: readonly Written[]
    readonly kind: 'handheld' | 'self' | 'manual'
    readonly by: string
    readonly oldest: Instant | null
  },
  also: Also,
): Promise<readonly Brought[]> {
  const { readings, kind, by, oldest } = brought
  const now = clock.now()
  const outcomes = readings.map((reading) => refusalOf(reading, now, oldest))
  const candidates = readings.flatMap((reading, index): readonly Candidate[] => {
    const parsed = parseValue(reading.value)
    return outcomes[index] !== undefined || parsed === undefined
      ? []
      : [{ index, reading, ...parsed }]
  })
  return await db.transaction(async (tx) => {
    await lockMeters(
      tx,
      candidates.map(({ reading }) => reading.meterId),
    )
    const free = await freeOf(tx, candidates, outcomes)
    const ids = await insertProposed(tx, free, kind, by, now)
    if (free.length > 0) {
      await judge(tx, civil, ids, free)
      const queued = await settleBrought(tx, civil, ids, by, now)
      for (const [nth, { index, reading }] of free.entries()) {
        const valueId = ids[nth] ?? null
        const reasons = valueId === null ? [] : (queued.get(valueId) ?? [])
        const outcome = reasons.length > 0 ? 'queued' : 'accepted'
        outcomes[index] = { valueId, meterId: reading.meterId, outcome, reasons }
      }
    }
    const count = (outcome: Brought['outcome']) =>
      outcomes.filter((one) => one?.outcome === outcome).length
    await also(tx, {
      kind,
      accepted: count('accepted'),
      queued: count('queued'),
      refused: count('refused'),
    })
    return outcomes.map((outcome) => {
      assert(outcome !== undefined, 'every reading has an outcome')
      return outcome
    })
  })
}

function refusalOf(reading: Written, now: Instant, oldest: Instant | null): Brought | undefined {
  const refused = (reason: string): Brought => {
    return { valueId: null, meterId: reading.meterId, outcome: 'refused', reasons: [reason] }
  }
  if (parseValue(reading.value) === undefined) return refused('not-a-value')
  if (!/^[1-8]\.8\.\d{1,2}$/.test(reading.register)) return refused('not-energy')
  if (reading.at > instant(now + AHEAD)) return refused('in-the-future')
  if (oldest !== null && reading.at < oldest) return refused('too-old')
  return undefined
}

/** Those at whose moment nothing real is known: what the meter itself said needs nobody. */
async function freeOf(
  tx: Db,
  candidates: readonly Candidate[],
  outcomes: (Brought | undefined)[],
): Promise<readonly Candidate[]> {
  if (candidates.length === 0) return []
  const rows = await tx.query<{ nth: number; reason: string }>(
    `select c.nth::int as nth, case
       when not exists (select from installation i where i.meter_id = c.meter_id
         and i.valid_from <= c.at and (i.valid_to is null or i.valid_to >= c.at))
         then 'not-installed'
       when c.digits >= l.width / 1000000 * 10::numeric ^ c.scale then 'too-many-digits'
       when exists (select from register_value v where v.meter_id = c.meter_id
         and v.register = c.register and v.measured_at = c.at
         and (v.state = 'proposed' or v.state = 'in-force' and v.kind <> 'estimated'))
         then 'there-already'
       else 'said-by-the-meter' end as reason
     from unnest($1::int[], $2::text[], $3::timestamptz[], $4::bigint[], $5::smallint[])
       with ordinality as c (meter_id, register, at, digits, scale, nth)
     left join meter_limits l on l.meter_id = c.meter_id
     where c.digits >= l.width / 1000000 * 10::numeric ^ c.scale or not exists (select from installation i where i.meter_id = c.meter_id
         and i.valid_from <= c.at and (i.valid_to is null or i.valid_to >= c.at))
       or exists (select from register_value v where v.meter_id = c.meter_id
         and v.register = c.register and v.measured_at = c.at
         and (v.state = 'proposed' or v.state = 'in-force' and v.kind <> 'estimated'))
       or exists (select from register_reading r where r.meter_id = c.meter_id
         and r.register = c.register and r.measured_at = c.at
         and not exists (select from register_verdict w where w.meter_id = c.meter_id
           and w.register = c.register and w.measured_at = c.at and w.verdict = 'rejected'))`,
    [
      candidates.map(({ reading }) => reading.meterId),
      candidates.map(({ reading }) => reading.register),
      candidates.map(({ reading }) => timestamptz(reading.at)),
      candidates.map(({ digits }) => digits),
      candidates.map(({ scale }) => scale),
    ],
  )
  const reasons = new Map(rows.map(({ nth, reason }) => [nth - 1, reason]))
  const seen = new Set<string>()
  return candidates.filter(({ index, reading }, nth) => {
    const key = `${reading.meterId} ${reading.register} ${reading.at}`
    const reason = reasons.get(nth) ?? (seen.has(key) ? 'there-already' : undefined)
    seen.add(key)
    if (reason === undefined) return true
    const { meterId } = reading
    outcomes[index] = { valueId: null, meterId, outcome: 'refused', reasons: [reason] }
    return false
  })
}

async function insertProposed(
  tx: Db,
  candidates: readonly Candidate[],
  kind: string,
  by: string,
  now: Instant,
): Promise<readonly bigint[]> {
  const rows = await tx.query<{ id: bigint }>(
    `insert into register_value (meter_id, register, measured_at, digits, scale, kind, state,
       made_by, made_at, detail)
     select c.meter_id, c.register, c.at, c.digits, c.scale, $7::text, 'proposed', $8::text,
       $9::timestamptz, c.detail
     from unnest($1::int[], $2::text[], $3::timestamptz[], $4::bigint[], $5::smallint[],
         $6::jsonb[]) with ordinality as c (meter_id, register, at, digits, scale, detail, nth)
     order by c.nth returning id`,
    [
      candidates.map(({ reading }) => reading.meterId),
      candidates.map(({ reading }) => reading.register),
      candidates.map(({ reading }) => timestamptz(reading.at)),
      candidates.map(({ digits }) => digits),
      candidates.map(({ scale }) => scale),
      candidates.map(({ reading }) => JSON.stringify(reading.detail ?? {})),
      kind,
      by,
      timestamptz(now),
    ],
  )
  return rows.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1))
}

async function judge(
  tx: Db,
  civil: CivilTime,
  ids: readonly bigint[],
  candidates: readonly Candidate[],
): Promise<void> {
  const tasks = new Map<string, DayTask>()
  for (const { reading } of candidates) {
    // The first moment of a day ends the day before.
    const date = civil.dateOf(instant(reading.at - 1))
    tasks.set(`${reading.meterId} ${date}`, { meterId: idOf(reading.meterId), date })
  }
  await prepareTasks(tx, civil, [...tasks.values()])
  await preparePoints(tx, ids, WITHOUT_READING_DAYS)
  await checkFalls(tx)
  await checkPhysical(tx)
  await checkEnergy(tx)
  // A value above what follows it is wrong whichever of the two is.
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence)
     select s.task, s.register, s.prev_at, r.code, r.version, r.act, r.severity,
       jsonb_build_object('value', trim_scale(s.prev_value / 10000.0)::text,
         'after', trim_scale(s.value / 10000.0)::text, 'afterAt', s.measured_at)
     from validating_series s join validating_task t on t.no = s.task
     join validating_rule r on r.audience = t.audience and r.code = 'negative'
     where s.value < s.prev_value`,
  )
  // And so is one from which nobody could have come to what follows in the time.
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence)
     select s.task, s.register, s.prev_at, r.code, r.version, r.act, r.severity,
       jsonb_build_object('value', trim_scale(s.prev_value / 10000.0)::text,
         'after', trim_scale(s.value / 10000.0)::text, 'afterAt', s.measured_at)
     from validating_series s join validating_task t on t.no = s.task
     join meter_limits l on l.meter_id = t.meter_id
     join validating_rule r on r.audience = t.audience and r.code = 'physical'
     where (s.value - s.prev_value - 10000) * 3600::numeric
       > l.per_hour / 100 * extract(epoch from s.measured_at - s.prev_at)::numeric`,
  )
}

/** Accepted where nothing was found about its moment, nor about its day if nothing else tells it. */
async function settleBrought(
  tx: Db,
  civil: CivilTime,
  ids: readonly bigint[],
  by: string,
  now: Instant,
): Promise<ReadonlyMap<bigint, readonly string[]>> {
  const rows = await tx.query<{ id: bigint; codes: string[] }>(
    `with found as (
       insert into validation_finding (meter_id, usage_point_id, register, business_date,
         measured_at, value_id, code, version, act, severity, evidence, stake, state, found_at)
       select distinct on (v.id, f.code) v.meter_id, t.usage_point_id, v.register, t.business_date,
         v.measured_at, v.id, f.code, f.version, f.act, f.severity, f.evidence,
         least(greatest(f.stake, 0), 9223372036854775807)::bigint, 'open', $2::timestamptz
       from register_value v
       join validating_task t on t.meter_id = v.meter_id and v.measured_at > t.starts_at
         and v.measured_at <= t.ends_at
       join validating_found f on f.task = t.no and f.register = v.register
         and (f.measured_at = v.measured_at or f.measured_at is null and not exists (
           select from validating_point p where p.task = t.no and p.register = v.register
             and p.is_inside and p.is_main and p.data_class > 0))
       where v.id = any($1::bigint[])
       order by v.id, f.code
       returning value_id, code)
     select value_id as id, array_agg(code order by code) as codes from found group by value_id`,
    [ids, timestamptz(now)],
  )
  const queued = new Map(rows.map(({ id, codes }) => [id, codes]))
  const accepted = ids.filter((id) => !queued.has(id))
  await tx.query(
    `update register_value o set state = 'superseded', decided_by = $2::text,
       decided_at = $3::timestamptz
     from register_value v where v.id = any($1::bigint[]) and o.meter_id = v.meter_id
       and o.register = v.register and o.measured_at = v.measured_at and o.state = 'in-force'`,
    [accepted, by, timestamptz(now)],
  )
  const changed = await tx.query<Moment>(
    `update register_value set state = 'in-force', decided_by = 'system',
       decided_at = $2::timestamptz where id = any($1::bigint[]) returning meter_id, measured_at`,
    [accepted, timestamptz(now)],
  )
  await proposeBills(tx, civil, now, changed, 'brought')
  return queued
}
