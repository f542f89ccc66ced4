import type { Momentary } from './momentary.ts'

type Phase = 0 | 1 | 2

/** What hangs on the elements of a three-phase meter (接线), each by the phase it comes from. */
export interface MeterWiring {
  readonly voltages: readonly [Phase, Phase, Phase]
  readonly currents: readonly [Phase, Phase, Phase]
  /** Current transformers the wrong way round (电流反接). */
  readonly reversed: readonly [boolean, boolean, boolean]
}

const TURN_DEGREES = 120
const CIRCLE_DEGREES = 360

/**
 * What a meter connected so shows of a load that is `right` as the phases see it. Its registers go
 * on counting what was drawn: who looks at them over time sees that they do not fit the power.
 */
export function wiredWrongly(right: Momentary, wiring: MeterWiring): Momentary {
  const elements = ([0, 1, 2] as const).map((element) => {
    const [u, i] = [wiring.voltages[element], wiring.currents[element]]
    const voltage = right.voltageDeciV[u] ?? 0
    const current = Math.abs(right.currentMilliA[i] ?? 0)
    const behind = ((right.phaseAngleDeciDegree[i] ?? 0) / 10) * (flowsIn(right, i) ? 1 : -1)
    const turned = (i - u) * TURN_DEGREES + behind + (flowsIn(right, i) ? 0 : 180)
    const degrees = wiring.reversed[element] ? turned + 180 : turned
    const radians = (degrees * Math.PI) / 180
    // Deciwatts by decivolts are watts by volts; an ampere has a thousand milliamperes.
    const apparent = (voltage * current) / 1_000
    return {
      voltage,
      current: Math.cos(radians) < 0 ? -current : current,
      active: Math.round(apparent * Math.cos(radians)),
      reactive: Math.round(apparent * Math.sin(radians)),
      apparent: Math.round(apparent),
      factor: Math.round(Math.cos(radians) * 1_000),
      angle: Math.round((((degrees % CIRCLE_DEGREES) + CIRCLE_DEGREES) % CIRCLE_DEGREES) * 10),
    }
  })
  const sum = (pick: (element: (typeof elements)[number]) => number) =>
    elements.reduce((total, element) => total + pick(element), 0)
  const [active, apparent] = [sum((one) => one.active), sum((one) => one.apparent)]
  return {
    ...right,
    voltageDeciV: elements.map((one) => one.voltage),
    currentMilliA: elements.map((one) => one.current),
    activeDeciW: elements.map((one) => one.active),
    reactiveDeciVar: elements.map((one) => one.reactive),
    apparentDeciVa: elements.map((one) => one.apparent),
    powerFactorPermille: elements.map((one) => one.factor),
    phaseAngleDeciDegree: elements.map((one) => one.angle),
    totalActiveDeciW: active,
    totalReactiveDeciVar: sum((one) => one.reactive),
    totalApparentDeciVa: apparent,
    totalPowerFactorPermille: apparent === 0 ? 1_000 : Math.round((active / apparent) * 1_000),
  }
}

/** True where a phase draws, false where it feeds in. */
function flowsIn({ activeDeciW }: Momentary, phase: Phase): boolean {
  return (activeDeciW[phase] ?? 0) >= 0
}

/** True where the voltages follow each other the wrong way (逆相序). */
export function isReversedSequence({ voltages: [a, b, c] }: MeterWiring): boolean {
  return (b - a + 3) % 3 !== 1 || (c - b + 3) % 3 !== 1
}
