import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { NodeId } from '#src/grid'

const held = (alias: string) => `(${alias}.valid_from <= $1::timestamptz
  and (${alias}.valid_to is null or ${alias}.valid_to > $1::timestamptz))`

export async function selectAreas(db: Db, under: NodeId, at: Instant): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select n.id from grid_below($2::int, $1::timestamptz) b join grid_node n on n.id = b.node_id
     where n.kind = 'area' order by n.id`,
    [timestamptz(at), under],
  )
  return rows.map(({ id }) => id)
}

export interface Member {
  readonly pointId: number
  readonly area: number
  readonly phase: 'A' | 'B' | 'C' | 'ABC' | null
  readonly role: 'supply' | 'receive' | 'auxiliary' | 'generation'
  readonly meterId: number | null
  readonly wiring: string | null
  /** Areas of the terminals that read the meter in the time, or hear it on their line. */
  readonly heardIn: readonly number[]
}

/** Every usage point of the areas, with its meter and with who really hears it. */
export async function selectMembers(
  db: Db,
  areas: readonly number[],
  at: Instant,
  since: Instant,
): Promise<Member[]> {
  return await db.query<Member>(
    `select p.usage_point_id as "pointId", p.node_id as area, p.phase, p.role,
       m.id as "meterId", m.wiring,
       coalesce((select array_agg(distinct t.node_id) from (
           select m.channel_id where exists (select from meter_latest l
             where l.meter_id = m.id and l.received_at >= $3::timestamptz)
           union
           select s.channel_id from bus_stranger s
             where s.address = m.address and s.seen_at >= $3::timestamptz) heard (channel_id)
         join concentrator c on c.channel_id = heard.channel_id
         join transformer t on t.id = c.transformer_id), '{}') as "heardIn"
     from usage_point_place p
     left join installation i on i.usage_point_id = p.usage_point_id and ${held('i')}
     left join meter m on m.id = i.meter_id
     where p.node_id = any($2::int[]) and ${held('p')}
     order by p.usage_point_id, p.node_id`,
    [timestamptz(at), areas, timestamptz(since)],
  )
}

interface CurveRow {
  readonly meter_id: number
  readonly slots: readonly number[]
  readonly a: readonly (number | null)[]
  readonly b: readonly (number | null)[]
  readonly c: readonly (number | null)[]
}

export interface MeterVoltages {
  readonly meterId: number
  /** In mV by slot of a quarter of an hour; NaN where there is none, empty without any. */
  readonly volts: readonly [Float32Array, Float32Array, Float32Array]
}

const SLOT_SECONDS = 900

/** Phase voltages of meters, the last value of each quarter of an hour. */
export async function selectVoltages(
  db: Db,
  meters: readonly number[],
  from: Instant,
  to: Instant,
): Promise<MeterVoltages[]> {
  const rows = await db.query<CurveRow>(
    `select meter_id, array_agg(slot order by slot) as slots,
       array_agg(voltage_a order by slot) as a, array_agg(voltage_b order by slot) as b,
       array_agg(voltage_c order by slot) as c
     from (
       select distinct on (r.meter_id, t.slot) r.meter_id, t.slot, r.voltage_a, r.voltage_b,
         r.voltage_c
       from reading_curve r
       cross join lateral (values ((extract(epoch from r.measured_at - $2::timestamptz)
         / ${SLOT_SECONDS})::int)) t (slot)
       where r.meter_id = any($1::int[]) and r.measured_at >= $2::timestamptz
         and r.measured_at < $3::timestamptz
         and num_nonnulls(r.voltage_a, r.voltage_b, r.voltage_c) > 0
       order by r.meter_id, t.slot, r.measured_at desc) v
     group by meter_id`,
    [meters, timestamptz(from), timestamptz(to)],
  )
  const count = Math.ceil((to - from) / (SLOT_SECONDS * 1_000)) + 1
  return rows.map(({ meter_id: meterId, slots, a, b, c }) => {
    const spread = (values: readonly (number | null)[]) => spreadOver(count, slots, values)
    return { meterId, volts: [spread(a), spread(b), spread(c)] }
  })
}

function spreadOver(
  count: number,
  slots: readonly number[],
  values: readonly (number | null)[],
): Float32Array {
  if (values.every((value) => value === null)) return new Float32Array(0)
  const spread = new Float32Array(count).fill(Number.NaN)
  for (const [index, slot] of slots.entries()) spread[slot] = values[index] ?? Number.NaN
  return spread
}
