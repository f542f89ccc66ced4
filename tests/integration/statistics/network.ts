import type { Db } from '#src/db'

/** A small network: one region, a substation, a bus, two feeders with two areas each. */
export const areas = ['A1', 'A2', 'A3', 'A4'] as const
export const CUSTOMERS = 8

/** Makes it with as many customers, each on an account with a contract, spread over the areas. */
export async function makeNetwork(db: Db, customers = CUSTOMERS): Promise<void> {
  await db.query(`insert into grid_node (kind, code, name) values
    ('region', 'R', 'the region'), ('substation', 'S', ''), ('bus', 'B', '')`)
  await db.query(`insert into feeder (code) values ('F1'), ('F2')`)
  await db.query(
    `insert into transformer (code, feeder_id)
     select 'A' || n, 1 + (n - 1) / 2 from generate_series(1, 4) n`,
  )
  for (const [child, parent] of [
    ['S', 'R'],
    ['B', 'S'],
    ['F1', 'B'],
    ['F2', 'B'],
    ['A1', 'F1'],
    ['A2', 'F1'],
    ['A3', 'F2'],
    ['A4', 'F2'],
  ]) {
    await db.query(
      `insert into grid_link (node_id, parent_id, valid_from)
       select c.id, p.id, '2000-01-01T00:00Z' from grid_node c, grid_node p
       where c.code = $1 and p.code = $2`,
      [child, parent],
    )
  }
  await db.query(`insert into channel (name, kind) values ('one', 'mqtt')`)
  await db.query(
    `insert into customer (name, class)
     select 'c' || n, (array['residential', 'commercial'])[1 + n % 2]
     from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into account (no, customer_id) select 'A' || n, n from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into usage_point (code) select 'P' || n from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into account_usage_point (usage_point_id, account_id, valid_from)
     select n, n, '2000-01-01T00:00Z' from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into contract (account_id, no, tariff, trade, capacity_kva, valid_from)
     select n, 'K' || n, 't' || n % 2, 'trade ' || n % 3, 10, '2000-01-01T00:00Z'
     from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select n, g.id, 'receive', '2000-01-01T00:00Z'
     from generate_series(1, $1::int) n join grid_node g on g.code = 'A' || 1 + n % 4`,
    [customers],
  )
  await db.query(
    `insert into meter (address, protocol, channel_id, wiring, nominal_voltage)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1, '1p2w', 220
     from generate_series(1, $1::int) n`,
    [customers],
  )
  await db.query(
    `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from)
     select n, n, 1, 1, 1, 1, '2000-01-01T00:00Z' from generate_series(1, $1::int) n`,
    [customers],
  )
}

/** Energy of a usage point and day in 10^-6 kWh, as the metering leaves it behind. */
export async function metered(
  db: Db,
  rows: readonly {
    readonly point: number
    readonly date: string
    readonly energy: bigint
    readonly estimated?: bigint
    readonly register?: string
  }[],
): Promise<void> {
  await db.query(
    `with came as (
       insert into usage_day (usage_point_id, register, business_date, energy, estimated, quality,
         meters, computed_at)
       select point, register, date, energy, estimated, case estimated when 0 then 1 else 5 end, 1,
         '2026-11-22T00:00Z'
       from unnest($1::int[], $2::text[], $3::date[], $4::bigint[], $5::bigint[])
         u (point, register, date, energy, estimated)
       on conflict (usage_point_id, register, business_date) do update
         set energy = excluded.energy, estimated = excluded.estimated
       returning usage_point_id, business_date)
     insert into usage_change (usage_point_id, business_date, changed_at)
     select distinct usage_point_id, business_date, '2026-11-22T00:00Z'::timestamptz from came`,
    [
      rows.map(({ point }) => point),
      rows.map(({ register = '1.8.0' }) => register),
      rows.map(({ date }) => date),
      rows.map(({ energy }) => energy.toString()),
      rows.map(({ estimated = 0n }) => estimated.toString()),
    ],
  )
}

/** A usage point goes to another area. */
export async function moved(db: Db, point: number, area: string, at: string): Promise<void> {
  await db.query(
    `update usage_point_place set valid_to = $2::timestamptz
     where usage_point_id = $1::int and valid_to is null`,
    [point, at],
  )
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
     select $1::int, id, 'receive', $2::timestamptz from grid_node where code = $3`,
    [point, at, area],
  )
}

/** An account is in another line of business. */
export async function changedTrade(db: Db, account: number, trade: string, at: string) {
  await db.query(
    `update contract set valid_to = $2::timestamptz where account_id = $1::int and valid_to is null`,
    [account, at],
  )
  await db.query(
    `insert into contract (account_id, no, tariff, trade, capacity_kva, valid_from)
     values ($1::int, 'K' || $1::int || $3, 't9', $3, 10, $2::timestamptz)`,
    [account, at, trade],
  )
}
