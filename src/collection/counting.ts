import { type BusinessDate, type CivilTime, type Instant, idOf } from '#src/core'
import type { Database, Db } from '#src/db'
import { type CivilDay, civilDay } from './marks.ts'
import type { PlanId } from './types.ts'

/** How many slots of a group are in which state. */
export interface SlotCounts {
  readonly due: number
  readonly received: number
  readonly late: number
  readonly givenUp: number
  readonly notExpected: number
  readonly estimated: number
  /** Received, in time or late, without having been given up or asked twice before. */
  readonly firstPass: number
}

/** What counts are told apart by. */
export const groupings = [
  'all',
  'day',
  'channel',
  'concentrator',
  'transformer',
  'model',
  'protocol',
  'task',
  'data-class',
] as const

export type Grouping = (typeof groupings)[number]

const groupKeys: Readonly<Record<Grouping, string>> = {
  all: `''`,
  day: 'r.date::text',
  channel: 'r.channel_id::text',
  concentrator: 'coalesce(co.address, ch.name)',
  transformer: `coalesce(tr.code, '')`,
  model: `coalesce(r.model, '')`,
  protocol: `coalesce(p.protocol, '')`,
  task: `coalesce(p.name, '#' || r.plan_id)`,
  'data-class': `coalesce(p.data_class, '')`,
}

/**
 * The sums of a day's slots, by everything that counts may be told apart by. Where each meter is
 * comes from one table that is made first, so that a slot costs one look into it.
 */
const liveRows = `
  select $1::date as date, s.plan_id, d.channel_id, d.transformer_id, d.model,
    (count(*) filter (where s.state = 1))::int as due,
    (count(*) filter (where s.state = 2))::int as received,
    (count(*) filter (where s.state = 3))::int as late,
    (count(*) filter (where s.state = 4))::int as given_up,
    (count(*) filter (where s.state = 5))::int as not_expected,
    (count(*) filter (where s.state = 6))::int as estimated,
    (count(*) filter (where s.state in (2, 3) and s.attempts <= 1 and s.reason is null))::int
      as first_pass
  from collection_slot s
  join (
    -- Not to be taken apart: it is small beside the slots.
    select m.id as meter_id, m.channel_id, m.model,
      coalesce(up.transformer_id, co.transformer_id) as transformer_id
    from meter m
    left join concentrator co on co.channel_id = m.channel_id
    -- Where the meter hung last on that day.
    left join (
      select distinct on (meter_id) meter_id, usage_point_id from installation
      where valid_from < to_timestamp($3::float8 / 1000)
        and (valid_to is null or valid_to > to_timestamp($2::float8 / 1000))
      order by meter_id, valid_from desc) i on i.meter_id = m.id
    left join usage_point up on up.id = i.usage_point_id
    offset 0) d on d.meter_id = s.meter_id
  where s.slot_start >= to_timestamp($2::float8 / 1000)
    and s.slot_start < to_timestamp($3::float8 / 1000)
    and (s.plan_id = any($4::int[])) = $5::boolean
  group by s.plan_id, d.channel_id, d.transformer_id, d.model`

const grouped = (rows: string, by: Grouping) => `
  select ${groupKeys[by]} as key, sum(r.due)::bigint as due, sum(r.received)::bigint as received,
    sum(r.late)::bigint as late, sum(r.given_up)::bigint as given_up,
    sum(r.not_expected)::bigint as not_expected, sum(r.estimated)::bigint as estimated,
    sum(r.first_pass)::bigint as first_pass
  from (${rows}) r
  join channel ch on ch.id = r.channel_id
  left join concentrator co on co.channel_id = r.channel_id
  left join transformer tr on tr.id = r.transformer_id
  left join poll_plan p on p.id = r.plan_id
  group by 1`

interface CountRow {
  readonly key: string
  readonly due: bigint
  readonly received: bigint
  readonly late: bigint
  readonly given_up: bigint
  readonly not_expected: bigint
  readonly estimated: bigint
  readonly first_pass: bigint
}

/**
 * Counts slots of whole business days: from the sums of days that have not changed since they were
 * counted, and from the slots of all others, so that it is true at every moment.
 */
export async function countSlots(
  db: Db,
  civil: CivilTime,
  { from, to, by }: { from: BusinessDate; to: BusinessDate; by: Grouping },
): Promise<ReadonlyMap<string, SlotCounts>> {
  const days = daysOf(civil, from, to)
  const marks = await marksOf(db, days)
  const whole = marks.filter(({ isCounted }) => isCounted)
  const counts = new Map<string, SlotCounts>()
  const add = (rows: readonly CountRow[]) => {
    for (const row of rows) counts.set(row.key, sumOf(counts.get(row.key), countsOf(row)))
  }
  if (whole.length > 0) {
    const sums = `select d.* from collection_day d
      join unnest($1::date[], $2::int[]) as u (date, plan_id)
        on d.date = u.date and d.plan_id = u.plan_id`
    const pairs = [whole.map(({ date }) => date), whole.map(({ planId }) => planId)]
    add(await db.query<CountRow>(grouped(sums, by), pairs))
  }
  const marksByDate = Map.groupBy(marks, ({ date }) => date)
  for (const day of days) {
    const ofDay = marksByDate.get(day.date) ?? []
    // A day that nobody marked has no slots, unless they are older than the marks.
    if (ofDay.length > 0 && ofDay.every(({ isCounted }) => isCounted)) continue
    const counted = ofDay.filter(({ isCounted }) => isCounted).map(({ planId }) => planId)
    const values = [day.date, day.opens, day.ends, counted, false]
    add(await db.query<CountRow>(grouped(liveRows, by), values))
  }
  return counts
}

/** Counts days that have changed since they were counted; those that still go on are left. */
export async function recount(
  db: Database,
  civil: CivilTime,
  now: Instant,
  daysMax: number,
): Promise<number> {
  const marks = await db.query<{ date: BusinessDate }>(
    `select distinct date::text as date from collection_mark
     where version <> counted and date < $1::date order by date limit $2::int`,
    [civil.dateOf(now), daysMax],
  )
  for (const { date } of marks) await recountDay(db, civilDay(civil, date))
  return marks.length
}

async function recountDay(db: Database, { date, opens, ends }: CivilDay): Promise<void> {
  await db.transaction(async (tx) => {
    const marks = await tx.query<{ plan_id: number; version: bigint }>(
      `select plan_id, version from collection_mark
       where date = $1::date and version <> counted order by plan_id`,
      [date],
    )
    const plans = marks.map(({ plan_id }) => plan_id)
    const versions = marks.map(({ version }) => version)
    await tx.query(
      `delete from collection_day where date = $1::date and plan_id = any($2::int[])`,
      [date, plans],
    )
    await tx.query(
      `insert into collection_day (date, plan_id, channel_id, transformer_id, model, due, received,
         late, given_up, not_expected, estimated, first_pass) ${liveRows}`,
      [date, opens, ends, plans, true],
    )
    // A change that came meanwhile has moved the version, or holds the row until it has.
    await tx.query(
      `update collection_mark m set counted = u.version, opens = to_timestamp($4::float8 / 1000)
       from unnest($2::int[], $3::bigint[]) as u (plan_id, version)
       where m.date = $1::date and m.plan_id = u.plan_id`,
      [date, plans, versions, opens],
    )
  })
}

interface Mark {
  readonly date: BusinessDate
  readonly planId: PlanId
  readonly isCounted: boolean
}

async function marksOf(db: Db, days: readonly CivilDay[]): Promise<readonly Mark[]> {
  const rows = await db.query<{ date: BusinessDate; plan_id: number; is_counted: boolean }>(
    `select m.date::text as date, m.plan_id,
       m.version = m.counted and m.opens = to_timestamp(u.opens_ms / 1000) as is_counted
     from unnest($1::date[], $2::float8[]) as u (date, opens_ms)
     join collection_mark m on m.date = u.date`,
    [days.map(({ date }) => date), days.map(({ opens }) => opens)],
  )
  return rows.map((row) => ({
    date: row.date,
    planId: idOf(row.plan_id),
    isCounted: row.is_counted,
  }))
}

export function daysOf(
  civil: CivilTime,
  from: BusinessDate,
  to: BusinessDate,
): readonly CivilDay[] {
  const days: CivilDay[] = []
  for (let date = from; date <= to; date = civil.addDays(date, 1)) days.push(civilDay(civil, date))
  return days
}

const countsOf = (row: CountRow): SlotCounts => ({
  due: Number(row.due),
  received: Number(row.received),
  late: Number(row.late),
  givenUp: Number(row.given_up),
  notExpected: Number(row.not_expected),
  estimated: Number(row.estimated),
  firstPass: Number(row.first_pass),
})

export function sumOf(left: SlotCounts | undefined, right: SlotCounts): SlotCounts {
  if (left === undefined) return right
  return {
    due: left.due + right.due,
    received: left.received + right.received,
    late: left.late + right.late,
    givenUp: left.givenUp + right.givenUp,
    notExpected: left.notExpected + right.notExpected,
    estimated: left.estimated + right.estimated,
    firstPass: left.firstPass + right.firstPass,
  }
}

export const noSlots: SlotCounts = {
  due: 0,
  received: 0,
  late: 0,
  givenUp: 0,
  notExpected: 0,
  estimated: 0,
  firstPass: 0,
}
