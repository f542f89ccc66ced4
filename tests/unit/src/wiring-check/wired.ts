import type { Snapshot } from '#src/wiring-check'

/** One phase of a customer: what it draws, and how far its current runs behind its voltage. */
export interface PhaseLoad {
  readonly volts: number
  readonly amps: number
  readonly degrees: number
}

/** Whose current hangs on each element, and which transformers are the wrong way round. */
export interface Wiring {
  readonly order: readonly [number, number, number]
  readonly reversed: readonly [boolean, boolean, boolean]
  readonly sequence: 'abc' | 'acb'
}

const radians = (degrees: number) => (degrees * Math.PI) / 180
const rounded = (value: number, decimals: number) => Number(value.toFixed(decimals))

/** What a meter wired so shows of that load, from vectors and rounded as meters round. */
export function wired(
  loads: readonly [PhaseLoad, PhaseLoad, PhaseLoad],
  { order, reversed, sequence }: Wiring,
): Snapshot {
  const turn = sequence === 'abc' ? -120 : 120
  const vector = (size: number, degrees: number) => ({
    x: size * Math.cos(radians(degrees)),
    y: size * Math.sin(radians(degrees)),
  })
  const element = (at: 0 | 1 | 2) => {
    const phase = order[at]
    const load = loads[phase === 0 ? 0 : phase === 1 ? 1 : 2]
    const u = vector(loads[at].volts, at * turn)
    const flowing = vector(load.amps, phase * turn - load.degrees)
    const sign = reversed[at] ? -1 : 1
    const i = { x: sign * flowing.x, y: sign * flowing.y }
    const active = (u.x * i.x + u.y * i.y) / 1_000
    const reactive = (u.y * i.x - u.x * i.y) / 1_000
    const apparent = (loads[at].volts * load.amps) / 1_000
    return {
      voltage: rounded(loads[at].volts, 1),
      current: rounded(load.amps, 3),
      active: rounded(active, 4),
      reactive: rounded(reactive, 4),
      powerFactor: apparent === 0 ? 1 : rounded(active / apparent, 3),
      angle: null,
    }
  }
  const elements = [element(0), element(1), element(2)] as const
  return {
    elements,
    activeTotal: rounded(
      elements.reduce((sum, { active }) => sum + active, 0),
      4,
    ),
    powerFactorTotal: null,
    neutralCurrent: null,
    voltageReversed: sequence === 'acb',
    currentReversed: null,
    registers: null,
  }
}
