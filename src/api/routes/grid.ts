import { Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { mapLayers, nodeKinds, placeRoles } from '#src/grid'
import { BUSINESS } from '../access.ts'
import { cursorOf, numberOf } from '../cursor.ts'
import {
  AtTime,
  areaOf,
  atOf,
  BoxText,
  FeatureCollectionView,
  NodeDetailView,
  NodeNameView,
  NodeParams,
  NodeRefText,
  NodeView,
  nodeNameOf,
  nodeView,
  PlacedPointView,
  placedView,
  RingText,
  startOf,
  TraceFrom,
} from '../grid-schemas.ts'
import type { DefineRoute } from '../route.ts'
import { closed, nullable, oneOf, pageOf, paging } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Grid'
const FEATURES_MAX = 20_000
const FEATURES = 5_000

const whom = {
  items: Type.Array(PlacedPointView),
  next: nullable(Type.String()),
  usagePoints: Type.Integer(),
  accounts: Type.Integer(),
}

/** The grid (电网拓扑) as it is, and as it was. */
export function gridRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { grid, civil, clock } = services
  const moment = (text: string | undefined) => atOf(civil, text, clock.now())

  return [
    define({
      method: 'GET',
      url: '/api/v1/grid',
      access: BUSINESS,
      tag,
      summary: 'Nodes of the grid with what they hang on, as of a time',
      query: closed({
        ...paging,
        at: AtTime,
        kind: Type.Optional(oneOf(nodeKinds)),
        under: Type.Optional(NodeRefText),
      }),
      answers: pageOf(NodeView),
      errors: ['bad-cursor', 'invalid-range', 'node-not-found'],
      async handle({ query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const under = query.under === undefined ? undefined : nodeNameOf(query.under)
        const filter = {
          ...(query.kind === undefined ? {} : { kind: query.kind }),
          ...(under === undefined ? {} : { under }),
        }
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await grid.nodes(at.value, filter, page)
        if (found === null) return fail({ code: 'node-not-found' })
        const items = found.slice(0, limit).map(nodeView)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/:kind/:code',
      access: BUSINESS,
      tag,
      summary: 'One node: what it hangs on, what hangs on it, its transformers and counts',
      params: NodeParams,
      query: closed({ at: AtTime }),
      answers: NodeDetailView,
      errors: ['invalid-range', 'node-not-found'],
      async handle({ params, query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const detail = await grid.node(params, at.value)
        if (detail === null) return fail({ code: 'node-not-found' })
        const { node, children, above, transformers, ...counts } = detail
        const body = {
          at: civil.iso(at.value),
          ...nodeView(node),
          above: [...above],
          childNodes: children.map(nodeView),
          transformers: [...transformers],
          ...counts,
        }
        return ok({ body })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/:kind/:code/points',
      access: BUSINESS,
      tag,
      summary: 'Usage points at or below a node, with their roles',
      params: NodeParams,
      query: closed({
        ...paging,
        at: AtTime,
        role: Type.Optional(oneOf(placeRoles)),
        direct: Type.Optional(Type.Boolean({ description: 'Only those on the node itself.' })),
      }),
      answers: pageOf(PlacedPointView),
      errors: ['bad-cursor', 'invalid-range', 'node-not-found'],
      async handle({ params, query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const { role, direct } = query
        const filter = { ...(role === undefined ? {} : { role }), direct: direct ?? false }
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await grid.points(params, at.value, filter, page)
        if (found === null) return fail({ code: 'node-not-found' })
        const items = found.slice(0, limit).map(placedView)
        return ok({ body: { items, next: cursorOf(found, limit, ({ id }) => id) } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/trace',
      access: BUSINESS,
      tag,
      summary: 'Up: what feeds a place. Down: who would be without supply',
      query: closed({
        ...paging,
        at: AtTime,
        from: TraceFrom,
        direction: oneOf(['up', 'down'] as const),
      }),
      answers: closed({
        nodes: Type.Array(
          closed({ ...NodeNameView.properties, name: Type.String(), steps: Type.Integer() }),
          { description: 'Nearest first; at most 1,000 of `nodeCount`.' },
        ),
        nodeCount: Type.Integer(),
        ...whom,
      }),
      errors: ['bad-cursor', 'invalid-range', 'node-not-found'],
      async handle({ query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const trace = await grid.trace(startOf(query.from), query.direction, at.value, page)
        if (trace === null) return fail({ code: 'node-not-found' })
        const { nodes, nodeCount, points, pointCount, accounts } = trace
        const items = points.slice(0, limit).map(placedView)
        const next = cursorOf(points, limit, ({ id }) => id)
        const counts = { usagePoints: pointCount, accounts }
        return ok({ body: { nodes: [...nodes], nodeCount, items, next, ...counts } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid/affected',
      access: BUSINESS,
      tag,
      summary: 'Who is inside of an area of the map, or hangs on equipment that is',
      query: closed({
        ...paging,
        at: AtTime,
        bbox: Type.Optional(BoxText),
        polygon: Type.Optional(RingText),
      }),
      answers: closed({ nodes: Type.Array(NodeView), ...whom }),
      errors: ['bad-cursor', 'invalid-range'],
      async handle({ query }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const area = areaOf(query)
        if (!area.ok) return area
        const after = numberOf(query.cursor)
        if (!after.ok) return after
        const limit = query.limit ?? 100
        const page = { after: after.value ?? 0, limit: limit + 1 }
        const found = await grid.affected(area.value, at.value, page)
        const { nodes, points, pointCount, accounts } = found
        const items = points.slice(0, limit).map(placedView)
        const next = cursorOf(points, limit, ({ id }) => id)
        const counts = { usagePoints: pointCount, accounts }
        return ok({ body: { nodes: nodes.map(nodeView), items, next, ...counts } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/grid.geojson',
      access: BUSINESS,
      tag,
      summary: 'Nodes, links and usage points as GeoJSON (RFC 7946, `application/geo+json`)',
      query: closed({
        at: AtTime,
        bbox: Type.Optional(BoxText),
        polygon: Type.Optional(RingText),
        layers: Type.Optional(
          Type.String({
            description: `Some of ${mapLayers.join(',')}; all if absent.`,
            pattern: `^(${mapLayers.join('|')})(,(${mapLayers.join('|')}))*$`,
          }),
        ),
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: FEATURES_MAX, description: 'Of each layer.' }),
        ),
      }),
      answers: FeatureCollectionView,
      errors: ['invalid-range'],
      async handle({ query, reply }) {
        const at = moment(query.at)
        if (!at.ok) return at
        const area = areaOf(query)
        if (!area.ok) return area
        const names = query.layers?.split(',') ?? mapLayers
        const layers = mapLayers.filter((layer) => names.includes(layer))
        const limit = query.limit ?? FEATURES
        const { features, ...rest } = await grid.map({ rings: area.value, layers, limit }, at.value)
        const drawn = features.map(({ geometry, ...feature }) => ({
          ...feature,
          geometry: { type: geometry.type, coordinates: [...geometry.coordinates] },
        }))
        reply.type('application/geo+json; charset=utf-8')
        return ok({ body: { ...rest, features: drawn } })
      },
    }),
  ]
}
