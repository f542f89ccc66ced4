import type { Finding, RegisterRun } from './types.ts'

const MS_PER_HOUR = 3_600_000
/** Below so many last digits of the register nothing can be said. */
const DIGITS_MIN = 3
const RUNNING_AWAY = 1.2

/** Compares what a register counted with the power at its end, kW. */
export function registerFindings(run: RegisterRun | null, power: number): readonly Finding[] {
  if (run === null || run.to.at <= run.from.at) return []
  const [before, after] = [Number(run.from.value), Number(run.to.value)]
  if (!Number.isFinite(before) || !Number.isFinite(after)) return []
  const decimals = /\.(\d+)$/.exec(run.to.value)?.[1]?.length ?? 0
  const lastDigit = 10 ** -decimals
  const hours = (run.to.at - run.from.at) / MS_PER_HOUR
  const expected = Math.abs(power) * hours
  const evidence = `${run.from.value} to ${run.to.value} kWh in ${(hours * 60).toFixed(1)} min`
  const phases = [] as const
  if (after < before) return [{ code: 'register.fell', severity: 'fault', phases, evidence }]
  if (after === before && expected >= DIGITS_MIN * lastDigit) {
    const told = `${evidence} at ${power.toFixed(4)} kW`
    return [{ code: 'register.stuck', severity: 'fault', phases, evidence: told }]
  }
  return []
}

/** What the installation can take at most, kW, is the measure of running away. */
export function runawayFindings(run: RegisterRun | null, powerMax: number | null) {
  if (run === null || powerMax === null || run.to.at <= run.from.at) return []
  const hours = (run.to.at - run.from.at) / MS_PER_HOUR
  const counted = Number(run.to.value) - Number(run.from.value)
  if (!(counted > RUNNING_AWAY * powerMax * hours + 1)) return []
  const evidence = `${run.from.value} to ${run.to.value} kWh in ${(hours * 60).toFixed(1)} min; at most ${powerMax.toFixed(1)} kW are possible`
  return [{ code: 'register.running-away', severity: 'fault', phases: [], evidence } as const]
}
