import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  heldAt,
  isEnd,
  type NodeRow,
  nodeOf,
  nodeSelect,
  type PointRow,
  pointOf,
  pointsOfPicked,
} from './rows.ts'
import type {
  GridNode,
  NodeId,
  NodeKind,
  NodeName,
  PageAfter,
  PlacedPoint,
  Position,
} from './types.ts'

/** Rings as PostgreSQL reads polygons, whose points it compares by an index. */
const polygonsOf = (rings: readonly (readonly Position[])[]): string[] =>
  rings.map((ring) => {
    const corners = ring.map(({ longitude, latitude }) => `(${longitude},${latitude})`)
    return `(${corners.join(',')})`
  })

/** Rows of a table by their place on the map, each polygon by the index. */
const idsInside = (table: 'grid_node' | 'usage_point') => `
  select t.id from unnest($2::text[]) ring, ${table} t
  where t.longitude is not null and point(t.longitude, t.latitude) <@ ring::polygon`

export async function selectNodesInside(
  db: Db,
  rings: readonly (readonly Position[])[],
  at: Instant,
  limit: number,
): Promise<GridNode[]> {
  const rows = await db.query<NodeRow>(
    `${nodeSelect} where n.id in (${idsInside('grid_node')}) order by n.id limit $3::int`,
    [timestamptz(at), polygonsOf(rings), limit],
  )
  return rows.map(nodeOf)
}

export interface MappedLink {
  readonly node: NodeName & { readonly position: Position }
  readonly parent: NodeName & { readonly position: Position }
}

/** Links of which an end lies inside; both ends have a place. */
export async function selectLinksInside(
  db: Db,
  rings: readonly (readonly Position[])[],
  at: Instant,
  limit: number,
): Promise<MappedLink[]> {
  const rows = await db.query<{
    kind: NodeKind
    code: string
    longitude: number
    latitude: number
    up_kind: NodeKind
    up_code: string
    up_longitude: number
    up_latitude: number
  }>(
    `with inside as materialized (${idsInside('grid_node')}),
     touched as (
       select l.* from grid_link l join inside i on i.id = l.node_id
       union select l.* from grid_link l join inside i on i.id = l.parent_id)
     select n.kind, n.code, n.longitude, n.latitude, up.kind as up_kind, up.code as up_code,
       up.longitude as up_longitude, up.latitude as up_latitude
     from touched l join grid_node n on n.id = l.node_id join grid_node up on up.id = l.parent_id
     where ${heldAt('l', '$1')} and n.longitude is not null and up.longitude is not null
     order by l.id limit $3::int`,
    [timestamptz(at), polygonsOf(rings), limit],
  )
  return rows.map((row) => ({
    node: {
      kind: row.kind,
      code: row.code,
      position: { longitude: row.longitude, latitude: row.latitude },
    },
    parent: {
      kind: row.up_kind,
      code: row.up_code,
      position: { longitude: row.up_longitude, latitude: row.up_latitude },
    },
  }))
}

export async function selectPointsInside(
  db: Db,
  rings: readonly (readonly Position[])[],
  at: Instant,
  limit: number,
): Promise<PlacedPoint[]> {
  const rows = await db.query<PointRow>(
    `with picked as (
       select p.usage_point_id, p.node_id, p.role, p.phase from usage_point_place p
       where ${heldAt('p', '$1')} and p.usage_point_id in (
         select inside.id from (${idsInside('usage_point')}) inside
         where exists (select from usage_point_place q
           where q.usage_point_id = inside.id and ${heldAt('q', '$1')})
         order by inside.id limit $3::int))
     ${pointsOfPicked}`,
    [timestamptz(at), polygonsOf(rings), limit],
  )
  return rows.map(pointOf)
}

/** Whoever is inside, and whoever hangs on the nodes. */
const affected = `
  matching as (
    select p.usage_point_id, p.node_id, p.role, p.phase from usage_point_place p
    where p.node_id = any($3::int[]) and ${isEnd} and ${heldAt('p', '$1')}
    union
    select p.usage_point_id, p.node_id, p.role, p.phase
    from usage_point_place p join (${idsInside('usage_point')}) u on u.id = p.usage_point_id
    where ${isEnd} and ${heldAt('p', '$1')})`

export async function selectAffected(
  db: Db,
  rings: readonly (readonly Position[])[],
  nodes: readonly NodeId[],
  at: Instant,
  { after, limit }: PageAfter,
): Promise<PlacedPoint[]> {
  const rows = await db.query<PointRow>(
    `with ${affected},
     chosen as (
       select distinct usage_point_id from matching where usage_point_id > $4::int
       order by usage_point_id limit $5::int),
     picked as (select m.* from matching m join chosen using (usage_point_id))
     ${pointsOfPicked}`,
    [timestamptz(at), polygonsOf(rings), nodes, after, limit],
  )
  return rows.map(pointOf)
}

export async function countAffected(
  db: Db,
  rings: readonly (readonly Position[])[],
  nodes: readonly NodeId[],
  at: Instant,
): Promise<{ readonly points: number; readonly accounts: number }> {
  const [row] = await db.query<{ points: bigint; accounts: bigint }>(
    `with ${affected}
     select count(distinct m.usage_point_id) as points, count(distinct h.account_id) as accounts
     from matching m left join account_usage_point h
       on h.usage_point_id = m.usage_point_id and ${heldAt('h', '$1')}`,
    [timestamptz(at), polygonsOf(rings), nodes],
  )
  return { points: Number(row?.points ?? 0n), accounts: Number(row?.accounts ?? 0n) }
}
