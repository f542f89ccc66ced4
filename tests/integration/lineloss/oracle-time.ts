import { type Held, HOURS, type OracleEnergy, type Period, type World } from './oracle-world.ts'

export const some = (hours: readonly boolean[], { from, to }: Held) =>
  hours.slice(from, to).some(Boolean)
export const every = (hours: readonly boolean[], { from, to }: Held) =>
  hours.slice(from, to).every(Boolean)

/** What was used, and which days of a month belong to a time. */
export function energiesOf(world: World) {
  const { days } = world
  /** A day belongs to what held at its end. */
  const lastHours = (hours: readonly boolean[]) =>
    [...Array(days).keys()].filter((day) => hours[(day + 1) * HOURS - 1])

  const useOf = (
    point: number,
    way: 'forward' | 'back' | 'reactive',
    period: Period,
    hours: readonly boolean[],
  ): OracleEnergy | undefined => {
    const use = world.uses.get(point)
    if (period !== 'month') return use?.days[period]?.[way]
    if (every(hours, { from: 0, to: days * HOURS })) return use?.month[way]
    const own = lastHours(hours).map((day) => use?.days[day]?.[way])
    if (own.includes(undefined)) return undefined
    const known = own.filter((one) => one !== undefined)
    return {
      energy: known.reduce((sum, one) => sum + one.energy, 0n),
      estimated: known.reduce((sum, one) => sum + one.estimated, 0n),
      quality: known.reduce((worst, one) => Math.max(worst, one.quality), 1),
    }
  }
  return { lastHours, useOf }
}
