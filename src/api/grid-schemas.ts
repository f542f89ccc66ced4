import { type Static, Type } from '@sinclair/typebox'
import { type CivilTime, fail, type Instant, ok, type Result } from '#src/core'
import {
  type GridNode,
  type NodeName,
  nodeKinds,
  type PlacedPoint,
  parseBox,
  parseRing,
  placeRoles,
  ringsOf,
} from '#src/grid'
import type { Problem } from './problems.ts'
import { parseMoment } from './ranges.ts'
import { closed, Moment, nullable, oneOf } from './schemas.ts'

const Text = Type.String()
const Count = Type.Integer()
const Code = Type.String({ minLength: 1, maxLength: 100 })
/** `/grid/area/T1`. */
export const NodeParams = closed({ kind: oneOf(nodeKinds), code: Code })
export const AtTime = Type.Optional(Moment)
export const NodeNameView = closed({ kind: oneOf(nodeKinds), code: Text })
export const PositionView = Type.Union([
  closed({ longitude: Type.Number(), latitude: Type.Number() }),
  Type.Null(),
])
export const NodeView = closed({
  kind: oneOf(nodeKinds),
  code: Text,
  name: Text,
  nominalVoltage: nullable(Type.Integer({ description: 'Line to line, in V.' })),
  position: PositionView,
  parent: Type.Union([NodeNameView, Type.Null()]),
  children: Count,
  points: Type.Integer({ description: 'Usage points that count on it, not further down.' }),
})
export const PlacedPointView = closed({
  code: Text,
  name: Text,
  position: PositionView,
  account: nullable(Text),
  meter: nullable(Type.String({ description: 'Address of the meter that hung there.' })),
  places: Type.Array(
    closed({
      node: NodeNameView,
      role: oneOf(placeRoles),
      phase: Type.Union([oneOf(['A', 'B', 'C', 'ABC'] as const), Type.Null()]),
    }),
  ),
})
export const NodeDetailView = closed({
  at: Type.String({ format: 'date-time' }),
  ...NodeView.properties,
  above: Type.Array(NodeNameView, { description: 'From the root down.' }),
  childNodes: Type.Array(NodeView),
  transformers: Type.Array(
    closed({
      code: Text,
      ratedKva: Text,
      highVoltage: nullable(Count),
      lowVoltage: nullable(Count),
    }),
  ),
  roles: closed({ supply: Count, receive: Count, auxiliary: Count, generation: Count }),
  accounts: Count,
})
export const NodeRefText = Type.String({
  description: 'A node as `kind:code`, e.g. `feeder:F1`.',
  pattern: `^(${nodeKinds.join('|')}):.{1,100}$`,
})
export const TraceFrom = Type.String({
  description: 'A node as `kind:code`, or a usage point as `point:code`.',
  pattern: `^(${nodeKinds.join('|')}|point):.{1,100}$`,
})
export const BoxText = Type.String({
  description: 'west,south,east,north in degrees; west above east crosses the antimeridian.',
  maxLength: 100,
  examples: ['121.40,31.10,121.60,31.30'],
})
export const RingText = Type.String({
  description: 'Corners as longitude,latitude,longitude,latitude,…; it may not cross 180°.',
  maxLength: 12_000,
})
/** What a map layer or a feature is, RFC 7946 has. */
export const FeatureCollectionView = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(
    Type.Object({
      type: Type.Literal('Feature'),
      id: Text,
      geometry: Type.Object({ type: Text, coordinates: Type.Array(Type.Unknown()) }),
      properties: Type.Record(Text, Type.Unknown()),
    }),
  ),
  truncated: Type.Boolean(),
})

const isNodeKind = (kind: string): kind is NodeName['kind'] => nodeKinds.some((one) => one === kind)

/** Of a text that fits `TraceFrom`. */
export function startOf(
  text: string,
): NodeName | { readonly kind: 'point'; readonly code: string } {
  const colon = text.indexOf(':')
  const [kind, code] = [text.slice(0, colon), text.slice(colon + 1)]
  return isNodeKind(kind) ? { kind, code } : { kind: 'point', code }
}

/** Of a text that fits `NodeRefText`. */
export function nodeNameOf(text: string): NodeName | undefined {
  const start = startOf(text)
  return start.kind === 'point' ? undefined : start
}

/** The instant that is asked for; now where none is. */
export function atOf(
  civil: CivilTime,
  text: string | undefined,
  now: Instant,
): Result<Instant, Problem> {
  return text === undefined ? ok(now) : parseMoment(civil, 'at', text)
}

const WHOLE_EARTH = [-180, -90, 180, 90] as const

export function areaOf(query: {
  readonly bbox?: string
  readonly polygon?: string
}): Result<ReturnType<typeof ringsOf>, Problem> {
  const { bbox, polygon } = query
  if (bbox !== undefined && polygon !== undefined) {
    return fail(wrong('polygon', 'is not given together with bbox'))
  }
  if (polygon !== undefined) {
    const ring = parseRing(polygon)
    return ring.ok ? ok([ring.value]) : fail(wrong('polygon', ring.error))
  }
  if (bbox === undefined) return ok(ringsOf(WHOLE_EARTH))
  const box = parseBox(bbox)
  return box.ok ? ok(ringsOf(box.value)) : fail(wrong('bbox', box.error))
}

const wrong = (name: string, message: string): Problem => ({
  code: 'invalid-parameters',
  errors: [{ in: 'query', name, message }],
})

export function nodeView({ id: _, ...node }: GridNode): Static<typeof NodeView> {
  return node
}

export function placedView({ id: _, ...point }: PlacedPoint): Static<typeof PlacedPointView> {
  return { ...point, places: [...point.places] }
}
