export { type BoundingBox, parseBox, parseRing, ringsOf } from './geometry.ts'
export { createGrid } from './grid.ts'
export {
  type Grid,
  type GridNode,
  mapLayers,
  type NodeName,
  nodeKinds,
  type PlacedPoint,
  placeRoles,
} from './types.ts'
