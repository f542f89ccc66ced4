import type { ProtocolName, TaskClass } from '#protocols/model'
import { type BusinessDate, type Duration, idOf, type MeterId, seconds } from '#src/core'
import type { Db } from '#src/db'
import type { PollPlan } from './polling/index.ts'

interface PollPlanRow {
  id: number
  name: string
  protocol: ProtocolName
  data_class: TaskClass
  items: string[]
  cycle_seconds: number
  offset_seconds: number
  priority: number
  catch_up_seconds: number
  catch_up_items: string[]
  catch_up_slots: number
  revision: number
  members: number[] | null
}

/**
 * The tasks that hold on a day, most urgent first. `presentCycles` takes the place of the cycles of
 * present values that nobody has changed, for a field that should be seen to move.
 */
export async function loadPollPlans(
  db: Db,
  today: BusinessDate,
  presentCycles: Readonly<Partial<Record<ProtocolName, Duration>>> = {},
): Promise<readonly PollPlan[]> {
  const rows = await db.query<PollPlanRow>(
    `SELECT id, name, protocol, data_class, items, cycle_seconds, offset_seconds, priority,
            catch_up_seconds, catch_up_items, catch_up_slots, revision,
            CASE WHEN group_id IS NOT NULL THEN
              (SELECT coalesce(array_agg(m.meter_id), '{}') FROM plan_meter m
               WHERE m.plan_id = p.id) END AS members
       FROM poll_plan p
      WHERE enabled AND (valid_from IS NULL OR valid_from <= $1::date)
        AND (valid_to IS NULL OR valid_to > $1::date)
      ORDER BY priority, name`,
    [today],
  )
  return rows.map((row) => ({
    id: idOf(row.id),
    name: row.name,
    protocol: row.protocol,
    dataClass: row.data_class,
    items: row.items,
    ...(row.members && { members: new Set(row.members.map((id): MeterId => idOf(id))) }),
    cycle: cycleOf(row, presentCycles),
    offset: seconds(row.offset_seconds),
    priority: row.priority,
    catchUp:
      row.catch_up_seconds === 0
        ? null
        : {
            span: seconds(row.catch_up_seconds),
            items: row.catch_up_items,
            slotsMax: row.catch_up_slots,
          },
  }))
}

function cycleOf(
  { data_class, protocol, cycle_seconds, revision }: PollPlanRow,
  presentCycles: Readonly<Partial<Record<ProtocolName, Duration>>>,
): Duration {
  const shorter = data_class === 'current' && revision === 0 ? presentCycles[protocol] : undefined
  return shorter ?? seconds(cycle_seconds)
}
