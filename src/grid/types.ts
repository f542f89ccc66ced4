import type { Id, Instant, UsagePointId } from '#src/core'
import type { Coordinates, LineGeometry } from './geometry.ts'

export const nodeKinds = ['region', 'substation', 'bus', 'feeder', 'area'] as const
export type NodeKind = (typeof nodeKinds)[number]
export const placeRoles = ['supply', 'receive', 'auxiliary', 'generation'] as const
export type PlaceRole = (typeof placeRoles)[number]
export type Phase = 'A' | 'B' | 'C' | 'ABC'

export type NodeId = Id<'grid_node'>

/** WGS 84, degrees. */
export interface Position {
  readonly longitude: number
  readonly latitude: number
}

/** What people call a node by. */
export interface NodeName {
  readonly kind: NodeKind
  readonly code: string
}

/** A node as it was at an instant. */
export interface GridNode extends NodeName {
  readonly id: NodeId
  readonly name: string
  /** Line to line, in V. */
  readonly nominalVoltage: number | null
  readonly position: Position | null
  readonly parent: NodeName | null
  /** Nodes that hung on it. */
  readonly children: number
  /** Usage points that counted on it, not further down. */
  readonly points: number
}

/** What the plate says; exact decimals as text. */
export interface PlacedTransformer {
  readonly code: string
  readonly ratedKva: string
  readonly highVoltage: number | null
  readonly lowVoltage: number | null
}

/** Usage points at or below a node. */
export type RoleCounts = Readonly<Record<PlaceRole, number>>

export interface NodeDetail {
  readonly node: GridNode
  /** From the root down to what it hangs on. */
  readonly above: readonly NodeName[]
  readonly children: readonly GridNode[]
  readonly transformers: readonly PlacedTransformer[]
  readonly roles: RoleCounts
  readonly accounts: number
}

/** Where a usage point counted. */
export interface Place {
  readonly node: NodeName
  readonly role: PlaceRole
  readonly phase: Phase | null
}

export interface PlacedPoint {
  readonly id: UsagePointId
  readonly code: string
  readonly name: string
  readonly position: Position | null
  readonly account: string | null
  /** Address of the meter that hung there. */
  readonly meter: string | null
  /** Those at or below what was asked for. */
  readonly places: readonly Place[]
}

export interface PointFilter {
  readonly role?: PlaceRole
  /** Only what counts on the node itself. */
  readonly direct?: boolean
}

export interface PageAfter {
  readonly after: number
  readonly limit: number
}

export type TraceDirection = 'up' | 'down'
export type TraceStart = NodeName | { readonly kind: 'point'; readonly code: string }

export interface TracedNode extends NodeName {
  readonly name: string
  /** How many steps from where the trace began. */
  readonly steps: number
}

export interface Trace {
  /** Nearest first; at most TRACED_NODES_MAX of them. */
  readonly nodes: readonly TracedNode[]
  readonly nodeCount: number
  /** Up: the supply points passed on the way. Down: whoever would be without supply. */
  readonly points: readonly PlacedPoint[]
  readonly pointCount: number
  readonly accounts: number
}

export interface NodeFilter {
  readonly kind?: NodeKind
  readonly under?: NodeName
}

export const mapLayers = ['nodes', 'links', 'points'] as const
export type MapLayer = (typeof mapLayers)[number]

/** A part of the map; areas on it are rings of corners. */
export interface MapQuery {
  readonly rings: readonly (readonly Position[])[]
  readonly layers: readonly MapLayer[]
  /** Of each layer. */
  readonly limit: number
}

/** RFC 7946. */
export interface Feature {
  readonly type: 'Feature'
  readonly id: string
  readonly geometry: { readonly type: 'Point'; readonly coordinates: Coordinates } | LineGeometry
  readonly properties: Readonly<Record<string, unknown>>
}
export interface FeatureCollection {
  readonly type: 'FeatureCollection'
  readonly features: readonly Feature[]
  /** A layer had more than `limit` in it; a smaller area shows all. */
  readonly truncated: boolean
}

export interface Affected {
  /** Equipment that lies inside. */
  readonly nodes: readonly GridNode[]
  readonly points: readonly PlacedPoint[]
  readonly pointCount: number
  readonly accounts: number
}

/** The grid as it was at any instant. */
export interface Grid {
  /** By number, after a number; null where `under` names no node. */
  nodes(at: Instant, filter: NodeFilter, page: PageAfter): Promise<readonly GridNode[] | null>
  node(name: NodeName, at: Instant): Promise<NodeDetail | null>
  points(
    name: NodeName,
    at: Instant,
    filter: PointFilter,
    page: PageAfter,
  ): Promise<readonly PlacedPoint[] | null>
  trace(
    from: TraceStart,
    direction: TraceDirection,
    at: Instant,
    page: PageAfter,
  ): Promise<Trace | null>
  map(query: MapQuery, at: Instant): Promise<FeatureCollection>
  /** Who is inside of an area of the map, or hangs on what is. */
  affected(rings: readonly (readonly Position[])[], at: Instant, page: PageAfter): Promise<Affected>
}
