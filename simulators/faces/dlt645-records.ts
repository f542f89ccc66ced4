import type { Recorded, SimulatedMeter } from '#simulators/meter'
import { bcd, join, minuteStamp, signedBcd } from './dlt645-bytes.ts'
import { byPhase, demandBetween, energyAt } from './dlt645-energy.ts'

const INSTANT = 1
const HOURLY = 4
const DAILY = 6
const HOUR_MS = 3_600_000
const HOURS_KEPT = 254
const ALL_RATES = 0xff

/** 05 DI2 DI1 DI0: freezes at once (瞬时), hourly (整点) and daily (日); null: none such. */
export function freezeData(
  meter: SimulatedMeter,
  [di2, di1, di0]: readonly [number, number, number],
  nowMs: number,
): Uint8Array | null {
  if (di2 === HOURLY) return hourlyFreeze(meter, di1, di0, nowMs)
  const frozen = frozenAt(meter, di2, di0, nowMs)
  if (!frozen) return null
  if (di1 === 0) return minuteStamp(frozen.wall)
  if (di1 <= 8) return energyAt(meter, di1, ALL_RATES, frozen.ms)
  if (di1 <= 0x0a) {
    // The demand of the meter's month up to the freeze; a moment earlier at a month's beginning.
    const month = meter.settlement(0, frozen.ms - 1)
    return demandBetween(meter, di1 - 8, ALL_RATES, month?.ms ?? null, frozen.ms)
  }
  return di1 === 0x10 ? powersAt(meter, frozen.ms) : null
}

function frozenAt(
  meter: SimulatedMeter,
  di2: number,
  nth: number,
  nowMs: number,
): Pick<Recorded, 'ms' | 'wall'> | null {
  if (di2 === DAILY) return afterClearing(meter, meter.dailyFreeze(nth, nowMs))
  const ms = di2 === INSTANT ? meter.book.freezes[nth - 1] : undefined
  return ms === undefined ? null : afterClearing(meter, { ms, wall: meter.clock.wallAt(ms) })
}

/** 电表清零: what was frozen before a clearing is gone. */
function afterClearing<Freeze extends { readonly ms: number }>(
  meter: SimulatedMeter,
  freeze: Freeze | null,
): Freeze | null {
  const { meterMs } = meter.book.clearings
  return freeze && (meterMs === null || freeze.ms > meterMs) ? freeze : null
}

function hourlyFreeze(
  meter: SimulatedMeter,
  di1: number,
  di0: number,
  nowMs: number,
): Uint8Array | null {
  if (di0 < 1 || di0 > HOURS_KEPT) return null
  const shown = Math.floor(meter.clock.shownAt(nowMs) / HOUR_MS) * HOUR_MS - (di0 - 1) * HOUR_MS
  const ms = meter.clock.momentShowing(shown)
  if (!afterClearing(meter, { ms })) return null
  if (di1 === 0) return minuteStamp(meter.clock.wallAt(ms))
  return di1 <= 2 ? energyAt(meter, di1, 0, ms) : null
}

/** Active and reactive power, total and by phase. */
function powersAt(meter: SimulatedMeter, ms: number): Uint8Array {
  const at = meter.momentaryAt(ms)
  return join([
    signedBcd(at.totalActiveDeciW, 3),
    ...byPhase(at.activeDeciW, 3, signedBcd),
    signedBcd(at.totalReactiveDeciVar, 3),
    ...byPhase(at.reactiveDeciVar, 3, signedBcd),
  ])
}

/** The six groups of a load record (负荷记录), each in the standard's order. */
export function loadGroup(meter: SimulatedMeter, group: number, ms: number): Uint8Array {
  const at = meter.momentaryAt(ms)
  switch (group) {
    case 1:
      return join([
        ...byPhase(at.voltageDeciV, 2, bcd),
        ...byPhase(at.currentMilliA, 3, signedBcd),
        bcd(at.frequencyCentiHz, 2),
      ])
    case 2:
      return powersAt(meter, ms)
    case 3:
      return join([
        signedBcd(at.totalPowerFactorPermille, 2),
        ...byPhase(at.powerFactorPermille, 2, signedBcd),
      ])
    case 4:
      return energies(meter, [1, 2, 3, 4], ms)
    case 5:
      return energies(meter, [5, 6, 7, 8], ms)
    default:
      return join([signedBcd(meter.presentDemandDeciW(ms), 3), signedBcd(0, 3)])
  }
}

function energies(meter: SimulatedMeter, di2s: readonly number[], ms: number): Uint8Array {
  return join(di2s.map((di2) => energyAt(meter, di2, 0, ms) ?? new Uint8Array(4)))
}
