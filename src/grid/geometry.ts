import { fail, ok, type Result } from '#src/core'
import type { Position } from './types.ts'

/** West, south, east, north; a box whose west lies east of its east crosses the antimeridian. */
export type BoundingBox = readonly [west: number, south: number, east: number, north: number]

const CORNERS_MAX = 1_000

/** `west,south,east,north` in degrees (RFC 7946 §5). */
export function parseBox(text: string): Result<BoundingBox, string> {
  const numbers = numbersOf(text)
  const [west, south, east, north, ...more] = numbers ?? []
  if (
    west === undefined ||
    south === undefined ||
    east === undefined ||
    north === undefined ||
    more.length > 0
  ) {
    return fail('is not four numbers: west,south,east,north')
  }
  const corners = [
    { longitude: west, latitude: south },
    { longitude: east, latitude: north },
  ]
  if (!corners.every(isOnEarth)) return fail('lies outside ±180° and ±90°')
  if (south > north) return fail('has its south above its north')
  return ok([west, south, east, north])
}

/** The corners of a polygon without holes as `longitude,latitude,longitude,latitude,…`. */
export function parseRing(text: string): Result<readonly Position[], string> {
  const numbers = numbersOf(text)
  if (numbers === undefined || numbers.length % 2 !== 0) {
    return fail('is not pairs of numbers: longitude,latitude,longitude,latitude,…')
  }
  const corners: Position[] = []
  for (let at = 0; at < numbers.length; at += 2) {
    const [longitude = 0, latitude = 0] = numbers.slice(at, at + 2)
    corners.push({ longitude, latitude })
  }
  if (!corners.every(isOnEarth)) return fail('lies outside ±180° and ±90°')
  const distinct = new Set(corners.map(({ longitude, latitude }) => `${longitude} ${latitude}`))
  if (distinct.size < 3) return fail('has fewer than three corners')
  if (corners.length > CORNERS_MAX) return fail(`has more than ${CORNERS_MAX} corners`)
  return ok(corners)
}

/** The box as one ring or two, so that none crosses the antimeridian. */
export function ringsOf([west, south, east, north]: BoundingBox): readonly (readonly Position[])[] {
  if (west > east)
    return [...ringsOf([west, south, 180, north]), ...ringsOf([-180, south, east, north])]
  return [
    [
      { longitude: west, latitude: south },
      { longitude: east, latitude: south },
      { longitude: east, latitude: north },
      { longitude: west, latitude: north },
    ],
  ]
}

/** A line of RFC 7946 as one piece, or cut in two where it crosses the antimeridian (§3.1.9). */
export function lineBetween(from: Position, to: Position): LineGeometry {
  const ends = [coordinatesOf(from), coordinatesOf(to)]
  if (Math.abs(to.longitude - from.longitude) <= 180) {
    return { type: 'LineString', coordinates: ends }
  }
  const side = from.longitude > 0 ? 180 : -180
  const shifted = to.longitude + 2 * side
  const span = shifted - from.longitude
  const share = span === 0 ? 0 : (side - from.longitude) / span
  const latitude = from.latitude + share * (to.latitude - from.latitude)
  return {
    type: 'MultiLineString',
    coordinates: [
      [coordinatesOf(from), [side, latitude]],
      [[-side, latitude], coordinatesOf(to)],
    ],
  }
}

export type Coordinates = readonly [longitude: number, latitude: number]
export type LineGeometry =
  | { readonly type: 'LineString'; readonly coordinates: readonly Coordinates[] }
  | {
      readonly type: 'MultiLineString'
      readonly coordinates: readonly (readonly Coordinates[])[]
    }

export const coordinatesOf = ({ longitude, latitude }: Position): Coordinates => [
  longitude,
  latitude,
]

const isOnEarth = ({ longitude, latitude }: Position) =>
  Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90

const NUMBER = /^-?\d{1,3}(\.\d{1,15})?$/

function numbersOf(text: string): readonly number[] | undefined {
  const parts = text.split(',').map((part) => part.trim())
  return parts.every((part) => NUMBER.test(part)) ? parts.map(Number) : undefined
}
