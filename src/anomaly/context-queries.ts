import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { AnomalyContext } from './types.ts'

const CURVE_MAX = 400
const EVENTS_MAX = 200

/** A usage point's days with the loss of the area it counted for. */
export async function selectDays(
  db: Db,
  usagePointId: number,
  nodeId: number | null,
  from: BusinessDate,
  to: BusinessDate,
): Promise<AnomalyContext['days']> {
  return await db.query(
    `select d.day::date as date, u.energy, u.quality, l.loss as "areaLoss"
     from generate_series($3::date, $4::date, interval '1 day') d (day)
     left join usage_day u on u.usage_point_id = $1 and u.register = '1.8.0'
       and u.business_date = d.day::date
     left join loss_day l on l.scope = 'area' and l.scope_id = $2::int
       and l.starts_on = d.day::date
     order by d.day`,
    [usagePointId, nodeId, from, to],
  )
}

/** What the meter sent meanwhile, as it sent it. */
export async function selectCurve(
  db: Db,
  usagePointId: number,
  from: Instant,
  to: Instant,
): Promise<AnomalyContext['curve']> {
  return await db.query(
    `select c.measured_at as at, jsonb_strip_nulls(jsonb_build_object(
       'energyImport', (c.energy_import / 10000.0)::numeric(20, 4)::text,
       'energyExport', (c.energy_export / 10000.0)::numeric(20, 4)::text,
       'power', (c.power / 10000.0)::numeric(14, 4)::text,
       'powerA', (c.power_a / 10000.0)::numeric(14, 4)::text,
       'powerB', (c.power_b / 10000.0)::numeric(14, 4)::text,
       'powerC', (c.power_c / 10000.0)::numeric(14, 4)::text,
       'voltageA', (c.voltage_a / 1000.0)::numeric(14, 1)::text,
       'voltageB', (c.voltage_b / 1000.0)::numeric(14, 1)::text,
       'voltageC', (c.voltage_c / 1000.0)::numeric(14, 1)::text,
       'currentA', (c.current_a / 1000.0)::numeric(14, 3)::text,
       'currentB', (c.current_b / 1000.0)::numeric(14, 3)::text,
       'currentC', (c.current_c / 1000.0)::numeric(14, 3)::text,
       'powerFactor', (c.power_factor / 10000.0)::numeric(8, 4)::text)) as values
     from installation i
     join reading_curve c on c.meter_id = i.meter_id and c.measured_at >= $2::timestamptz
       and c.measured_at < $3::timestamptz and c.measured_at >= i.valid_from
       and (i.valid_to is null or c.measured_at < i.valid_to)
     where i.usage_point_id = $1 order by c.measured_at limit ${CURVE_MAX}`,
    [usagePointId, timestamptz(from), timestamptz(to)],
  )
}

export async function selectEvents(
  db: Db,
  usagePointId: number,
  from: Instant,
  to: Instant,
): Promise<AnomalyContext['events']> {
  return await db.query(
    `select v.code, v.at, v.cleared_at as "endedAt" from installation i
     join device_event v on v.device = 'm' || i.meter_id and v.at >= $2::timestamptz
       and v.at < $3::timestamptz and v.at >= i.valid_from
       and (i.valid_to is null or v.at < i.valid_to)
     where i.usage_point_id = $1 order by v.at desc, v.id desc limit ${EVENTS_MAX}`,
    [usagePointId, timestamptz(from), timestamptz(to)],
  )
}

export async function selectHits(
  db: Db,
  usagePointId: number,
  code: string,
  from: BusinessDate,
  to: BusinessDate,
): Promise<AnomalyContext['hits']> {
  return await db.query(
    `select business_date as date, evidence from anomaly_day
     where usage_point_id = $1 and code = $2 and is_hit and business_date between $3::date and $4::date
     order by business_date`,
    [usagePointId, code, from, to],
  )
}
