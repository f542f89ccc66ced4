import { type BusinessDate, type ConcentratorId, idOf } from '#src/core'
import type { Db } from '#src/db'
import { type Counted, trafficOf } from './link-queries.ts'
import type { PlacedSim, SimCard, SimPool } from './types.ts'

export async function upsertSim(db: Db, card: SimCard): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `insert into sim_card (iccid, msisdn, pool, apn, fixed_address)
     values ($1::text, $2::text, $3::text, $4::text, $5::inet)
     on conflict (iccid) do update set msisdn = excluded.msisdn, pool = excluded.pool,
       apn = excluded.apn, fixed_address = excluded.fixed_address
     returning id`,
    [card.iccid, card.msisdn, card.pool, card.apn, card.fixedAddress],
  )
  return row?.id ?? 0
}

/** From the date on the device has this card, and no other device has it. */
export async function assignSim(
  db: Db,
  concentrator: ConcentratorId,
  sim: number,
  from: BusinessDate,
): Promise<void> {
  const values = [concentrator, sim, from]
  await db.query(
    `delete from sim_assignment
     where (concentrator_id = $1::int or sim_id = $2::int) and valid_from >= $3::date`,
    values,
  )
  await db.query(
    `update sim_assignment set valid_to = $3::date
     where (concentrator_id = $1::int or sim_id = $2::int)
       and (valid_to is null or valid_to > $3::date)`,
    values,
  )
  await db.query(
    `insert into sim_assignment (concentrator_id, sim_id, valid_from)
     values ($1::int, $2::int, $3::date)`,
    values,
  )
}

export async function selectSimOf(
  db: Db,
  id: ConcentratorId,
  date: BusinessDate,
): Promise<PlacedSim | undefined> {
  const rows = await db.query<{
    iccid: string
    msisdn: string | null
    pool: string
    apn: string
    fixed_address: string | null
    concentrator: string
    valid_from: BusinessDate
  }>(
    `select s.iccid, s.msisdn, s.pool, s.apn, host(s.fixed_address) as fixed_address,
       c.address as concentrator, a.valid_from::text as valid_from
     from sim_assignment a join sim_card s on s.id = a.sim_id
     join concentrator c on c.id = a.concentrator_id
     where a.concentrator_id = $1::int and a.valid_from <= $2::date
       and (a.valid_to is null or a.valid_to > $2::date)`,
    [id, date],
  )
  return rows.map((row) => ({
    iccid: row.iccid,
    msisdn: row.msisdn,
    pool: row.pool,
    apn: row.apn,
    fixedAddress: row.fixed_address,
    concentratorId: id,
    concentrator: row.concentrator,
    from: row.valid_from,
  }))[0]
}

/** Those in the field now, by their cards' fixed addresses. */
export async function selectFixedAddresses(
  db: Db,
): Promise<{ concentratorId: ConcentratorId; address: string }[]> {
  const rows = await db.query<{ concentrator_id: number; address: string }>(
    `select a.concentrator_id, host(s.fixed_address) as address
     from sim_assignment a join sim_card s on s.id = a.sim_id
     where a.valid_to is null and s.fixed_address is not null`,
  )
  return rows.map(({ concentrator_id, address }) => ({
    concentratorId: idOf(concentrator_id),
    address,
  }))
}

export async function selectSimPools(
  db: Db,
  from: BusinessDate,
  to: BusinessDate,
): Promise<SimPool[]> {
  const rows = await db.query<{ pool: string; cards: number } & Counted>(
    `select s.pool, count(distinct s.id)::int as cards,
       coalesce(sum(t.bytes_up), 0)::bigint as bytes_up,
       coalesce(sum(t.bytes_down), 0)::bigint as bytes_down,
       coalesce(sum(t.frames_up), 0)::bigint as frames_up,
       coalesce(sum(t.frames_down), 0)::bigint as frames_down,
       coalesce(sum(t.logins), 0)::bigint as logins,
       coalesce(sum(t.heartbeats), 0)::bigint as heartbeats
     from sim_card s join sim_assignment a on a.sim_id = s.id
     left join concentrator_traffic t on t.concentrator_id = a.concentrator_id
       and t.business_date between $1::date and $2::date
       and t.business_date >= a.valid_from
       and (a.valid_to is null or t.business_date < a.valid_to)
     where a.valid_from <= $2::date and (a.valid_to is null or a.valid_to > $1::date)
     group by s.pool order by s.pool`,
    [from, to],
  )
  return rows.map((row) => ({ pool: row.pool, cards: row.cards, ...trafficOf(row) }))
}
