import type { Instant } from '#src/core'

export interface Place {
  readonly latitude: number
  readonly longitude: number
}

const DAY = 86_400_000
/** 2000-01-01T12:00Z, from which the sun's mean motion is counted. */
const EPOCH = 946_728_000_000
const radians = (degrees: number): number => (degrees * Math.PI) / 180

/**
 * Sine of the sun's height above the horizon, by the low-precision formulae of the Astronomical
 * Almanac: right to about a hundredth of a degree for this century.
 */
export function sunSine(at: Instant, { latitude, longitude }: Place): number {
  const days = (at - EPOCH) / DAY
  const mean = radians(280.46 + 0.9856474 * days)
  const anomaly = radians(357.528 + 0.9856003 * days)
  const ecliptic = mean + radians(1.915) * Math.sin(anomaly) + radians(0.02) * Math.sin(2 * anomaly)
  const tilt = radians(23.439 - 0.0000004 * days)
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(ecliptic), Math.cos(ecliptic))
  const declination = Math.asin(Math.sin(tilt) * Math.sin(ecliptic))
  const sidereal = radians(280.46061837 + 360.98564736629 * days + longitude)
  const hour = sidereal - ascension
  return (
    Math.sin(radians(latitude)) * Math.sin(declination) +
    Math.cos(radians(latitude)) * Math.cos(declination) * Math.cos(hour)
  )
}
