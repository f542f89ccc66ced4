import type { DataClass, ProtocolName } from '#protocols/model'
import { idOf, seconds } from '#src/core'
import type { Db } from '#src/db'
import type { PollPlan } from './polling/index.ts'

interface PollPlanRow {
  id: number
  name: string
  protocol: ProtocolName
  data_class: DataClass
  items: string[]
  cycle_seconds: number
  offset_seconds: number
  priority: number
  catch_up_seconds: number
  catch_up_items: string[]
  catch_up_slots: number
}

/** The enabled poll plans, most urgent first. */
export async function loadPollPlans(db: Db): Promise<readonly PollPlan[]> {
  const rows = await db.query<PollPlanRow>(
    `SELECT id, name, protocol, data_class, items, cycle_seconds, offset_seconds, priority,
            catch_up_seconds, catch_up_items, catch_up_slots
       FROM poll_plan
      WHERE enabled
      ORDER BY priority, name`,
  )
  return rows.map((row) => ({
    id: idOf(row.id),
    name: row.name,
    protocol: row.protocol,
    dataClass: row.data_class,
    items: row.items,
    cycle: seconds(row.cycle_seconds),
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
