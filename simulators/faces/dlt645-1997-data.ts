import type { SimulatedMeter } from '#simulators/meter'
import { bcd, dateAndWeekday, digits, join, signedBcd, timeOfDay } from './dlt645-bytes.ts'
import { byPhase, demandData, energyData } from './dlt645-energy.ts'

/** Ends a block (数据块). */
const BLOCK_END = Uint8Array.of(0xaa)
const BLOCK = 0xf
/** DI2 of 2007 for the high nibble of DI0: quadrants are numbered I, IV, II, III here. */
const activeRegisters: Readonly<Record<number, number>> = { 1: 1, 2: 2 }
const reactiveRegisters: Readonly<Record<number, number>> = { 1: 3, 2: 4, 3: 5, 4: 8, 5: 6, 6: 7 }
const DEMAND_BYTES = 8
const DEMAND_VALUE_BYTES = 3
/** mm hh DD MM: this edition has no year there. */
const DEMAND_TIME_BYTES = 4
const NOTHING_TO_TELL = 0

const settings: Readonly<Record<string, Uint8Array>> = {
  B210: digits('01010000'),
  B211: digits('01010000'),
  B212: bcd(1, 2),
  B213: bcd(0, 2),
  B214: bcd(1_234, 3),
  B310: bcd(0, 2),
  C022: Uint8Array.of(0),
  C030: bcd(1_200, 3),
  C031: bcd(1_200, 3),
  C111: bcd(15, 1),
  C112: bcd(1, 1),
  C117: digits('0100'),
  C310: bcd(1, 1),
  C311: bcd(1, 1),
  C312: bcd(8, 1),
  C313: bcd(4, 1),
  C314: bcd(0, 1),
  C511: bcd(60, 2),
}

/** What a meter of DL/T 645-1997 says to an identifier of four digits; null: none such. */
export function dataOf1997(
  meter: SimulatedMeter,
  dataId: string,
  nowMs: number,
): Uint8Array | null {
  const known = settings[dataId]
  if (known) return known
  const [head = 0, group = 0, register = 0, member = 0] = Array.from(dataId, (digit) => {
    return Number.parseInt(digit, 16)
  })
  if (head === 9) return energy(meter, group, register, member, nowMs)
  if (head === 0xa || (head === 0xb && (group & 3) < 2)) {
    return demand(meter, { isTime: head === 0xb, group, register, member }, nowMs)
  }
  if (head === 0xb && group === 6) return variable(meter, register, member, nowMs)
  return head === 0xc ? parameter(meter, dataId, nowMs) : null
}

/** The two high bits of the second nibble are months back, the low ones active or reactive. */
function place(group: number, register: number): { di2: number; back: number } | null {
  const di2 = ((group & 3) === 0 ? activeRegisters : reactiveRegisters)[register]
  return di2 === undefined || (group & 3) > 1 || group >> 2 > 2 ? null : { di2, back: group >> 2 }
}

function energy(
  meter: SimulatedMeter,
  group: number,
  register: number,
  member: number,
  nowMs: number,
): Uint8Array | null {
  const at = place(group, register)
  if (!at) return null
  const rate = member === BLOCK ? 0xff : member
  const found = energyData(meter, [at.di2, rate, at.back], nowMs)
  return found && (member === BLOCK ? join([found, BLOCK_END]) : found)
}

interface DemandPlace {
  readonly isTime: boolean
  readonly group: number
  readonly register: number
  readonly member: number
}

/** A demand of 2007 is value and time; here they are items of their own. */
function demand(
  meter: SimulatedMeter,
  { isTime, group, register, member }: DemandPlace,
  nowMs: number,
): Uint8Array | null {
  const at = place(group, register)
  if (!at) return null
  const rate = member === BLOCK ? 0xff : member
  const found = demandData(meter, [at.di2, rate, at.back], nowMs)
  if (!found) return null
  const pieces: Uint8Array[] = []
  for (let from = 0; from < found.length; from += DEMAND_BYTES) {
    const split = from + DEMAND_VALUE_BYTES
    const time = found.subarray(split, split + DEMAND_TIME_BYTES)
    pieces.push(isTime ? time : found.subarray(from, split))
  }
  return join(member === BLOCK ? [...pieces, BLOCK_END] : pieces)
}

/** B6: whole volts, hundredths of an ampere and of a kvar. */
function variable(
  meter: SimulatedMeter,
  register: number,
  member: number,
  nowMs: number,
): Uint8Array | null {
  const values = variables(meter, register, nowMs)
  if (!values) return null
  if (member === BLOCK) return join([...values.all, BLOCK_END])
  const wanted = values.all[member - values.first]
  return wanted?.some((byte) => byte !== 0xff) ? wanted : null
}

function variables(meter: SimulatedMeter, register: number, nowMs: number) {
  const now = meter.momentaryAt(nowMs)
  const scaled = (values: readonly number[], by: number) => {
    return values.map((value) => Math.round(value / by))
  }
  const all = (total: number, phases: readonly number[], bytes: number) => ({
    first: 0,
    all: [signedBcd(total, bytes), ...byPhase(phases, bytes, signedBcd)],
  })
  switch (register) {
    case 1:
      return { first: 1, all: byPhase(scaled(now.voltageDeciV, 10), 2, bcd) }
    case 2: {
      const currents = scaled(now.currentMilliA, 10).map(Math.abs)
      return { first: 1, all: byPhase(currents, 2, bcd) }
    }
    case 3:
      return all(now.totalActiveDeciW, now.activeDeciW, 3)
    case 4: {
      const [total = 0] = scaled([now.totalReactiveDeciVar], 100)
      return all(total, scaled(now.reactiveDeciVar, 100), 2)
    }
    case 5:
      return all(now.totalPowerFactorPermille, now.powerFactorPermille, 2)
    default:
      return null
  }
}

function parameter(meter: SimulatedMeter, dataId: string, nowMs: number): Uint8Array | null {
  const wall = meter.clock.wallAt(nowMs)
  switch (dataId) {
    case 'C010':
      return dateAndWeekday(wall)
    case 'C011':
      return timeOfDay(wall)
    case 'C020':
      return Uint8Array.of(meter.momentaryAt(nowMs).totalActiveDeciW < 0 ? 1 << 4 : NOTHING_TO_TELL)
    case 'C021':
      return Uint8Array.of(meter.spec.phases === 3 ? 0 : 0b110)
    case 'C032':
    case 'C033':
    case 'C034':
      return digits(meter.spec.address)
    default:
      return null
  }
}
