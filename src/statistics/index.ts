export { type CapacityRule, type CapacityVerdict, capacityVerdicts } from './capacity.ts'
export { createStatisticsFollower, type StatisticsFollower } from './follower.ts'
export { supplyClasses } from './quality-limits.ts'
export type {
  AdHocQuery,
  QueryAnswer,
  QueryDefinition,
  QueryDesk,
  QueryRefusal,
  SavedQuery,
} from './query-types.ts'
export { createStatistics, type Statistics } from './statistics.ts'
export {
  curveQuantities,
  type Dimension,
  dimensions,
  type EnergySum,
  type LoadDimension,
  type LoadSum,
  loadDimensions,
  type PeriodKind,
  type PlaceRole,
  type PointCurve,
  type PointLoad,
  periods,
  type QualityDimension,
  type QualitySum,
  qualityDimensions,
  roles as placeRoles,
  type StatisticsRefusal,
} from './types.ts'
export { subjectKinds } from './watch-subjects.ts'
export type { WatchList, WatchLists, WatchRefusal } from './watch-types.ts'
