import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { EvidencePack } from './types.ts'

const REGISTERS_MAX = 400

/** Mean kWh by hour of the day on either side of the change. */
export async function hoursAround(
  db: Db,
  usagePointId: number,
  from: Instant,
  change: Instant,
  to: Instant,
  zone: string,
): Promise<EvidencePack['hours']> {
  return await db.query(
    `select g.hour,
       round(sum(u.energy) filter (where u.ends_at <= $3::timestamptz) / 1e6
         / nullif(count(u.energy) filter (where u.ends_at <= $3::timestamptz) / 4.0, 0), 4)::text
         as before,
       round(sum(u.energy) filter (where u.ends_at > $3::timestamptz) / 1e6
         / nullif(count(u.energy) filter (where u.ends_at > $3::timestamptz) / 4.0, 0), 4)::text
         as since
     from generate_series(0, 23) g (hour)
     left join usage_interval(array[$1::int], '1.8.0', $2::timestamptz, $4::timestamptz) u
       on extract(hour from (u.ends_at - interval '1 minute') at time zone $5) = g.hour
     group by g.hour order by g.hour`,
    [usagePointId, timestamptz(from), timestamptz(change), timestamptz(to), zone],
  )
}

/** Daily register readings, as the meters sent them. */
export async function registersAround(
  db: Db,
  usagePointId: number,
  from: Instant,
  to: Instant,
): Promise<EvidencePack['registers']> {
  return await db.query(
    `select m.address as meter, r.register, r.measured_at as at,
       (r.value / 10000.0)::numeric(20, 4)::text as value
     from installation i join meter m on m.id = i.meter_id
     join register_reading r on r.meter_id = i.meter_id and r.register in ('1.8.0', '2.8.0')
       and r.data_class = 3 and r.measured_at >= $2::timestamptz
       and r.measured_at <= $3::timestamptz and r.measured_at >= i.valid_from
       and (i.valid_to is null or r.measured_at <= i.valid_to)
     where i.usage_point_id = $1 order by r.measured_at, r.register limit ${REGISTERS_MAX}`,
    [usagePointId, timestamptz(from), timestamptz(to)],
  )
}

export async function anomaliesOf(
  db: Db,
  usagePointId: number,
  from: BusinessDate,
): Promise<EvidencePack['anomalies']> {
  return await db.query(
    `select id, code, version, score, state, began_on as "beganOn", last_on as "lastOn", evidence
     from anomaly where usage_point_id = $1 and last_on >= $2::date
     order by score desc, id desc limit 100`,
    [usagePointId, from],
  )
}

/** The world as it was: who and what hung there at a moment. */
export async function archiveThen(
  db: Db,
  usagePointId: number,
  at: Instant,
): Promise<Readonly<Record<string, unknown>>> {
  const [row] = await db.query<{ archive: Readonly<Record<string, unknown>> }>(
    `select jsonb_build_object('at', $2::timestamptz, 'usagePoint', u.code, 'name', u.name,
       'area', n.code, 'role', p.role, 'phase', p.phase, 'account', o.no,
       'customerClass', c.class, 'contract', t.no, 'tariff', t.tariff, 'capacityKva', t.capacity_kva,
       'generates', t.generates, 'meter', m.address, 'model', m.model, 'maker', m.maker,
       'wiring', m.wiring, 'basicCurrent', m.basic_current, 'maxCurrent', m.max_current,
       'installedAt', i.valid_from, 'removedAt', i.valid_to,
       'ct', i.ct_numerator || '/' || i.ct_denominator,
       'pt', i.pt_numerator || '/' || i.pt_denominator) as archive
     from usage_point u
     left join lateral (select * from usage_point_place x where x.usage_point_id = u.id
       and x.valid_from <= $2::timestamptz and (x.valid_to is null or x.valid_to > $2::timestamptz)
       order by x.role = 'supply' limit 1) p on true
     left join grid_node n on n.id = p.node_id
     left join account_usage_point a on a.usage_point_id = u.id and a.valid_from <= $2::timestamptz
       and (a.valid_to is null or a.valid_to > $2::timestamptz)
     left join account o on o.id = a.account_id left join customer c on c.id = o.customer_id
     left join contract t on t.account_id = o.id and t.valid_from <= $2::timestamptz
       and (t.valid_to is null or t.valid_to > $2::timestamptz)
     left join installation i on i.usage_point_id = u.id and i.valid_from <= $2::timestamptz
       and (i.valid_to is null or i.valid_to > $2::timestamptz)
     left join meter m on m.id = i.meter_id
     where u.id = $1 limit 1`,
    [usagePointId, timestamptz(at)],
  )
  return row?.archive ?? {}
}
