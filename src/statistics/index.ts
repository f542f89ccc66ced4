export { createStatisticsFollower, type StatisticsFollower } from './follower.ts'
export { createStatistics, type Statistics } from './statistics.ts'
export {
  type Dimension,
  dimensions,
  type EnergySum,
  type LoadDimension,
  type LoadSum,
  loadDimensions,
  type PeriodKind,
  type PlaceRole,
  type PointLoad,
  periods,
  type QualityDimension,
  type QualitySum,
  qualityDimensions,
  roles as placeRoles,
  type StatisticsRefusal,
} from './types.ts'
