import type { DataClass, ProtocolName } from '#protocols/model'
import { seconds } from '#src/core'
import type { Db } from '#src/db'
import type { PollPlan } from './rounds.ts'

interface PollPlanRow {
  name: string
  protocol: ProtocolName
  data_class: DataClass
  items: string[]
  cycle_seconds: number
  offset_seconds: number
  priority: number
}

/** The enabled poll plans, most urgent first. */
export async function loadPollPlans(db: Db): Promise<readonly PollPlan[]> {
  const rows = await db.query<PollPlanRow>(
    `SELECT name, protocol, data_class, items, cycle_seconds, offset_seconds, priority
       FROM poll_plan
      WHERE enabled
      ORDER BY priority, name`,
  )
  return rows.map((row) => ({
    name: row.name,
    protocol: row.protocol,
    dataClass: row.data_class,
    items: row.items,
    cycle: seconds(row.cycle_seconds),
    offset: seconds(row.offset_seconds),
    priority: row.priority,
  }))
}
