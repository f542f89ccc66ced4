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
    `select c.measured_at as at, ${curveValues('c', () => '')} as values
     from installation i
     join reading_curve c on c.meter_id = i.meter_id and c.measured_at >= $2::timestamptz
       and c.measured_at < $3::timestamptz and c.measured_at >= i.valid_from
       and (i.valid_to is null or c.measured_at < i.valid_to)
     where i.usage_point_id = $1 order by c.measured_at limit ${CURVE_MAX}`,
    [usagePointId, timestamptz(from), timestamptz(to)],
  )
}

const curveColumns = [
  ['energyImport', 'energy_import', 10_000, 4, 'kWh'],
  ['energyExport', 'energy_export', 10_000, 4, 'kWh'],
  ...['', 'A', 'B', 'C'].map(
    (phase) =>
      [
        `power${phase}`,
        phase === '' ? 'power' : `power_${phase.toLowerCase()}`,
        10_000,
        4,
        'kW',
      ] as const,
  ),
  ...['A', 'B', 'C'].map(
    (phase) => [`voltage${phase}`, `voltage_${phase.toLowerCase()}`, 1_000, 1, 'V'] as const,
  ),
  ...['A', 'B', 'C'].map(
    (phase) => [`current${phase}`, `current_${phase.toLowerCase()}`, 1_000, 3, 'A'] as const,
  ),
  ['powerFactor', 'power_factor', 10_000, 4, ''],
] as const

/** What a row of a curve says, as an SQL expression of JSON; nothing of what it does not say. */
function curveValues(row: string, after: (unit: string) => string): string {
  const values = curveColumns.map(([name, column, units, decimals, unit]) => {
    const value = `(${row}.${column} / ${units}.0)::numeric(20, ${decimals})::text`
    return `'${name}', ${value}${after(unit)}`
  })
  return `jsonb_strip_nulls(jsonb_build_object(${values.join(', ')}))`
}

/** The same for people: every value with its unit. */
export const readValues = (row: string): string =>
  curveValues(row, (unit) => (unit === '' ? '' : ` || ' ${unit}'`))

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
