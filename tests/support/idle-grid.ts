import type { Grid } from '#src/grid'

/** No grid at all. */
export const idleGrid: Grid = {
  nodes: async () => [],
  node: async () => null,
  points: async () => null,
  trace: async () => null,
  map: async () => ({ type: 'FeatureCollection', features: [], truncated: false }),
  affected: async () => ({ nodes: [], points: [], pointCount: 0, accounts: 0 }),
}
