import type { Recorded, Registers, SimulatedMeter, Tariffed } from '#simulators/meter'
import { absent, bcd, join, minuteStamp, signedBcd } from './dlt645-bytes.ts'

const MILLIWH_PER_CENTIKWH = 10_000
const SETTLEMENT_BLOCK = 0xff
const RATE_BLOCK = 0xff
const SETTLEMENTS = 12

type Pick = (registers: Registers) => Tariffed

/** By DI2: which register, and whether it may be negative. */
const energies: Readonly<Record<number, readonly [Pick, 'plain' | 'signed']>> = {
  0: [(registers) => registers.combined, 'signed'],
  1: [(registers) => registers.import, 'plain'],
  2: [(registers) => registers.export, 'plain'],
  3: [(registers) => registers.reactive[0], 'signed'],
  4: [(registers) => registers.reactive[1], 'signed'],
  5: [(registers) => registers.quadrants[0], 'plain'],
  6: [(registers) => registers.quadrants[1], 'plain'],
  7: [(registers) => registers.quadrants[2], 'plain'],
  8: [(registers) => registers.quadrants[3], 'plain'],
  9: [(registers) => registers.apparentImport, 'plain'],
  10: [(registers) => registers.apparentExport, 'plain'],
  21: [(registers) => phase(registers.phaseImport, 0), 'plain'],
  22: [(registers) => phase(registers.phaseExport, 0), 'plain'],
  41: [(registers) => phase(registers.phaseImport, 1), 'plain'],
  42: [(registers) => phase(registers.phaseExport, 1), 'plain'],
  61: [(registers) => phase(registers.phaseImport, 2), 'plain'],
  62: [(registers) => phase(registers.phaseExport, 2), 'plain'],
}

/** 00 DI2 DI1 DI0: energy now or at a settlement day, one register or a block; null: none such. */
export function energyData(
  meter: SimulatedMeter,
  [di2, di1, di0]: readonly [number, number, number],
  nowMs: number,
): Uint8Array | null {
  const moments = settlementMoments(meter, di0, nowMs)
  if (!moments) return null
  const parts = moments.map((ms) => energyAt(meter, di2, di1, ms))
  return parts.every((part) => part !== null) ? join(parts) : null
}

/** A register and its rates as they were at a moment: what a freeze holds. */
export function energyAt(
  meter: SimulatedMeter,
  di2: number,
  di1: number,
  ms: number,
): Uint8Array | null {
  const entry = energies[di2]
  if (!entry) return null
  const [pick, sign] = entry
  const { total, rates } = pick(meter.registersAt(ms, MILLIWH_PER_CENTIKWH))
  const all = [total, ...rates]
  const wanted = di1 === RATE_BLOCK ? all : all.slice(di1, di1 + 1)
  if (wanted.length === 0 || !wanted.every(Number.isFinite)) return null
  return join(wanted.map((value) => (sign === 'signed' ? signedBcd(value, 4) : bcd(value, 4))))
}

/** 01 DI2 DI1 DI0: maximum demand of the month or of a settled one, with when it occurred. */
export function demandData(
  meter: SimulatedMeter,
  [di2, di1, di0]: readonly [number, number, number],
  nowMs: number,
): Uint8Array | null {
  const nths = settlementNumbers(di0)
  if (!nths) return null
  const parts = nths.map((nth) => {
    const from = meter.settlement(nth, nowMs)
    const to = nth === 0 ? nowMs : meter.settlement(nth - 1, nowMs)?.ms
    return demandBetween(meter, di2, di1, from?.ms ?? null, to ?? nowMs)
  })
  return parts.every((part) => part !== null) ? join(parts) : null
}

/** The highest demands of a time, `fromMs` null where the meter did not count yet. */
export function demandBetween(
  meter: SimulatedMeter,
  di2: number,
  di1: number,
  fromMs: number | null,
  toMs: number,
): Uint8Array | null {
  if (fromMs === null) return new Uint8Array(di1 === RATE_BLOCK ? 40 : 8)
  // 最大需量清零: what was before a clearing is gone.
  const demands = meter.demandsBetween(Math.max(fromMs, meter.book.clearings.demandMs ?? 0), toMs)
  const marks = {
    1: [demands.import, ...demands.importRates],
    2: [demands.export],
    3: [demands.reactive],
  }[di2]
  const wanted = di1 === RATE_BLOCK ? marks : marks?.slice(di1, di1 + 1)
  if (!wanted || wanted.length === 0) return null
  return join(
    wanted.map(({ deciW, wall }) =>
      // A demand that never occurred has no time: zeros.
      join([bcd(deciW, 3), wall ? minuteStamp(wall) : new Uint8Array(5)]),
    ),
  )
}

/** Where a settlement lies before the meter's first year its registers were zero. */
function settlementMoments(
  meter: SimulatedMeter,
  di0: number,
  nowMs: number,
): readonly number[] | null {
  const nths = settlementNumbers(di0)
  if (!nths) return null
  return nths.map((nth) => (nth === 0 ? nowMs : momentOf(meter.settlement(nth - 1, nowMs))))
}

/** 0 is now, 1 the last settlement day; null where the meter keeps none such. */
function settlementNumbers(di0: number): readonly number[] | null {
  if (di0 === SETTLEMENT_BLOCK) return Array.from({ length: SETTLEMENTS + 1 }, (_, nth) => nth)
  return di0 <= SETTLEMENTS ? [di0] : null
}

function momentOf(recorded: Recorded | null): number {
  return recorded?.ms ?? 0
}

/** A phase the meter does not have reads NaN here and is refused above. */
function phase(values: readonly number[], index: number): Tariffed {
  return { total: values[index] ?? Number.NaN, rates: [] }
}

/** Values by phase where a single-phase meter fills the other two with F. */
export function byPhase(
  values: readonly number[],
  bytes: number,
  write: (value: number, bytes: number) => Uint8Array,
): readonly Uint8Array[] {
  return [0, 1, 2].map((index) => {
    const value = values[index]
    return value === undefined ? absent(bytes) : write(value, bytes)
  })
}
