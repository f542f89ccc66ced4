export { createStatisticsFollower, type StatisticsFollower } from './follower.ts'
export { createStatistics, type Statistics } from './statistics.ts'
export {
  type Dimension,
  dimensions,
  type EnergySum,
  type PeriodKind,
  type PlaceRole,
  periods,
  roles as placeRoles,
  type StatisticsRefusal,
} from './types.ts'
