export { type BoundingBox, parseBox, parseRing, ringsOf } from './geometry.ts'
export { createGrid } from './grid.ts'
export { selectNodeId as nodeIdOf } from './queries.ts'
export {
  type Grid,
  type GridNode,
  mapLayers,
  type NodeId,
  type NodeKind,
  type NodeName,
  nodeKinds,
  type PlacedPoint,
  placeRoles,
} from './types.ts'
