export {
  type BusinessDate,
  type CivilTime,
  civilTime,
  dateFrom,
  isTimeZone,
  parseBusinessDate,
  parseInstant,
  type WallTime,
} from './civil-time.ts'
export {
  type Clock,
  type Duration,
  hours,
  type Instant,
  instant,
  milliseconds,
  minutes,
  seconds,
  sleep,
  systemClock,
} from './clock.ts'
export { plainCode } from './codes.ts'
export {
  type ChannelId,
  type ConcentratorId,
  type Id,
  idOf,
  type MeterId,
  type UsagePointId,
  type UserId,
} from './ids.ts'
export { type Random, systemRandom } from './random.ts'
export { assert, fail, ok, type Result } from './result.ts'
export { createThread, type Thread } from './thread.ts'
