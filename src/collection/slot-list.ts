import { type CivilTime, type Instant, idOf, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { cursorKeys, cursorText } from './list-cursor.ts'
import { civilDay } from './marks.ts'
import {
  type BadListCursor,
  type Listed,
  type ListedSlot,
  type ListPage,
  type SlotFilter,
  slotStates,
} from './report-types.ts'

interface SlotRow {
  meter_id: number
  plan_id: number
  address: string
  usage_point: string | null
  concentrator: string | null
  task: string
  slot_start: Instant
  due: Instant
  state: number
  reason: string | null
  attempts: number
  answered_at: Instant | null
}

export async function listSlots(
  db: Db,
  civil: CivilTime,
  filter: SlotFilter,
  { limit, cursor }: ListPage,
): Promise<Result<Listed<ListedSlot>, BadListCursor>> {
  const after = cursorKeys(cursor, 3)
  if (!after.ok) return after
  const { opens, ends } = civilDay(civil, filter.date)
  const [lastStart, lastMeter, lastPlan] = after.value ?? [ends, 0, 0]
  const state = filter.state === undefined ? null : slotStates.indexOf(filter.state) + 1
  const rows = await db.query<SlotRow>(
    `select s.meter_id, s.plan_id, m.address, up.code as usage_point,
       co.address as concentrator, coalesce(p.name, '#' || s.plan_id) as task,
       s.slot_start, s.due, s.state, s.reason, s.attempts, s.answered_at
     from (
       select s.* from collection_slot s
       where s.slot_start >= to_timestamp($1::float8 / 1000)
         and s.slot_start < to_timestamp($2::float8 / 1000)
         and s.slot_start <= to_timestamp($3::float8 / 1000)
         and (s.slot_start < to_timestamp($3::float8 / 1000)
           or (s.meter_id, s.plan_id) > ($4::int, $5::int))
         and ($6::int is null or s.state = $6::int)
         -- For the planner: these are the few that an index of their own holds.
         and (coalesce($6::int, 0) not in (4, 5, 6) or s.reason is not null)
         and ($7::text is null or s.reason = $7::text)
         and ($8::int is null or s.plan_id = $8::int)
         and ($9::int is null or s.meter_id = $9::int)
         and ($10::int is null or s.meter_id in (select mc.id from meter mc
           join concentrator cc on cc.channel_id = mc.channel_id where cc.id = $10::int))
       order by s.slot_start desc, s.meter_id, s.plan_id limit $11::int) s
     join meter m on m.id = s.meter_id
     left join concentrator co on co.channel_id = m.channel_id
     left join poll_plan p on p.id = s.plan_id
     left join installation i on i.meter_id = s.meter_id and i.valid_from <= s.slot_start
       and (i.valid_to is null or i.valid_to > s.slot_start)
     left join usage_point up on up.id = i.usage_point_id
     order by s.slot_start desc, s.meter_id, s.plan_id`,
    [
      ...[opens, ends, lastStart, lastMeter, lastPlan, state, filter.reason ?? null],
      ...[filter.planId ?? null, filter.meterId ?? null, filter.concentratorId ?? null],
      limit + 1,
    ],
  )
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return ok({
    items: shown.map(slotOf),
    next: hasMore ? cursorText([last.slot_start, last.meter_id, last.plan_id]) : null,
  })
}

function slotOf(row: SlotRow): ListedSlot {
  return {
    meterId: idOf(row.meter_id),
    address: row.address,
    usagePoint: row.usage_point,
    concentrator: row.concentrator,
    task: row.task,
    slotStart: row.slot_start,
    due: row.due,
    state: slotStates[row.state - 1] ?? 'due',
    reason: row.reason,
    attempts: row.attempts,
    answeredAt: row.answered_at,
  }
}
