import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { Dated } from './dated.ts'

/** From the whole down to its parts. */
export const nodeKinds = ['region', 'substation', 'bus', 'feeder', 'area'] as const
export type NodeKind = (typeof nodeKinds)[number]

export interface KnownNode {
  readonly id: number
  readonly kind: NodeKind
  readonly code: string
  readonly nominal_voltage: number | null
  readonly longitude: number | null
  readonly latitude: number | null
  /** The row of the feeder or transformer area that other tables refer to. */
  readonly place_id: number | null
  readonly is_new: boolean
}

/**
 * Enters the nodes that are new, feeders and areas with the rows that other tables refer to; all of
 * the given ones come back.
 */
export async function ensureNodes(
  db: Db,
  nodes: readonly { readonly kind: NodeKind; readonly code: string }[],
): Promise<KnownNode[]> {
  const list = [nodes.map(({ kind }) => kind), nodes.map(({ code }) => code)]
  const before = await selectNodes(db, list)
  const known = new Set(before.map(({ kind, code }) => `${kind} ${code}`))
  const fresh = nodes.filter(({ kind, code }) => !known.has(`${kind} ${code}`))
  if (fresh.length === 0) return before
  const codes = (...kinds: NodeKind[]) =>
    fresh.filter(({ kind }) => kinds.includes(kind)).map(({ code }) => code)
  const others = fresh.filter(({ kind }) => kind !== 'feeder' && kind !== 'area')
  await db.query(
    `insert into feeder (code) select unnest($1::text[]) on conflict (code) do nothing`,
    [codes('feeder')],
  )
  await db.query(
    `insert into transformer (code) select unnest($1::text[]) on conflict (code) do nothing`,
    [codes('area')],
  )
  await db.query(
    `insert into grid_node (kind, code) select * from unnest($1::text[], $2::text[])
     on conflict (kind, code) do nothing`,
    [others.map(({ kind }) => kind), others.map(({ code }) => code)],
  )
  const after = await selectNodes(db, list)
  return after.map((node) => ({ ...node, is_new: !known.has(`${node.kind} ${node.code}`) }))
}

async function selectNodes(db: Db, list: readonly (readonly string[])[]): Promise<KnownNode[]> {
  return await db.query<KnownNode>(
    `select n.id, n.kind, n.code, n.nominal_voltage, n.longitude, n.latitude, coalesce(f.id, t.id) as place_id,
       false as is_new
     from unnest($1::text[], $2::text[]) as u (kind, code)
     join grid_node n on n.kind = u.kind and n.code = u.code
     left join feeder f on f.node_id = n.id and n.kind = 'feeder'
     left join transformer t on t.node_id = n.id and n.kind = 'area'`,
    [...list],
  )
}

export interface KnownLink extends Dated {
  readonly node_id: number
  readonly parent_id: number
  readonly parent_kind: NodeKind
  readonly parent: string
}

export async function selectLinks(db: Db, nodeIds: readonly number[]): Promise<KnownLink[]> {
  return await db.query<KnownLink>(
    `select l.id, l.node_id, l.parent_id, l.valid_from, l.valid_to, p.kind as parent_kind,
       p.code as parent
     from grid_link l join grid_node p on p.id = l.parent_id
     where l.node_id = any($1::int[])`,
    [nodeIds],
  )
}

export interface LinkWrite {
  readonly nodeId: number
  readonly parentId: number
  readonly from: Instant
  readonly to: Instant | null
  /** The link that ends there, or is put right. */
  readonly closes: number | null
  readonly corrects: number | null
}

const linksListed = `unnest($1::int[], $2::int[], $3::int[], $4::float8[], $5::float8[])
  as u (id, node, parent, from_ms, to_ms)`

export async function writeLinks(db: Db, writes: readonly LinkWrite[]): Promise<void> {
  const columns = (rows: readonly LinkWrite[]) => [
    rows.map(({ closes, corrects }) => closes ?? corrects),
    rows.map(({ nodeId }) => nodeId),
    rows.map(({ parentId }) => parentId),
    rows.map(({ from }) => from),
    rows.map(({ to }) => to),
  ]
  const corrected = writes.filter(({ corrects }) => corrects !== null)
  if (corrected.length > 0) {
    await db.query(
      `update grid_link l set parent_id = u.parent, valid_from = to_timestamp(u.from_ms / 1000)
       from ${linksListed}
       where l.id = u.id`,
      columns(corrected),
    )
  }
  const fresh = writes.filter(({ corrects }) => corrects === null)
  if (fresh.length === 0) return
  await db.query(
    `update grid_link l set valid_to = to_timestamp(u.from_ms / 1000)
     from ${linksListed}
     where l.id = u.id`,
    columns(fresh.filter(({ closes }) => closes !== null)),
  )
  await db.query(
    `insert into grid_link (node_id, parent_id, valid_from, valid_to)
     select u.node, u.parent, to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000)
     from ${linksListed}`,
    columns(fresh),
  )
}

export async function updateNodePositions(
  db: Db,
  rows: readonly { readonly id: number; readonly longitude: number; readonly latitude: number }[],
): Promise<void> {
  await db.query(
    `update grid_node n set longitude = u.longitude, latitude = u.latitude
     from unnest($1::int[], $2::float8[], $3::float8[]) as u (id, longitude, latitude)
     where n.id = u.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ longitude }) => longitude),
      rows.map(({ latitude }) => latitude),
    ],
  )
}

export async function updateNodeVoltages(
  db: Db,
  rows: readonly { readonly id: number; readonly voltage: number }[],
): Promise<void> {
  await db.query(
    `update grid_node n set nominal_voltage = u.voltage
     from unnest($1::int[], $2::int[]) as u (id, voltage) where n.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ voltage }) => voltage)],
  )
}
