import type { ItemCode } from '#protocols/model'
import { noiseBetween, type SimulatedMeter, type Tariffed } from '#simulators/meter'

const MILLIWH_PER_WH = 1_000
const MINUTE_MS = 60_000

/** `digits` × 10^-`scale` in the catalogue's unit. */
export interface Decimal {
  readonly digits: number
  readonly scale: number
}

/** What a meter measures at one moment, by code; null for what it does not have. */
export type ItemValues = (code: ItemCode) => Decimal | null

/** Codes of the three phases, by phase. */
const phaseCodes = {
  voltage: ['32.7.0', '52.7.0', '72.7.0'],
  current: ['31.7.0', '51.7.0', '71.7.0'],
  active: ['36.7.0', '56.7.0', '76.7.0'],
  reactive: ['151.7.0', '171.7.0', '191.7.0'],
  apparent: ['29.7.0', '49.7.0', '69.7.0'],
  factor: ['33.7.0', '53.7.0', '73.7.0'],
  angle: ['81.7.40', '81.7.51', '81.7.62'],
  voltageDistortion: ['32.7.124', '52.7.124', '72.7.124'],
  currentDistortion: ['31.7.124', '51.7.124', '71.7.124'],
  import: ['21.8.0', '41.8.0', '61.8.0'],
  export: ['22.8.0', '42.8.0', '62.8.0'],
} as const satisfies Record<string, readonly ItemCode[]>

/** Registers with a resolution of 1 Wh: what Modbus and MQTT devices show. */
export function energyValues(meter: SimulatedMeter, ms: number): ReadonlyMap<ItemCode, Decimal> {
  const values = new Map<ItemCode, Decimal>()
  const registers = meter.registersAt(ms, MILLIWH_PER_WH)
  const put = (code: ItemCode, wattHours: number) => {
    values.set(code, { digits: wattHours, scale: 3 })
  }
  const rated = (codes: readonly ItemCode[], { total, rates }: Tariffed) => {
    for (const [index, code] of codes.entries()) {
      put(code, index === 0 ? total : (rates[index - 1] ?? 0))
    }
  }
  rated(['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4'], registers.import)
  rated(['2.8.0', '2.8.1', '2.8.2', '2.8.3', '2.8.4'], registers.export)
  rated(['15.8.0'], registers.combined)
  rated(['3.8.0'], registers.reactive[0])
  rated(['4.8.0'], registers.reactive[1])
  const quadrantCodes = ['5.8.0', '6.8.0', '7.8.0', '8.8.0'] as const
  for (const [index, code] of quadrantCodes.entries()) {
    put(code, registers.quadrants[index]?.total ?? 0)
  }
  rated(['9.8.0'], registers.apparentImport)
  rated(['10.8.0'], registers.apparentExport)
  registers.phaseImport.forEach((energy, phase) => {
    const code = phaseCodes.import[phase]
    if (code) put(code, energy)
  })
  registers.phaseExport.forEach((energy, phase) => {
    const code = phaseCodes.export[phase]
    if (code) put(code, energy)
  })
  return values
}

/** What is measured at the moment: power, voltage, current and what follows from them. */
export function momentaryValues(meter: SimulatedMeter, ms: number): ReadonlyMap<ItemCode, Decimal> {
  const values = new Map<ItemCode, Decimal>()
  const now = meter.momentaryAt(ms)
  const one = (code: ItemCode, digits: number, scale: number) => {
    values.set(code, { digits, scale })
  }
  const each = (codes: readonly ItemCode[], digits: readonly number[], scale: number) =>
    digits.forEach((value, phase) => {
      const code = codes[phase]
      if (code) one(code, value, scale)
    })
  one('16.7.0', now.totalActiveDeciW, 4)
  one('131.7.0', now.totalReactiveDeciVar, 4)
  one('9.7.0', now.totalApparentDeciVa, 4)
  one('13.7.0', now.totalPowerFactorPermille, 3)
  one('14.7.0', now.frequencyCentiHz, 2)
  one('1.4.0', meter.presentDemandDeciW(ms), 4)
  one('0.0.96.9.0', now.temperatureDeciC, 1)
  const magnitudes = now.currentMilliA.map(Math.abs)
  const unequal = Math.max(...magnitudes) - (meter.spec.phases === 3 ? Math.min(...magnitudes) : 0)
  one('91.7.0', unequal, 3)
  each(phaseCodes.voltage, now.voltageDeciV, 1)
  each(phaseCodes.current, now.currentMilliA, 3)
  each(phaseCodes.active, now.activeDeciW, 4)
  each(phaseCodes.reactive, now.reactiveDeciVar, 4)
  each(phaseCodes.apparent, now.apparentDeciVa, 4)
  each(phaseCodes.factor, now.powerFactorPermille, 3)
  each(phaseCodes.angle, now.phaseAngleDeciDegree, 1)
  each(phaseCodes.voltageDistortion, distortions(meter, ms, [120, 280], 50), 2)
  each(phaseCodes.currentDistortion, distortions(meter, ms, [300, 900], 54), 2)
  return values
}

/** Computes only what is asked for, each once. */
export function itemValues(meter: SimulatedMeter, ms: number): ItemValues {
  let energies: ReadonlyMap<ItemCode, Decimal> | null = null
  let momentaries: ReadonlyMap<ItemCode, Decimal> | null = null
  return (code) => {
    if (code.includes('.8.')) {
      energies ??= energyValues(meter, ms)
      return energies.get(code) ?? null
    }
    momentaries ??= momentaryValues(meter, ms)
    return momentaries.get(code) ?? null
  }
}

/** Hundredths of a per cent by phase, moving with the minute. */
export function distortions(
  meter: SimulatedMeter,
  ms: number,
  [low, high]: readonly [number, number],
  what: number,
): readonly number[] {
  const minute = Math.floor(ms / MINUTE_MS)
  return Array.from({ length: meter.spec.phases }, (_, phase) =>
    Math.round(noiseBetween(low, high, meter.spec.seed, minute, what + phase)),
  )
}
