import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { PlaceRole } from './archive-details.ts'
import type { Dated } from './dated.ts'
import type { NodeKind } from './grid-queries.ts'

export interface KnownUsagePoint {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly longitude: number | null
  readonly latitude: number | null
  readonly account_id: number | null
  readonly transformer_id: number | null
}

export async function selectKnownUsagePoints(
  db: Db,
  codes: readonly string[],
): Promise<KnownUsagePoint[]> {
  return await db.query<KnownUsagePoint>(
    `select id, code, name, longitude, latitude, account_id, transformer_id
     from usage_point where code = any($1::text[])`,
    [codes],
  )
}

type PointWrite = Omit<KnownUsagePoint, 'id'>

const pointColumns = (rows: readonly PointWrite[]) => [
  rows.map(({ account_id }) => account_id),
  rows.map(({ transformer_id }) => transformer_id),
  rows.map(({ name }) => name),
  rows.map(({ longitude }) => longitude),
  rows.map(({ latitude }) => latitude),
]

/** Usage points that are not there yet. */
export async function insertUsagePoints(
  db: Db,
  rows: readonly PointWrite[],
): Promise<{ id: number; code: string }[]> {
  if (rows.length === 0) return []
  return await db.query(
    `insert into usage_point (code, account_id, transformer_id, name, longitude, latitude)
     select * from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::float8[], $6::float8[])
     returning id, code`,
    [rows.map(({ code }) => code), ...pointColumns(rows)],
  )
}

export async function updateUsagePoints(db: Db, rows: readonly KnownUsagePoint[]): Promise<void> {
  if (rows.length === 0) return
  await db.query(
    `update usage_point p set account_id = u.account, transformer_id = u.transformer,
       name = u.name, longitude = u.longitude, latitude = u.latitude
     from unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::float8[], $6::float8[])
       as u (id, account, transformer, name, longitude, latitude) where p.id = u.id`,
    [rows.map(({ id }) => id), ...pointColumns(rows)],
  )
}

/** Where a usage point counted, and as what. */
export interface KnownPlace extends Dated {
  readonly usage_point_id: number
  readonly node_id: number
  readonly node_kind: NodeKind
  readonly node: string
  readonly role: PlaceRole
  readonly phase: string | null
}

export async function selectPlaces(db: Db, pointIds: readonly number[]): Promise<KnownPlace[]> {
  return await db.query<KnownPlace>(
    `select w.id, w.usage_point_id, w.node_id, n.kind as node_kind, n.code as node, w.role,
       w.phase, w.valid_from, w.valid_to
     from usage_point_place w join grid_node n on n.id = w.node_id
     where w.usage_point_id = any($1::int[])`,
    [pointIds],
  )
}

export interface PlaceWrite {
  readonly pointId: number
  readonly nodeId: number
  readonly role: PlaceRole
  readonly phase: string | null
  readonly from: Instant
  readonly to: Instant | null
  readonly closes: number | null
  readonly corrects: number | null
}

const listed = `unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::text[], $6::float8[],
    $7::float8[])
  as u (id, point, node, role, phase, from_ms, to_ms)`

/** Ends what is followed, puts right what was wrong, and enters the others. */
export async function writePlaceRows(db: Db, writes: readonly PlaceWrite[]): Promise<void> {
  const columns = (rows: readonly PlaceWrite[]) => [
    rows.map(({ closes, corrects }) => closes ?? corrects),
    rows.map(({ pointId }) => pointId),
    rows.map(({ nodeId }) => nodeId),
    rows.map(({ role }) => role),
    rows.map(({ phase }) => phase),
    rows.map(({ from }) => from),
    rows.map(({ to }) => to),
  ]
  const corrected = writes.filter(({ corrects }) => corrects !== null)
  if (corrected.length > 0) {
    await db.query(
      `update usage_point_place w set node_id = u.node, role = u.role, phase = u.phase,
         valid_from = to_timestamp(u.from_ms / 1000) from ${listed} where w.id = u.id`,
      columns(corrected),
    )
  }
  const followed = writes.filter(({ closes }) => closes !== null)
  if (followed.length > 0) {
    await db.query(
      `update usage_point_place w set valid_to = to_timestamp(u.from_ms / 1000)
       from ${listed} where w.id = u.id`,
      columns(followed),
    )
  }
  const fresh = writes.filter(({ corrects }) => corrects === null)
  if (fresh.length === 0) return
  await db.query(
    `insert into usage_point_place (usage_point_id, node_id, role, phase, valid_from, valid_to)
     select u.point, u.node, u.role, u.phase, to_timestamp(u.from_ms / 1000),
       to_timestamp(u.to_ms / 1000) from ${listed}`,
    columns(fresh),
  )
}
