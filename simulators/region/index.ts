export { archiveLines, type Truth, truthLines, truthOf } from './books.ts'
export { type Pace, pacedClock } from './pace.ts'
export type { RegionSpec } from './plan.ts'
export { startRegionPart } from './region.ts'
