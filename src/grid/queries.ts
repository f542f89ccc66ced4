import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  heldAt,
  type NodeRow,
  nodeOf,
  nodeSelect,
  type PointRow,
  pointOf,
  pointsOfPicked,
} from './rows.ts'
import type {
  GridNode,
  NodeFilter,
  NodeId,
  NodeKind,
  NodeName,
  PageAfter,
  PlacedPoint,
  PlacedTransformer,
  PlaceRole,
  PointFilter,
  RoleCounts,
} from './types.ts'

export async function selectNodeId(db: Db, { kind, code }: NodeName): Promise<NodeId | null> {
  const [row] = await db.query<{ id: number }>(
    `select id from grid_node where kind = $1::text and code = $2::text`,
    [kind, code],
  )
  return row === undefined ? null : idOf(row.id)
}

/** A node belongs to the grid of a time if it was linked or used then, or never was at all. */
const existed = `(l.id is not null
  or exists (select from grid_link c where c.parent_id = n.id and ${heldAt('c', '$1')})
  or exists (select from usage_point_place p where p.node_id = n.id and ${heldAt('p', '$1')})
  or not exists (select from grid_link e where n.id in (e.node_id, e.parent_id)))`

export async function selectNodes(
  db: Db,
  at: Instant,
  { kind }: NodeFilter,
  under: NodeId | null,
  { after, limit }: PageAfter,
): Promise<GridNode[]> {
  const rows = await db.query<NodeRow>(
    `${nodeSelect}
     where n.id > $2::int and ($3::text is null or n.kind = $3::text)
       and ($4::int is null
         or n.id in (select b.node_id from grid_below($4::int, $1::timestamptz) b))
       and ${existed}
     order by n.id limit $5::int`,
    [timestamptz(at), after, kind ?? null, under, limit],
  )
  return rows.map(nodeOf)
}

export async function selectNode(
  db: Db,
  { kind, code }: NodeName,
  at: Instant,
): Promise<GridNode | null> {
  const rows = await db.query<NodeRow>(
    `${nodeSelect} where n.kind = $2::text and n.code = $3::text`,
    [timestamptz(at), kind, code],
  )
  return rows.map(nodeOf)[0] ?? null
}

export async function selectChildren(db: Db, parent: NodeId, at: Instant): Promise<GridNode[]> {
  const rows = await db.query<NodeRow>(
    `${nodeSelect} where l.parent_id = $2::int order by n.kind, n.code`,
    [timestamptz(at), parent],
  )
  return rows.map(nodeOf)
}

/** From the root down to what the node hung on. */
export async function selectAbove(db: Db, node: NodeId, at: Instant): Promise<NodeName[]> {
  return await db.query<{ kind: NodeKind; code: string }>(
    `select n.kind, n.code from grid_above($1::int, $2::timestamptz) a
     join grid_node n on n.id = a.node_id where a.height > 0 order by a.height desc`,
    [node, timestamptz(at)],
  )
}

export async function selectTransformers(
  db: Db,
  node: NodeId,
  at: Instant,
): Promise<PlacedTransformer[]> {
  const rows = await db.query<{
    code: string
    rated_kva: string
    high_voltage: number | null
    low_voltage: number | null
  }>(
    `select t.code, t.rated_kva, t.high_voltage, t.low_voltage from power_transformer t
     where t.node_id = $1::int and ${heldAt('t', '$2')} order by t.code`,
    [node, timestamptz(at)],
  )
  return rows.map((row) => ({
    code: row.code,
    ratedKva: row.rated_kva,
    highVoltage: row.high_voltage,
    lowVoltage: row.low_voltage,
  }))
}

export async function countBelow(
  db: Db,
  node: NodeId,
  at: Instant,
): Promise<{ readonly roles: RoleCounts; readonly accounts: number }> {
  const rows = await db.query<{ role: PlaceRole; points: bigint; accounts: bigint }>(
    `select p.role, count(distinct p.usage_point_id) as points,
       count(distinct h.account_id) as accounts
     from grid_points($1::int, $2::timestamptz) p
     left join account_usage_point h on h.usage_point_id = p.usage_point_id
       and p.role <> 'supply' and ${heldAt('h', '$2')}
     group by grouping sets ((p.role), ())`,
    [node, timestamptz(at)],
  )
  const of = (role: PlaceRole | null) => rows.find((row) => row.role === role)
  const count = (role: PlaceRole) => Number(of(role)?.points ?? 0n)
  return {
    roles: {
      supply: count('supply'),
      receive: count('receive'),
      auxiliary: count('auxiliary'),
      generation: count('generation'),
    },
    accounts: Number(of(null)?.accounts ?? 0n),
  }
}

/**
 * All nodes at or below some. Asked for by itself: with the list in its hands the planner knows how
 * many points to expect, and for one area it does not look at a million.
 */
export async function selectBelow(
  db: Db,
  nodes: readonly NodeId[],
  at: Instant,
): Promise<NodeId[]> {
  const rows = await db.query<{ id: number }>(
    `select distinct b.node_id as id from unnest($1::int[]) root (id),
       grid_below(root.id, $2::timestamptz) b`,
    [nodes, timestamptz(at)],
  )
  return rows.map(({ id }) => idOf(id))
}

/** Usage points that count on the nodes, by number. */
export async function selectPlaced(
  db: Db,
  nodes: readonly NodeId[],
  at: Instant,
  { role }: Pick<PointFilter, 'role'>,
  { after, limit }: PageAfter,
): Promise<PlacedPoint[]> {
  const rows = await db.query<PointRow>(
    `with matching as (
       select p.usage_point_id, p.node_id, p.role, p.phase from usage_point_place p
       where p.node_id = any($2::int[]) and p.usage_point_id > $3::int
         and ${heldAt('p', '$1')} and ($5::text is null or p.role = $5::text)),
     chosen as (
       select distinct usage_point_id from matching order by usage_point_id limit $4::int),
     picked as (select m.* from matching m join chosen using (usage_point_id))
     ${pointsOfPicked}`,
    [timestamptz(at), nodes, after, limit, role ?? null],
  )
  return rows.map(pointOf)
}
