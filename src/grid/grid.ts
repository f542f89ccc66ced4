import type { Instant, UsagePointId } from '#src/core'
import type { Database } from '#src/db'
import { linkFeature, nodeFeature, pointFeature } from './features.ts'
import {
  countAffected,
  selectAffected,
  selectLinksInside,
  selectNodesInside,
  selectPointsInside,
} from './map-queries.ts'
import {
  countBelow,
  selectAbove,
  selectBelow,
  selectChildren,
  selectNode,
  selectNodeId,
  selectNodes,
  selectPlaced,
  selectTransformers,
} from './queries.ts'
import {
  countTraced,
  selectPlacesOf,
  selectPointId,
  selectReached,
  selectTracedNodes,
  selectTracedPoints,
} from './trace-queries.ts'
import type { Feature, Grid, MapLayer, NodeId, TraceDirection, TraceStart } from './types.ts'

/** A trace names so many nodes; of the others it says how many there are. */
const TRACED_NODES_MAX = 1_000
/** More equipment than this in one area of the map is a question of another kind. */
const EQUIPMENT_MAX = 100_000

export interface GridOptions {
  readonly db: Database
}

export function createGrid({ db }: GridOptions): Grid {
  return {
    async nodes(at, filter, page) {
      const under = filter.under === undefined ? null : await selectNodeId(db, filter.under)
      if (filter.under !== undefined && under === null) return null
      return await selectNodes(db, at, filter, under, page)
    },
    async node(name, at) {
      const node = await selectNode(db, name, at)
      if (node === null) return null
      const [above, children, transformers, below] = await Promise.all([
        selectAbove(db, node.id, at),
        selectChildren(db, node.id, at),
        selectTransformers(db, node.id, at),
        countBelow(db, node.id, at),
      ])
      return { node, above, children, transformers, ...below }
    },
    async points(name, at, filter, page) {
      const id = await selectNodeId(db, name)
      if (id === null) return null
      const nodes = filter.direct === true ? [id] : await selectBelow(db, [id], at)
      return await selectPlaced(db, nodes, at, filter, page)
    },
    async trace(from, direction, at, page) {
      const start = await startOf(from, direction, at)
      if (start === null) return null
      const { roots, own } = start
      const reached = await selectReached(db, roots, direction, at)
      const [traced, points, counts] = await Promise.all([
        selectTracedNodes(db, roots, direction, at, TRACED_NODES_MAX),
        selectTracedPoints(db, reached, own, direction, at, page),
        countTraced(db, reached, own, direction, at),
      ])
      const { nodes, count } = traced
      return {
        nodes,
        nodeCount: count,
        points,
        pointCount: counts.points,
        accounts: counts.accounts,
      }
    },
    async map({ rings, layers, limit }, at) {
      const wanted = <T>(layer: MapLayer, select: () => Promise<T[]>) =>
        layers.includes(layer) ? select() : Promise.resolve<T[]>([])
      const [nodes, links, points] = await Promise.all([
        wanted('nodes', () => selectNodesInside(db, rings, at, limit + 1)),
        wanted('links', () => selectLinksInside(db, rings, at, limit + 1)),
        wanted('points', () => selectPointsInside(db, rings, at, limit + 1)),
      ])
      const shown = <T>(found: readonly T[], feature: (one: T) => Feature[]) =>
        found.slice(0, limit).flatMap(feature)
      return {
        type: 'FeatureCollection',
        features: [
          ...shown(nodes, nodeFeature),
          ...shown(links, linkFeature),
          ...shown(points, pointFeature),
        ],
        truncated: Math.max(nodes.length, links.length, points.length) > limit,
      }
    },
    async affected(rings, at, page) {
      const nodes = await selectNodesInside(db, rings, at, EQUIPMENT_MAX)
      // A region is no equipment that could fail.
      const equipment = nodes.filter(({ kind }) => kind !== 'region')
      const ids = equipment.map(({ id }) => id)
      const below = await selectBelow(db, ids, at)
      const [points, counts] = await Promise.all([
        selectAffected(db, rings, below, at, page),
        countAffected(db, rings, below, at),
      ])
      return {
        nodes: equipment.slice(0, TRACED_NODES_MAX),
        points,
        pointCount: counts.points,
        accounts: counts.accounts,
      }
    },
  }

  /**
   * A usage point is fed by every node it counts for. It feeds what it is the supply of, and
   * otherwise nobody but itself.
   */
  async function startOf(
    from: TraceStart,
    direction: TraceDirection,
    at: Instant,
  ): Promise<{ readonly roots: readonly NodeId[]; readonly own: UsagePointId | null } | null> {
    if (from.kind !== 'point') {
      const id = await selectNodeId(db, from)
      return id === null ? null : { roots: [id], own: null }
    }
    const point = await selectPointId(db, from.code)
    if (point === null) return null
    const places = await selectPlacesOf(db, point, at)
    const fed = places.filter(({ role }) => direction === 'up' || role === 'supply')
    const own = direction === 'down' && fed.length === 0 ? point : null
    return { roots: fed.map(({ nodeId }) => nodeId), own }
  }
}
