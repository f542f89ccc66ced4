import type { Database } from '#src/db'

/** A slot of the ledger; it begins at a time of the utility, `11-22 12:02`. */
export interface SlotRow {
  readonly start: string
  readonly state: number
  readonly reason: string | null
}

/** States of the table `collection_slot`. */
export const OPEN = 1
export const RECEIVED = 2
export const LATE = 3
export const MISSING = 4

/** The slots of a plan, by the name that migrations give it, the oldest first. */
export function slotsOf(db: Database, plan: string): Promise<SlotRow[]> {
  return db.query<SlotRow>(
    `select to_char(s.slot_start at time zone 'Asia/Shanghai', 'MM-DD HH24:MI') as start,
       s.state, s.reason
     from collection_slot s join poll_plan p on p.id = s.plan_id
     where p.name = $1::text order by s.slot_start`,
    [plan],
  )
}

/** The same once there are so many and all have ended; false before. */
export async function endedSlots(
  db: Database,
  plan: string,
  count: number,
): Promise<readonly SlotRow[] | false> {
  const slots = await slotsOf(db, plan)
  return slots.length >= count && slots.every(({ state }) => state !== OPEN) && slots
}
