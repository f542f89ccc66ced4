export type { CalendarDay, Temperature } from './calendar-queries.ts'
export { createForecastFollower, type ForecastFollower } from './follower.ts'
export {
  createForecasts,
  type ForecastError,
  type ForecastOfDay,
  type Forecasts,
} from './forecasts.ts'
export { createThinker } from './thinker.ts'
export { targetKinds } from './types.ts'
