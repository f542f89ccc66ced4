import { type BusinessDate, type CivilTime, idOf } from '#src/core'
import type { Database, Db } from '#src/db'
import { type CivilDay, civilDay } from './marks.ts'
import { isFirstPass, type SlotCounts, sumOf } from './slot-sums.ts'
import type { PlanId } from './types.ts'

/** What counts are told apart by. */
export const groupings = [
  'all',
  'day',
  'channel',
  'concentrator',
  'transformer',
  'maker',
  'model',
  'concentrator-maker',
  'protocol',
  'task',
  'data-class',
] as const

export type Grouping = (typeof groupings)[number]

const groupKeys: Readonly<Record<Grouping, string>> = {
  all: `''`,
  day: 'r.date::text',
  channel: `coalesce(l.channel_id, 0)::text`,
  concentrator: `coalesce(co.address, ch.name, '')`,
  transformer: `coalesce(tr.code, '')`,
  maker: `coalesce(l.maker, '')`,
  model: `coalesce(l.model, '')`,
  'concentrator-maker': `coalesce(co.maker, '')`,
  protocol: `coalesce(p.protocol, '')`,
  task: `coalesce(p.name, '#' || r.plan_id)`,
  'data-class': `coalesce(p.data_class, '')`,
}

/** The sums of the slots of one or more tasks on a day, at the places where they are counted. */
const liveRows = `
  select $1::date as date, s.plan_id, coalesce(l.place_id, 0) as place_id,
    (count(*) filter (where s.state = 1))::int as due,
    (count(*) filter (where s.state = 2))::int as received,
    (count(*) filter (where s.state = 3))::int as late,
    (count(*) filter (where s.state = 4))::int as given_up,
    (count(*) filter (where s.state = 5))::int as not_expected,
    (count(*) filter (where s.state = 6))::int as estimated,
    (count(*) filter (where ${isFirstPass('s')}))::int as first_pass
  from collection_slot s left join collection_located l on l.meter_id = s.meter_id
  where s.slot_start >= to_timestamp($2::float8 / 1000)
    and s.slot_start < to_timestamp($3::float8 / 1000)
    and (s.plan_id = any($4::int[])) = $5::boolean
  group by s.plan_id, coalesce(l.place_id, 0)`

const grouped = (rows: string, by: Grouping) => `
  select ${groupKeys[by]} as key, sum(r.due)::bigint as due, sum(r.received)::bigint as received,
    sum(r.late)::bigint as late, sum(r.given_up)::bigint as given_up,
    sum(r.not_expected)::bigint as not_expected, sum(r.estimated)::bigint as estimated,
    sum(r.first_pass)::bigint as first_pass
  from (${rows}) r
  left join collection_place l on l.id = r.place_id
  left join channel ch on ch.id = l.channel_id
  left join concentrator co on co.channel_id = l.channel_id
  left join transformer tr on tr.id = l.transformer_id
  left join poll_plan p on p.id = r.plan_id
  group by 1
  having sum(r.due + r.received + r.late + r.given_up + r.not_expected + r.estimated) <> 0`

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
 * Counts slots of whole business days: from the sums that move with the slots, and from the slots
 * themselves where sums do not hold all of them yet, after an upgrade or a change of the zone.
 */
export async function countSlots(
  db: Db,
  civil: CivilTime,
  { from, to, by }: { from: BusinessDate; to: BusinessDate; by: Grouping },
): Promise<ReadonlyMap<string, SlotCounts>> {
  const days = daysOf(civil, from, to)
  const marks = await marksOf(db, days)
  const whole = marks.filter(({ isWhole }) => isWhole)
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
    // A day that nobody marked has no slots.
    if (ofDay.every(({ isWhole }) => isWhole)) continue
    const counted = ofDay.filter(({ isWhole }) => isWhole).map(({ planId }) => planId)
    const values = [day.date, day.opens, day.ends, counted, false]
    add(await db.query<CountRow>(grouped(liveRows, by), values))
  }
  return counts
}

/** Puts the sums right of days that have slots from before there were any; returns how many. */
export async function recount(db: Database, civil: CivilTime, daysMax: number): Promise<number> {
  const marks = await db.query<{ date: BusinessDate }>(
    `select distinct date::text as date from collection_mark
     where not is_whole order by date desc limit $1::int`,
    [daysMax],
  )
  for (const { date } of marks) await recountDay(db, civilDay(civil, date))
  return marks.length
}

/**
 * Sums are off by what they never saw, and by the same however slots change meanwhile, since both
 * move together: what one snapshot of both says is added to them.
 */
async function recountDay(db: Database, { date, opens, ends }: CivilDay): Promise<void> {
  await db.transaction(async (tx) => {
    // Nobody moves meters from place to place meanwhile.
    await tx.query(`select pg_advisory_xact_lock(hashtext('slot ledger'))`)
    const marks = await tx.query<{ plan_id: number }>(
      `select plan_id from collection_mark where date = $1::date and not is_whole
       order by plan_id for update`,
      [date],
    )
    const plans = marks.map(({ plan_id }) => plan_id)
    await tx.query(
      `with live as (${liveRows}),
       off as (
         select $1::date as date, coalesce(n.plan_id, d.plan_id) as plan_id,
           coalesce(n.place_id, d.place_id) as place_id,
           coalesce(n.due, 0) - coalesce(d.due, 0) as due,
           coalesce(n.received, 0) - coalesce(d.received, 0) as received,
           coalesce(n.late, 0) - coalesce(d.late, 0) as late,
           coalesce(n.given_up, 0) - coalesce(d.given_up, 0) as given_up,
           coalesce(n.not_expected, 0) - coalesce(d.not_expected, 0) as not_expected,
           coalesce(n.estimated, 0) - coalesce(d.estimated, 0) as estimated,
           coalesce(n.first_pass, 0) - coalesce(d.first_pass, 0) as first_pass
         from live n full join (select * from collection_day
           where date = $1::date and plan_id = any($4::int[])) d
           on d.plan_id = n.plan_id and d.place_id = n.place_id)
       insert into collection_day as d (date, plan_id, place_id, due, received, late, given_up,
         not_expected, estimated, first_pass)
       select * from off order by plan_id, place_id
       on conflict (date, plan_id, place_id) do update set due = d.due + excluded.due,
         received = d.received + excluded.received, late = d.late + excluded.late,
         given_up = d.given_up + excluded.given_up,
         not_expected = d.not_expected + excluded.not_expected,
         estimated = d.estimated + excluded.estimated,
         first_pass = d.first_pass + excluded.first_pass`,
      [date, opens, ends, plans, true],
    )
    await tx.query(
      `update collection_mark set is_whole = true, opens = to_timestamp($3::float8 / 1000)
       where date = $1::date and plan_id = any($2::int[])`,
      [date, plans, opens],
    )
  })
}

interface Mark {
  readonly date: BusinessDate
  readonly planId: PlanId
  readonly isWhole: boolean
}

async function marksOf(db: Db, days: readonly CivilDay[]): Promise<readonly Mark[]> {
  const rows = await db.query<{ date: BusinessDate; plan_id: number; is_whole: boolean }>(
    `select m.date::text as date, m.plan_id,
       m.is_whole and m.opens = to_timestamp(u.opens_ms / 1000) as is_whole
     from unnest($1::date[], $2::float8[]) as u (date, opens_ms)
     join collection_mark m on m.date = u.date`,
    [days.map(({ date }) => date), days.map(({ opens }) => opens)],
  )
  return rows.map((row) => ({
    date: row.date,
    planId: idOf(row.plan_id),
    isWhole: row.is_whole,
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
