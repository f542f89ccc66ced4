import { type Instant, idOf, type UsagePointId } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { heldAt, isEnd, type PointRow, pointOf, pointsOfPicked } from './rows.ts'
import type {
  NodeId,
  NodeKind,
  PageAfter,
  PlacedPoint,
  PlaceRole,
  TraceDirection,
  TracedNode,
} from './types.ts'

export async function selectPointId(db: Db, code: string): Promise<UsagePointId | null> {
  const [row] = await db.query<{ id: number }>(`select id from usage_point where code = $1::text`, [
    code,
  ])
  return row === undefined ? null : idOf(row.id)
}

export interface PlaceOfPoint {
  readonly nodeId: NodeId
  readonly role: PlaceRole
}

export async function selectPlacesOf(
  db: Db,
  point: UsagePointId,
  at: Instant,
): Promise<PlaceOfPoint[]> {
  const rows = await db.query<{ node_id: number; role: PlaceRole }>(
    `select p.node_id, p.role from usage_point_place p
     where p.usage_point_id = $1::int and ${heldAt('p', '$2')}`,
    [point, timestamptz(at)],
  )
  return rows.map(({ node_id, role }) => ({ nodeId: idOf(node_id), role }))
}

const walks: Readonly<Record<TraceDirection, string>> = {
  up: `select a.node_id, min(a.height) as steps from unnest($2::int[]) as root (id),
    grid_above(root.id, $1::timestamptz) a group by a.node_id`,
  down: `select b.node_id, min(b.depth) as steps from unnest($2::int[]) as root (id),
    grid_below(root.id, $1::timestamptz) b group by b.node_id`,
}

/** All that a trace passes. */
export async function selectReached(
  db: Db,
  roots: readonly NodeId[],
  direction: TraceDirection,
  at: Instant,
): Promise<NodeId[]> {
  const rows = await db.query<{ id: number }>(
    `select w.node_id as id from (${walks[direction]}) w`,
    [timestamptz(at), roots],
  )
  return rows.map(({ id }) => idOf(id))
}

/** The nearest nodes, and how many there are. */
export async function selectTracedNodes(
  db: Db,
  roots: readonly NodeId[],
  direction: TraceDirection,
  at: Instant,
  limit: number,
): Promise<{ readonly nodes: readonly TracedNode[]; readonly count: number }> {
  const rows = await db.query<{
    kind: NodeKind
    code: string
    name: string
    steps: number
    total: bigint
  }>(
    `with walk as (${walks[direction]})
     select n.kind, n.code, n.name, w.steps, count(*) over () as total
     from walk w join grid_node n on n.id = w.node_id order by w.steps, n.id limit $3::int`,
    [timestamptz(at), roots, limit],
  )
  const nodes = rows.map(({ kind, code, name, steps }) => ({ kind, code, name, steps }))
  return { nodes, count: Number(rows[0]?.total ?? 0n) }
}

/** What a trace finds on its nodes: on the way up what supplies them, below whom they supply. */
const found: Readonly<Record<TraceDirection, string>> = {
  up: `p.role = 'supply'`,
  down: isEnd,
}

/** Whoever else the trace began with (a customer's own point), too. */
const matching = (direction: TraceDirection) => `
  matching as (
    select p.usage_point_id, p.node_id, p.role, p.phase
    from usage_point_place p
    where p.node_id = any($2::int[]) and ${found[direction]} and ${heldAt('p', '$1')}
    union
    select p.usage_point_id, p.node_id, p.role, p.phase from usage_point_place p
    where p.usage_point_id = $3::int and ${heldAt('p', '$1')})`

/** `nodes` are all that the trace passes. */
export async function selectTracedPoints(
  db: Db,
  nodes: readonly NodeId[],
  own: UsagePointId | null,
  direction: TraceDirection,
  at: Instant,
  { after, limit }: PageAfter,
): Promise<PlacedPoint[]> {
  const rows = await db.query<PointRow>(
    `with ${matching(direction)},
     chosen as (
       select distinct usage_point_id from matching where usage_point_id > $4::int
       order by usage_point_id limit $5::int),
     picked as (select m.* from matching m join chosen using (usage_point_id))
     ${pointsOfPicked}`,
    [timestamptz(at), nodes, own, after, limit],
  )
  return rows.map(pointOf)
}

export async function countTraced(
  db: Db,
  nodes: readonly NodeId[],
  own: UsagePointId | null,
  direction: TraceDirection,
  at: Instant,
): Promise<{ readonly points: number; readonly accounts: number }> {
  const [row] = await db.query<{ points: bigint; accounts: bigint }>(
    `with ${matching(direction)}
     select count(distinct m.usage_point_id) as points, count(distinct h.account_id) as accounts
     from matching m left join account_usage_point h
       on h.usage_point_id = m.usage_point_id and ${heldAt('h', '$1')}`,
    [timestamptz(at), nodes, own],
  )
  return { points: Number(row?.points ?? 0n), accounts: Number(row?.accounts ?? 0n) }
}
