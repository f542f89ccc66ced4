import { hours, type Instant, instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { type Standing, standingsOf } from './series.ts'

/** Energy of a register in 10^-6 of its unit, primary; registers are held in 10^-4. */
export const primary = (text: string): string =>
  `trunc((${text})::numeric * 100 * t.numerator / t.denominator)`

/** As a decimal of the register's unit, for people. */
export const decimal = (text: string): string => `trim_scale((${text})::numeric / 10000)::text`

const word = (name: string, otherwise: string): string =>
  `coalesce((r.parameters ->> '${name}')::numeric, ${otherwise})`

interface FallingRow {
  readonly task: number
  readonly register: string
  readonly at: Instant[]
  readonly values: bigint[]
  readonly inside: boolean[]
  readonly digits: number | null
  /** The most that the meter counts in an hour. */
  readonly per_hour: bigint
  readonly spike: Params | null
  readonly negative: Params | null
}

interface Params {
  readonly pointsMax?: number
  readonly digits?: number
}

/** Points of one series at most that are looked at one by one. */
const SERIES_MAX = 5_000

/**
 * Registers that fall: only those are taken out of the database, with all their values of the day
 * and around it. `spike` is what does not fit between its neighbours, `negative` a fall that lasts
 * and is no roll-over. Says whether the reading before the day is the one to doubt.
 */
export async function checkFalls(tx: Db): Promise<void> {
  await prepareSeries(tx)
  const rows = await tx.query<FallingRow>(
    `select s.task, s.register,
       array_agg(s.measured_at order by s.measured_at) as at,
       array_agg(s.value order by s.measured_at) as values,
       array_agg(s.is_inside order by s.measured_at) as inside,
       t.register_digits as digits, l.per_hour / 100 as per_hour, spike.parameters as spike, negative.parameters as negative
     from validating_series s join validating_task t on t.no = s.task
     join meter_limits l on l.meter_id = t.meter_id
     left join validating_rule spike on spike.audience = t.audience and spike.code = 'spike'
     left join validating_rule negative on negative.audience = t.audience
       and negative.code = 'negative'
     where (s.task, s.register) in (
       select task, register from validating_series where value < prev_value)
     group by s.task, s.register, t.register_digits, l.per_hour, spike.parameters, negative.parameters
     having count(*) <= $1::int`,
    [SERIES_MAX],
  )
  const found = rows.flatMap(judge)
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence, stake)
     select f.task, f.register, f.at, r.code, r.version,
       case when r.act = 'reject' and f.is_doubtful then 'suspect' else r.act end, r.severity,
       jsonb_strip_nulls(jsonb_build_object('value', ${decimal('f.value')},
         'before', ${decimal('f.before')}, 'beforeAt', f.before_at,
         'after', ${decimal('f.after')}, 'doubtful', nullif(f.is_doubtful, false))),
       ${primary('abs(f.value - coalesce(f.before, f.after, f.value))')}
     from unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::bigint[],
         $7::timestamptz[], $8::bigint[], $9::bool[])
       as f (task, register, at, code, value, before, before_at, after, is_doubtful)
     join validating_task t on t.no = f.task
     join validating_rule r on r.audience = t.audience and r.code = f.code`,
    [
      found.map(({ task }) => task),
      found.map(({ register }) => register),
      found.map(({ at }) => timestamptz(at)),
      found.map(({ code }) => code),
      found.map(({ value }) => value),
      found.map(({ before }) => before),
      found.map(({ beforeAt }) => (beforeAt === null ? null : timestamptz(beforeAt))),
      found.map(({ after }) => after),
      found.map(({ isDoubtful }) => isDoubtful),
    ],
  )
  await listDaysBefore(tx, rows)
}

interface Fallen {
  readonly task: number
  readonly register: string
  readonly at: Instant
  readonly code: 'spike' | 'negative'
  readonly value: bigint
  readonly before: bigint | null
  readonly beforeAt: Instant | null
  readonly after: bigint | null
  readonly isDoubtful: boolean
}

function judge(row: FallingRow): readonly Fallen[] {
  const { task, register, at, values, inside } = row
  const standings = standingsIn(row)
  return standings.flatMap((standing, index): readonly Fallen[] => {
    const [when, value] = [at[index], values[index]]
    if (standing === 'fits' || !inside[index] || when === undefined || value === undefined)
      return []
    const [before, after] = [values[index - 1] ?? null, values[index + 1] ?? null]
    const about = { task, register, at: instant(when), value, before, after }
    const beforeAt = at[index - 1] ?? null
    const code = standing === 'fallen' ? 'negative' : 'spike'
    return [{ ...about, beforeAt, code, isDoubtful: standing === 'doubtful' }]
  })
}

const WRONG_MAX = 8
const DIGITS = 6
const TENTHS_OF_MILLI = 4
/** Whole units that a coarse register may seem to jump. */
const SLACK = 10_000n

function standingsIn(row: FallingRow): readonly Standing[] {
  const digits = row.digits ?? row.negative?.digits ?? DIGITS
  const modulus = 10n ** BigInt(digits + TENTHS_OF_MILLI)
  const unrolled = unroll(row.values, modulus, (advance, index) => {
    const ms = (row.at[index] ?? 0) - (row.at[index - 1] ?? 0)
    return (advance - SLACK) * BigInt(hours(1)) <= row.per_hour * BigInt(ms)
  })
  return standingsOf(unrolled, row.spike?.pointsMax ?? WRONG_MAX)
}

/**
 * A register that passes its last digit (满度归零) goes on: where the way around is no longer than can
 * have flown, and the value before the fall was no leap itself.
 */
function unroll(
  values: readonly bigint[],
  modulus: bigint,
  isPossible: (advance: bigint, index: number) => boolean,
): readonly bigint[] {
  let turned = 0n
  return values.map((value, index) => {
    const [before, earlier] = [values[index - 1], values[index - 2]]
    if (before === undefined || value >= before || before >= modulus) return value + turned
    const isLeap = earlier !== undefined && !isPossible(before - earlier, index - 1)
    if (!isLeap && isPossible(value + modulus - before, index)) turned += modulus
    return value + turned
  })
}

/** A reading of the day before may be the one that was wrong: that day is looked at again. */
async function listDaysBefore(tx: Db, rows: readonly FallingRow[]): Promise<void> {
  const tasks = rows.flatMap((row) => {
    const standings: readonly Standing[] = standingsIn(row)
    const firstInside = row.inside.indexOf(true)
    const before = standings.slice(0, Math.max(firstInside, 0))
    return before.some((one) => one === 'wrong' || one === 'doubtful') ? [row.task] : []
  })
  if (tasks.length === 0) return
  await tx.query(
    `insert into validation_day (business_date, meter_id, due_at)
     select distinct t.business_date - 1, t.meter_id, '-infinity'::timestamptz
     from validating_task t where t.no = any($1::int[])
       and not exists (select from validating_point p join register_verdict v
         on v.meter_id = t.meter_id and v.register = p.register and v.measured_at = p.measured_at
         where p.task = t.no and p.measured_at = t.from_at)
     on conflict (business_date, meter_id) do update set due_at = '-infinity'`,
    [tasks],
  )
}

/**
 * More than 1.2 × U × Imax could deliver in the time, by the wiring. Values that are rejected
 * already are left out, so that the value after a spike is measured from the one before it.
 */
export async function checkPhysical(tx: Db): Promise<void> {
  await tx.query(
    `insert into validating_found
       (task, register, measured_at, code, version, act, severity, evidence, stake)
     select s.task, s.register, s.measured_at, r.code, r.version, r.act, r.severity,
       jsonb_build_object('value', ${decimal('s.value')}, 'before', ${decimal('s.prev_value')},
         'beforeAt', s.prev_at, 'advance', ${decimal('s.value - s.prev_value')},
         'most', ${decimal('m.most')}),
       ${primary('s.value - s.prev_value')}
     from validating_task t
     join validating_rule r on r.audience = t.audience and r.code = 'physical'
     cross join lateral (
       select ${word('factor', '1.2')} * coalesce(t.nominal_voltage, ${word('voltage', '220')})
           * coalesce(t.max_current, ${word('current', '100')})
           * case t.wiring when '1p2w' then 1 when '3p3w' then 1.7320508 else 3 end * 10
           as hourly,
         ${word('slack', '0.02')} * 10000 as slack offset 0) l
     join validating_series s on s.task = t.no and s.is_inside and s.value > s.prev_value
     cross join lateral (
       select trunc(l.hourly * extract(epoch from s.measured_at - s.prev_at) / 3600 + l.slack)
         as most) m
     where s.value - s.prev_value > m.most`,
  )
}

/** The series without what was found wrong. */
export async function dropRejected(tx: Db): Promise<void> {
  const [dropped] = await tx.query<{ count: bigint }>(
    `with dropped as (
       update validating_point p set is_main = false from validating_found f
       where f.act = 'reject' and f.task = p.task and f.register = p.register
         and f.measured_at = p.measured_at
         and not exists (select from validating_task t join register_verdict v
           on v.meter_id = t.meter_id where t.no = p.task and v.register = p.register
             and v.measured_at = p.measured_at and v.verdict = 'accepted')
       returning 1)
     select count(*) as count from dropped`,
  )
  if (dropped?.count === 0n) return
  await tx.query('drop table validating_series')
  await prepareSeries(tx)
}

/** What counts, each with the one before it. */
async function prepareSeries(tx: Db): Promise<void> {
  await tx.query(
    `create temp table validating_series on commit drop as
     select p.task, p.register, p.measured_at, p.value, p.is_inside, p.data_class,
       lag(p.value) over w as prev_value, lag(p.measured_at) over w as prev_at
     from validating_point p where p.is_main
     window w as (partition by p.task, p.register order by p.measured_at)`,
  )
  await tx.query('create index on validating_series (task, register, measured_at)')
  await tx.query('analyze validating_series')
}
