import type { Database, Db } from '#src/db'
import { addPlates, writeDevices } from './device-rows.ts'
import type { OracleEnergy, OracleLink, OraclePlace, OracleUse, World } from './oracle-world.ts'
import { at, DAYS, dateOfDay } from './world-dice.ts'
import type { correctedOf } from './worlds.ts'

const FIRST = dateOfDay(0)
const archive = [
  'power_transformer',
  'loss_network',
  'grid_link',
  'usage_point_place',
  'usage_day',
  'usage_month',
]
const own = [
  'usage_change',
  'usage_follower',
  'grid_change',
  'loss_day',
  'loss_month',
  'loss_due',
  'loss_progress',
  'loss_touched',
  'loss_month_energy',
]

/** Corrects what was written, as people and meters do: nothing else is told. */
export async function writeCorrected(
  db: Db,
  { world, late, point, node, plate }: ReturnType<typeof correctedOf>,
): Promise<void> {
  await db.query('delete from usage_point_place where usage_point_id = $1', [point])
  await writePlaces(
    db,
    world.places.filter((one) => one.point === point),
  )
  await db.query('delete from grid_link where node_id = $1', [node])
  await writeLinks(
    db,
    world.links.filter((one) => one.node === node),
  )
  await writeUses(db, world, late)
  await db.query('delete from power_transformer where code = $1', [plate.code])
  await addPlates(db, [plate])
}

/** Writes a world in place of the one before; its ids are those of the rows. */
export async function writeWorld(db: Database, world: World): Promise<void> {
  for (const table of [...archive, ...own]) {
    await db.query(`delete from ${table}`)
  }
  await db.query('update grid_node set nominal_voltage = null')
  await db.query(
    `update loss_policy set user_success_min = $1::numeric / 100, estimated_max = $2::numeric / 100`,
    [world.usersMin, world.estimatedMax],
  )
  await db.query(
    `insert into grid_node (id, kind, code, nominal_voltage) overriding system value
     select i, k, 'N' || i, v from unnest($1::int[], $2::text[], $3::int[]) u (i, k, v)`,
    [
      world.nodes.map(({ id }) => id),
      world.nodes.map(({ kind }) => kind),
      world.nodes.map(({ voltage }) => voltage),
    ],
  )
  await writeLinks(db, world.links)
  await db.query(
    `insert into usage_point (id, code) overriding system value
     select i, 'P' || i from unnest($1::int[]) i`,
    [[...world.uses.keys()]],
  )
  await writePlaces(db, world.places)
  await writeUses(db, world, [...world.uses.keys()])
  await writeDevices(db, world)
}

async function writeLinks(db: Db, links: readonly OracleLink[]): Promise<void> {
  await db.query(
    `insert into grid_link (node_id, parent_id, valid_from, valid_to)
     select n, p, coalesce(f, '2020-01-01T00:00Z'), t
     from unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[]) u (n, p, f, t)`,
    [
      links.map((link) => link.node),
      links.map((link) => link.parent),
      links.map((link) => at(link.from)),
      links.map((link) => at(link.to)),
    ],
  )
}

async function writePlaces(db: Db, places: readonly OraclePlace[]): Promise<void> {
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from, valid_to)
     select p, n, r, coalesce(f, '2020-01-01T00:00Z'), t
     from unnest($1::int[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[])
       u (p, n, r, f, t)`,
    [
      places.map((one) => one.point),
      places.map((one) => one.node),
      places.map((one) => one.role),
      places.map((one) => at(one.from)),
      places.map((one) => at(one.to)),
    ],
  )
}

/** Puts the energy of some points in place of what is there, and says so as metering does. */
async function writeUses(db: Db, world: World, points: readonly number[]): Promise<void> {
  await db.query('delete from usage_day where usage_point_id = any($1::int[])', [points])
  await db.query('delete from usage_month where usage_point_id = any($1::int[])', [points])
  type Row = readonly [number, string, string, OracleEnergy]
  const rowsOf = (point: number, date: string, use: OracleUse['month'] | undefined): Row[] => [
    ...(use?.forward ? [[point, date, '1.8.0', use.forward] as const] : []),
    ...(use?.back ? [[point, date, '2.8.0', use.back] as const] : []),
    ...(use?.reactive ? [[point, date, '3.8.0', use.reactive] as const] : []),
  ]
  const days = points.flatMap((point) =>
    (world.uses.get(point)?.days ?? []).flatMap((use, day) => rowsOf(point, dateOfDay(day), use)),
  )
  const months = points.flatMap((point) => rowsOf(point, FIRST, world.uses.get(point)?.month))
  for (const [table, column, rows] of [
    ['usage_day', 'business_date', days],
    ['usage_month', 'business_month', months],
  ] as const) {
    await db.query(
      `insert into ${table} (energy, estimated, computed_at, usage_point_id, ${column}, quality,
         meters, register)
       select e, s, '2026-12-01T00:00Z', p, d, q, 1, r
       from unnest($1::int[], $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::int[])
         u (p, d, r, e, s, q)`,
      [
        rows.map(([point]) => point),
        rows.map(([, date]) => date),
        rows.map(([, , register]) => register),
        rows.map(([, , , { energy }]) => energy),
        rows.map(([, , , { estimated }]) => estimated),
        rows.map(([, , , { quality }]) => quality),
      ],
    )
  }
  await db.query(
    `insert into usage_change (usage_point_id, business_date, changed_at)
     select p, $2::date + n, now() from unnest($1::int[]) p, generate_series(0, $3::int - 1) n`,
    [points, FIRST, DAYS],
  )
}
