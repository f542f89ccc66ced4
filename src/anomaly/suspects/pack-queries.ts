import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { EvidencePack, Suspect } from './types.ts'

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

/** What the registers showed at the ends of the days: frozen, or of the curve where nothing was. */
export async function registersAround(
  db: Db,
  usagePointId: number,
  from: Instant,
  to: Instant,
  zone: string,
): Promise<EvidencePack['registers']> {
  return await db.query(
    `select distinct on (r.measured_at, r.register, m.address) m.address as meter, r.register,
       r.measured_at as at, round(r.value / 10000.0, least(r.scale, 4))::text as value,
       r.received_at as "receivedAt", r.quality
     from installation i join meter m on m.id = i.meter_id
     join register_reading r on r.meter_id = i.meter_id and r.register in ('1.8.0', '2.8.0')
       and r.measured_at >= $2::timestamptz and r.measured_at <= $3::timestamptz
       and (r.data_class = 3 or (r.measured_at at time zone $4)::time = '00:00')
       and r.measured_at >= i.valid_from
       and (i.valid_to is null or r.measured_at <= i.valid_to)
     where i.usage_point_id = $1
     order by r.measured_at, r.register, m.address, r.data_class desc limit ${REGISTERS_MAX}`,
    [usagePointId, timestamptz(from), timestamptz(to), zone],
  )
}

/** The price of a kWh that counted here, and what the estimate and its ends are worth at it. */
export async function moneyOf(db: Db, suspect: Suspect): Promise<EvidencePack['money']> {
  const [row] = await db.query<EvidencePack['money']>(
    `select p.price::text as price, round($3::bigint * p.price / 1000000, 2)::text as worth,
       round($4::bigint * p.price / 1000000, 2)::text as "worthLow",
       round($5::bigint * p.price / 1000000, 2)::text as "worthHigh"
     from (select anomaly_price_of($1::int, $2::date) as price) p`,
    [
      ...[suspect.usagePointId, suspect.to],
      ...[suspect.energy, suspect.energyLow, suspect.energyHigh],
    ],
  )
  if (row === undefined) throw new Error('a query without a from clause gave no row')
  return row
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

/** Its days beside the loss of its area, with and without what it explains of it. */
export async function daysOfSuspect(
  db: Db,
  { usagePointId, nodeId, from, to }: Suspect,
): Promise<EvidencePack['days']> {
  return await db.query(
    `select d.day::date as date, u.energy, u.quality, l.loss as "areaLoss",
       round(s.explained[1 + (d.day::date - s.from_date)] * 1000000)::bigint as explained
     from theft_suspect s
     cross join generate_series($3::date, $4::date, interval '1 day') d (day)
     left join usage_day u on u.usage_point_id = $1 and u.register = '1.8.0'
       and u.business_date = d.day::date
     left join loss_day l on l.scope = 'area' and l.scope_id = $2::int
       and l.starts_on = d.day::date
     where s.usage_point_id = $1 order by d.day`,
    [usagePointId, nodeId, from, to],
  )
}

const PEERS_MAX = 400

/** The users of its area: how each went on. */
export async function peersOf(
  db: Db,
  { usagePointId, nodeId, from, to, since }: Suspect,
): Promise<EvidencePack['peers']> {
  return await db.query(
    `select u.code as "usagePoint", u.id = $1 as "isSuspect", round(m.before, 3)::text as before,
       round(m.since, 3)::text as since,
       case when m.before > 0 then round(m.since / m.before, 3)::text end as change
     from (select distinct usage_point_id from usage_point_place p
       where p.node_id = $2 and p.role = 'receive' and p.valid_from <= $3::date
         and (p.valid_to is null or p.valid_to > $4::date) limit ${PEERS_MAX}) p
     join usage_point u on u.id = p.usage_point_id
     cross join lateral (
       select avg(d.energy) filter (where d.business_date < $5::date) / 1e6 as before,
         avg(d.energy) filter (where d.business_date >= $5::date) / 1e6 as since
       from usage_day d where d.usage_point_id = u.id and d.register = '1.8.0'
         and d.business_date between $3::date and $4::date) m
     order by m.since / nullif(m.before, 0) nulls last, u.id`,
    [usagePointId, nodeId, from, to, since],
  )
}

/** Installations, customers, contracts and places that overlap a time, the oldest first. */
export async function historyOf(
  db: Db,
  usagePointId: number,
  from: Instant,
  to: Instant,
): Promise<EvidencePack['history']> {
  return await db.query(
    `select h.what, h.name, h."from", h."to", jsonb_strip_nulls(h.detail) as detail from (
       select 'meter' as what, m.address as name, i.valid_from as "from", i.valid_to as "to",
         jsonb_build_object('model', m.model, 'maker', m.maker,
           'ct', i.ct_numerator || '/' || i.ct_denominator,
           'pt', i.pt_numerator || '/' || i.pt_denominator,
           'registers', (select jsonb_agg(jsonb_build_object('register', r.register,
             'opening', (r.opening_digits / 10.0 ^ r.opening_scale)::numeric(20, 4)::text,
             'closing', (r.closing_digits / 10.0 ^ r.closing_scale)::numeric(20, 4)::text)
             order by r.register) from installation_register r where r.installation_id = i.id))
           as detail
       from installation i join meter m on m.id = i.meter_id where i.usage_point_id = $1
       union all
       select 'account', o.no, a.valid_from, a.valid_to,
         jsonb_build_object('customer', c.name, 'class', c.class)
       from account_usage_point a join account o on o.id = a.account_id
       join customer c on c.id = o.customer_id where a.usage_point_id = $1
       union all
       select 'contract', t.no, greatest(t.valid_from, a.valid_from), least(t.valid_to, a.valid_to),
         jsonb_build_object('tariff', t.tariff, 'trade', t.trade, 'capacityKva', t.capacity_kva,
           'generates', t.generates)
       from account_usage_point a join contract t on t.account_id = a.account_id
         and (t.valid_to is null or t.valid_to > a.valid_from)
         and (a.valid_to is null or a.valid_to > t.valid_from)
       where a.usage_point_id = $1
       union all
       select 'place', n.code, p.valid_from, p.valid_to,
         jsonb_build_object('role', p.role, 'phase', p.phase)
       from usage_point_place p join grid_node n on n.id = p.node_id
       where p.usage_point_id = $1) h
     where h."from" < $3::timestamptz and (h."to" is null or h."to" > $2::timestamptz)
     order by h."from", h.what, h.name limit 200`,
    [usagePointId, timestamptz(from), timestamptz(to)],
  )
}
