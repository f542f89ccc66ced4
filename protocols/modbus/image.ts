import type { ItemCode } from '#protocols/model'
import type { ModbusProfile, PointRow } from './profile.ts'
import { writeShape } from './shape.ts'

/** A value in the catalogue's unit: `digits` × 10^-`scale`. */
export interface PointValue {
  readonly digits: number
  readonly scale: number
}

/** Scale factors a slave may choose, the finest first. */
const scaleFactors = [-4, -3, -2, -1, 0, 1, 2, 3, 4] as const
const NO_SCALE_FACTOR = 0

/**
 * The registers of a meter of this profile that measures these values: what a simulated slave
 * answers from. Points without a value or with one that does not fit are left out.
 */
export function registerImage(
  profile: ModbusProfile,
  values: ReadonlyMap<ItemCode, PointValue>,
): ReadonlyMap<number, number> {
  const image = new Map<number, number>()
  for (const { address, words } of profile.guards) {
    for (const [index, word] of words.entries()) image.set(address + index, word)
  }
  for (const [scaleAt, rows] of byScaleRegister(profile.points)) {
    const known = rows.flatMap((row) => {
      const value = values.get(row[0])
      return value ? [{ row, value }] : []
    })
    const fits = (scaleFactor: number) => {
      return known.every(({ row, value }) => registersOf(profile, row, value, scaleFactor))
    }
    const scaleFactor =
      scaleAt === null ? NO_SCALE_FACTOR : (scaleFactors.find(fits) ?? NO_SCALE_FACTOR)
    if (scaleAt !== null) image.set(scaleAt, scaleFactor & 0xffff)
    for (const { row, value } of known) {
      const registers = registersOf(profile, row, value, scaleFactor) ?? []
      for (const [index, word] of registers.entries()) image.set(row[1] + index, word)
    }
  }
  return image
}

function registersOf(
  profile: ModbusProfile,
  [, , shape]: PointRow,
  value: PointValue,
  scaleFactor: number,
): readonly number[] | null {
  return writeShape(shape, value, profile.order, scaleFactor)
}

/** Points that share a scale-factor register must agree on it; null holds all the others. */
function byScaleRegister(points: readonly PointRow[]): Map<number | null, PointRow[]> {
  const groups = new Map<number | null, PointRow[]>()
  for (const row of points) {
    const scaleAt = row[2].kind === 'integer' ? row[2].scaleAt : null
    const held = groups.get(scaleAt)
    if (held) held.push(row)
    else groups.set(scaleAt, [row])
  }
  return groups
}
