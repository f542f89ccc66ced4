import { noiseBetween, type SimulatedMeter } from '#simulators/meter'
import { bcd, join, signedBcd } from './dlt645-bytes.ts'
import { byPhase } from './dlt645-energy.ts'
import { distortions } from './item-values.ts'

const BLOCK = 0xff

/** 02 DI2 DI1 DI0: what is measured at this moment (变量); null: none such. */
export function variableData(
  meter: SimulatedMeter,
  [di2, di1, di0]: readonly [number, number, number],
  nowMs: number,
): Uint8Array | null {
  if (di2 === 0x80) return di1 === 0 ? singleVariable(meter, di0, nowMs) : null
  if (di0 !== 0) return null
  const values = variableValues(meter, di2, nowMs)
  if (!values) return null
  if (di1 === BLOCK) return join(values.all)
  const wanted = values.all[di1 - values.first]
  // What a single-phase meter fills in a block it refuses when asked for alone.
  const isAbsent = wanted?.every((byte) => byte === 0xff) ?? true
  return wanted && !isAbsent ? wanted : null
}

interface Values {
  /** DI1 of the first: 0 where a total leads, 1 where there are only phases. */
  readonly first: 0 | 1
  readonly all: readonly Uint8Array[]
}

function variableValues(meter: SimulatedMeter, di2: number, nowMs: number): Values | null {
  const now = meter.momentaryAt(nowMs)
  const phases = (values: readonly number[], bytes: number, write = bcd): Values => ({
    first: 1,
    all: byPhase(values, bytes, write),
  })
  const withTotal = (total: number, values: readonly number[], bytes: number): Values => ({
    first: 0,
    all: [signedBcd(total, bytes), ...byPhase(values, bytes, signedBcd)],
  })
  switch (di2) {
    case 1:
      return phases(now.voltageDeciV, 2)
    case 2:
      return phases(now.currentMilliA, 3, signedBcd)
    case 3:
      return withTotal(now.totalActiveDeciW, now.activeDeciW, 3)
    case 4:
      return withTotal(now.totalReactiveDeciVar, now.reactiveDeciVar, 3)
    case 5:
      return withTotal(now.totalApparentDeciVa, now.apparentDeciVa, 3)
    case 6:
      return withTotal(now.totalPowerFactorPermille, now.powerFactorPermille, 2)
    case 7:
      return phases(now.phaseAngleDeciDegree, 2)
    case 8:
      return phases(distortions(meter, nowMs, [120, 280], 50), 2)
    case 9:
      return phases(distortions(meter, nowMs, [300, 900], 54), 2)
    default:
      return null
  }
}

function singleVariable(meter: SimulatedMeter, di0: number, nowMs: number): Uint8Array | null {
  const now = meter.momentaryAt(nowMs)
  const demand = meter.presentDemandDeciW(nowMs)
  const share = (part: number) =>
    now.totalActiveDeciW === 0 ? 0 : Math.round((demand * part) / Math.abs(now.totalActiveDeciW))
  switch (di0) {
    case 1:
      return signedBcd(neutralMilliA(now.currentMilliA), 3)
    case 2:
      return bcd(now.frequencyCentiHz, 2)
    case 3:
      return signedBcd(now.totalActiveDeciW, 3)
    case 4:
      return signedBcd(demand, 3)
    case 5:
      return signedBcd(share(now.totalReactiveDeciVar), 3)
    case 6:
      return signedBcd(share(now.totalApparentDeciVa), 3)
    case 7:
      return signedBcd(now.temperatureDeciC, 2)
    case 8:
      return bcd(365, 2)
    case 9:
      return bcd(612, 2)
    case 10:
      return bcd(Math.floor(noiseBetween(0, 900, meter.spec.seed, 0, 58)), 4)
    default:
      return null
  }
}

/** In a single-phase meter the same current comes back; in a three-phase one what is unequal. */
function neutralMilliA(currents: readonly number[]): number {
  if (currents.length === 1) return Math.abs(currents[0] ?? 0)
  const magnitudes = currents.map(Math.abs)
  return Math.max(...magnitudes) - Math.min(...magnitudes)
}
