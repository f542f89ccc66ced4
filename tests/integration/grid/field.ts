import { type Instant, instant } from '#src/core'
import type { Db } from '#src/db'

export const moment = (text: string): Instant => instant(Date.parse(text))
export const ALWAYS = '2000-01-01T00:00Z'
export const SWITCHED = '2026-06-01T00:00Z'

/**
 * Region R1 – substation S1 – bus B1 – feeders F1, F2. T1 and T2 hung on F1, T3 on F2; on 1 June
 * T2 was switched over to F2. Each area has its customers P11, P12 … with account and meter; the
 * head of a feeder is measured by HF1, HF2, which count for the bus too.
 */
export async function buildField(db: Db): Promise<void> {
  await db.query(`insert into feeder (code) values ('F1'), ('F2')`)
  await db.query(
    `insert into transformer (code, name, feeder_id) values
       ('T1', 'Garden street', 1), ('T2', '', 2), ('T3', '', 2)`,
  )
  await db.query(
    `insert into grid_node (kind, code, nominal_voltage, longitude, latitude) values
       ('region', 'R1', null, null, null), ('substation', 'S1', 110000, 121.5, 31.2),
       ('bus', 'B1', 10000, 121.5, 31.2)`,
  )
  await db.query(
    `update grid_node set longitude = 121.4 + right(code, 1)::int * 0.1, latitude = 31.3
     where kind = 'area'`,
  )
  for (const [child, parent, from, to] of links) {
    await db.query(
      `insert into grid_link (node_id, parent_id, valid_from, valid_to)
       select c.id, p.id, $3::timestamptz, $4::timestamptz from grid_node c, grid_node p
       where c.code = $1::text and p.code = $2::text`,
      [child, parent, from, to],
    )
  }
  await db.query(
    `insert into customer (name, class) select 'customer ' || n, 'residential'
     from generate_series(1, 6) n`,
  )
  await db.query(`insert into channel (name, kind) values ('one', 'mqtt')`)
  for (const [index, [point, area, phase]] of customers.entries()) {
    const number = index + 1
    await db.query(`insert into account (no, customer_id) values ($1::text, $2::int)`, [
      `A${number}`,
      number,
    ])
    await addPoint(db, point)
    await db.query(
      `insert into account_usage_point (usage_point_id, account_id, valid_from)
       select u.id, a.id, $3::timestamptz from usage_point u, account a
       where u.code = $1::text and a.no = $2::text`,
      [point, `A${number}`, ALWAYS],
    )
    await place(db, point, `area ${area}`, 'receive', phase)
    await db.query(
      `update usage_point u set longitude = n.longitude + 0.001, latitude = n.latitude + 0.001
       from grid_node n where n.code = $2::text and u.code = $1::text`,
      [point, area],
    )
  }
  for (const feeder of ['F1', 'F2']) {
    await addPoint(db, `H${feeder}`)
    await place(db, `H${feeder}`, `feeder ${feeder}`, 'supply', 'ABC')
    await place(db, `H${feeder}`, 'bus B1', 'receive', 'ABC')
  }
  await db.query(
    `insert into power_transformer (code, node_id, rated_kva, no_load_loss_w, load_loss_w,
       no_load_current_percent, short_circuit_percent, high_voltage, low_voltage, valid_from,
       valid_to)
     select 'X1', n.id, kva, 200, 1500, 1.0, 4.0, 10000, 400, since::timestamptz, until::timestamptz
     from grid_node n, (values (100, '2000-01-01Z', '2026-03-01Z'), (200, '2026-03-01Z', null))
       as plate (kva, since, until)
     where n.code = 'T1'`,
  )
}

const links = [
  ['S1', 'R1', ALWAYS, null],
  ['B1', 'S1', ALWAYS, null],
  ['F1', 'B1', ALWAYS, null],
  ['F2', 'B1', ALWAYS, null],
  ['T1', 'F1', ALWAYS, null],
  ['T2', 'F1', ALWAYS, SWITCHED],
  ['T2', 'F2', SWITCHED, null],
  ['T3', 'F2', ALWAYS, null],
] as const

const customers = [
  ['P11', 'T1', 'A'],
  ['P12', 'T1', 'B'],
  ['P13', 'T1', 'C'],
  ['P21', 'T2', 'A'],
  ['P22', 'T2', 'B'],
  ['P31', 'T3', 'ABC'],
] as const

/** With its meter, which has its address from the order of making. */
export async function addPoint(db: Db, code: string): Promise<void> {
  await db.query(
    `with point as (insert into usage_point (code) values ($1::text) returning id),
     device as (
       insert into meter (address, protocol, channel_id)
       select lpad((1 + count(*))::text, 12, '0'), 'dlt645-2007', 1 from meter returning id)
     insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select point.id, device.id, 1, 1, 1, 1, $2::timestamptz from point, device`,
    [code, ALWAYS],
  )
}

/** `node` as `area T1`. */
export async function place(
  db: Db,
  point: string,
  node: string,
  role: string,
  phase: string,
): Promise<void> {
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, phase, valid_from)
     select u.id, n.id, $3::text, $4::text, $5::timestamptz from usage_point u, grid_node n
     where u.code = $1::text and n.kind || ' ' || n.code = $2::text`,
    [point, node, role, phase, ALWAYS],
  )
}
