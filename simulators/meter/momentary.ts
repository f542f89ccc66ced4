import { noise } from './noise.ts'
import { type LoadCharacter, secantPermille } from './registers.ts'

/** Momentary values (瞬时量) as whole numbers in the unit of their names; power is signed. */
export interface Momentary {
  /** By phase; one entry for a single-phase meter. */
  readonly voltageDeciV: readonly number[]
  readonly currentMilliA: readonly number[]
  readonly activeDeciW: readonly number[]
  readonly reactiveDeciVar: readonly number[]
  readonly apparentDeciVa: readonly number[]
  readonly powerFactorPermille: readonly number[]
  readonly phaseAngleDeciDegree: readonly number[]
  readonly totalActiveDeciW: number
  readonly totalReactiveDeciVar: number
  readonly totalApparentDeciVa: number
  readonly totalPowerFactorPermille: number
  readonly frequencyCentiHz: number
  readonly temperatureDeciC: number
}

export interface MomentaryPlace {
  readonly seed: number
  readonly ms: number
  readonly nominalDeciV: number
  /** Net power into the customer's plant; negative when it feeds the grid. */
  readonly activeDeciW: number
  readonly reactivePermille: number
  readonly character: LoadCharacter
}

const SALT = { voltage: 32, ripple: 36, frequency: 40, temperature: 41 }

/** All of it follows from the net power, so that P = U·I·cos φ holds within the last digits. */
export function momentaryOf(place: MomentaryPlace): Momentary {
  const { seed, ms, nominalDeciV, activeDeciW, reactivePermille, character } = place
  const tenSeconds = Math.floor(ms / 10_000)
  const second = Math.floor(ms / 1_000)
  const factor = 1_000 / secantPermille(reactivePermille)
  const phases = character.phasePermille.map((permille, phase) => {
    // A few per cent of ripple that averages out; the energy follows the mean.
    const ripple = 1 + 0.06 * (noise(seed, second, SALT.ripple + phase) - 0.5)
    const active = Math.round(((activeDeciW * permille) / 1_000) * ripple)
    const sway = 0.03 * (noise(seed, tenSeconds, SALT.voltage + phase) - 0.5)
    const voltage = Math.round(nominalDeciV * (1.012 + sway))
    const apparent = Math.abs(active) / factor
    return {
      voltage,
      active,
      reactive: Math.round((Math.abs(active) * reactivePermille) / 1_000),
      apparent: Math.round(apparent),
      // Deciwatts by decivolts are watts by volts; an ampere has a thousand milliamperes.
      current: Math.round((apparent / voltage) * 1_000) * (active < 0 ? -1 : 1),
    }
  })
  const sum = (pick: (phase: (typeof phases)[number]) => number) =>
    phases.reduce((total, phase) => total + pick(phase), 0)
  const signedFactor = Math.round(factor * 1_000) * (activeDeciW < 0 ? -1 : 1)
  const angle = Math.round((Math.atan2(reactivePermille, 1_000) * 1_800) / Math.PI)
  return {
    voltageDeciV: phases.map((phase) => phase.voltage),
    currentMilliA: phases.map((phase) => phase.current),
    activeDeciW: phases.map((phase) => phase.active),
    reactiveDeciVar: phases.map((phase) => phase.reactive),
    apparentDeciVa: phases.map((phase) => phase.apparent),
    powerFactorPermille: phases.map(() => signedFactor),
    phaseAngleDeciDegree: phases.map(() => (angle + 3_600) % 3_600),
    totalActiveDeciW: sum((phase) => phase.active),
    totalReactiveDeciVar: sum((phase) => phase.reactive),
    totalApparentDeciVa: sum((phase) => phase.apparent),
    totalPowerFactorPermille: signedFactor,
    frequencyCentiHz: 5_000 + Math.round(6 * (noise(0, tenSeconds, SALT.frequency) - 0.5)),
    temperatureDeciC:
      180 + Math.round(120 * noise(seed, Math.floor(ms / 3_600_000), SALT.temperature)),
  }
}
