import type { Db } from '#src/db'
import type { Day } from './evidence-queries.ts'

/** Of these meters and concentrators those of which something came that was due in the day. */
export function selectHealed(
  db: Db,
  { from, to }: Day,
  meters: readonly number[],
  concentrators: readonly number[],
): Promise<readonly { readonly kind: 'meter' | 'concentrator'; readonly id: number }[]> {
  return db.query(
    `with came as (
       select s.meter_id from collection_slot s
       where s.slot_start >= to_timestamp($1::float8 / 1000)
         and s.slot_start < to_timestamp($2::float8 / 1000) and s.state in (2, 3)
         and (s.meter_id = any ($3::int[]) or s.meter_id in (
           select m.id from meter m join concentrator c on c.channel_id = m.channel_id
           where c.id = any ($4::int[])))
       group by s.meter_id)
     select 'meter' as kind, meter_id as id from came where meter_id = any ($3::int[])
     union all
     select distinct 'concentrator', c.id from came
     join meter m on m.id = came.meter_id join concentrator c on c.channel_id = m.channel_id
     where c.id = any ($4::int[])`,
    [from, to, meters, concentrators],
  )
}
