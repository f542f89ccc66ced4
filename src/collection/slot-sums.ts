import { type BusinessDate, type CivilTime, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { PlanId } from './types.ts'

/** How many slots of a group are in which state, or by how many that changed. */
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

/** What happened to slots of one task that begin at one time and are counted at one place. */
export interface SlotMove extends SlotCounts {
  readonly planId: PlanId
  readonly slotStart: Instant
  readonly placeId: number
  /** How many slots were changed. */
  readonly changed: number
}

export interface MoveRow {
  readonly plan_id: number
  readonly slot_start: Instant
  readonly place_id: number
  readonly changed: number
  readonly due: number
  readonly received: number
  readonly late: number
  readonly given_up: number
  readonly not_expected: number
  readonly estimated: number
  readonly first_pass: number
}

export const isFirstPass = (slot: string) =>
  `(${slot}.state in (2, 3) and ${slot}.attempts <= 1 and ${slot}.reason is null)`

const states = ['due', 'received', 'late', 'given_up', 'not_expected', 'estimated'] as const

/**
 * The moves that changed slots come to: `changed` has the columns of a slot as it is, `state` null
 * where it is gone, and `was`, the state before, null where it was not there. They are counted where
 * their meters are, or at `place`.
 */
export const movesOf = (changed: string, place = 'coalesce(l.place_id, 0)') => `
  select c.plan_id, c.slot_start, ${place} as place_id,
    count(*)::int as changed,
    ${states
      .map(
        (name, index) => `(count(*) filter (where c.state = ${index + 1})
          - count(*) filter (where c.was = ${index + 1}))::int as ${name}`,
      )
      .join(', ')},
    -- What was received stays so: nothing ceases to be a first success.
    (count(*) filter (where ${isFirstPass('c')}))::int as first_pass
  from ${changed} c left join collection_located l on l.meter_id = c.meter_id
  group by c.plan_id, c.slot_start, ${place}`

export const moveOf = (row: MoveRow): SlotMove => ({
  planId: idOf(row.plan_id),
  slotStart: row.slot_start,
  placeId: row.place_id,
  changed: row.changed,
  due: row.due,
  received: row.received,
  late: row.late,
  givenUp: row.given_up,
  notExpected: row.not_expected,
  estimated: row.estimated,
  firstPass: row.first_pass,
})

/** The same the other way. */
export const undone = (move: SlotMove): SlotMove => ({
  ...move,
  due: -move.due,
  received: -move.received,
  late: -move.late,
  givenUp: -move.givenUp,
  notExpected: -move.notExpected,
  estimated: -move.estimated,
  firstPass: -move.firstPass,
})

export const changedBy = (moves: readonly SlotMove[]): number =>
  moves.reduce((sum, { changed }) => sum + changed, 0)

/**
 * Moves the sums of days by what happened to their slots, in the transaction of that change and as
 * its last statements: one row for each day, task and place.
 */
export async function addMoves(
  db: Db,
  civil: CivilTime,
  moves: readonly SlotMove[],
): Promise<void> {
  const dates = new Map<Instant, BusinessDate>()
  const sums = new Map<string, DayMove>()
  for (const move of moves) {
    const date = dates.get(move.slotStart) ?? civil.dateOf(move.slotStart)
    dates.set(move.slotStart, date)
    const { planId, placeId } = move
    const key = `${date} ${planId} ${placeId}`
    const known = sums.get(key)
    sums.set(key, { date, planId, placeId, counts: sumOf(known?.counts, move) })
  }
  const days = [...sums.values()]
  if (days.length === 0) return
  await markDays(db, civil, days)
  await upsertDays(
    db,
    days.filter(({ counts }) => Object.values(counts).some(Boolean)),
  )
}

interface DayMove {
  readonly date: BusinessDate
  readonly planId: PlanId
  readonly placeId: number
  readonly counts: SlotCounts
}

/** A day that nobody marked has no slots before these, so its sums are whole. */
async function markDays(db: Db, civil: CivilTime, days: readonly DayMove[]): Promise<void> {
  const marks = [...new Map(days.map((day) => [`${day.date} ${day.planId}`, day])).values()]
  await db.query(
    `insert into collection_mark (date, plan_id, opens, is_whole)
     select u.date, u.plan_id, to_timestamp(u.opens_ms / 1000), true
     from unnest($1::date[], $2::int[], $3::float8[]) as u (date, plan_id, opens_ms)
     order by u.date, u.plan_id
     on conflict (date, plan_id) do nothing`,
    [
      marks.map(({ date }) => date),
      marks.map(({ planId }) => planId),
      marks.map(({ date }) => civil.startOf(date)),
    ],
  )
}

/** In one order everywhere: two transactions never wait for each other. */
async function upsertDays(db: Db, days: readonly DayMove[]): Promise<void> {
  if (days.length === 0) return
  await db.query(
    `insert into collection_day as d (date, plan_id, place_id, due, received, late, given_up,
       not_expected, estimated, first_pass)
     select * from unnest($1::date[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[],
       $7::int[], $8::int[], $9::int[], $10::int[])
     order by 1, 2, 3
     on conflict (date, plan_id, place_id) do update set due = d.due + excluded.due,
       received = d.received + excluded.received, late = d.late + excluded.late,
       given_up = d.given_up + excluded.given_up,
       not_expected = d.not_expected + excluded.not_expected,
       estimated = d.estimated + excluded.estimated, first_pass = d.first_pass + excluded.first_pass`,
    [
      days.map(({ date }) => date),
      days.map(({ planId }) => planId),
      days.map(({ placeId }) => placeId),
      days.map(({ counts }) => counts.due),
      days.map(({ counts }) => counts.received),
      days.map(({ counts }) => counts.late),
      days.map(({ counts }) => counts.givenUp),
      days.map(({ counts }) => counts.notExpected),
      days.map(({ counts }) => counts.estimated),
      days.map(({ counts }) => counts.firstPass),
    ],
  )
}

export function sumOf(left: SlotCounts | undefined, right: SlotCounts): SlotCounts {
  const base = left ?? noSlots
  return {
    due: base.due + right.due,
    received: base.received + right.received,
    late: base.late + right.late,
    givenUp: base.givenUp + right.givenUp,
    notExpected: base.notExpected + right.notExpected,
    estimated: base.estimated + right.estimated,
    firstPass: base.firstPass + right.firstPass,
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
