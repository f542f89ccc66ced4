import fs from 'node:fs'
import path from 'node:path'

/** A real low-voltage feeder (IEEE European LV test feeder) and real households, where they are. */
const DATA = path.resolve(import.meta.dirname, '../../../shared/data')
const FEEDER = path.join(DATA, 'lv_feeder_ieee_eu')
const HOUSEHOLDS = path.join(DATA, 'ch_537/kwh_15min.csv')

export const hasFeederData = (): boolean => fs.existsSync(FEEDER) && fs.existsSync(HOUSEHOLDS)

/** A complex number, in ohm, volt or ampere. */
interface Complex {
  readonly re: number
  readonly im: number
}

/** What lies between two places where something hangs or branches. */
interface Branch {
  readonly parent: number
  /** Of one phase, and between two: the neutral is in it (four wires, Kron's reduction). */
  readonly own: Complex
  readonly mutual: Complex
}

export interface Customer {
  readonly name: string
  readonly bus: number
  /** 0, 1, 2: A, B, C. */
  readonly phase: number
}

export interface Feeder {
  /** By number, parents before children; the first is the transformer's busbar. */
  readonly branches: readonly Branch[]
  readonly customers: readonly Customer[]
}

const rowsOf = (file: string): string[][] =>
  fs
    .readFileSync(path.join(FEEDER, file), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','))

/** Buses in a row without a customer are put together: 906 of them become some 110. */
export function loadFeeder(): Feeder {
  const codes = new Map(rowsOf('line_codes.csv').map((row) => [row[0] ?? '', row]))
  const lines = rowsOf('lines.csv')
  const loads = rowsOf('customers.csv')
  const next = Map.groupBy(lines, ([, from]) => from ?? '')
  const needed = new Set(loads.map((row) => row[2] ?? ''))
  const transformer = { re: 0.004 * (0.416 ** 2 / 0.8), im: 0.04 * (0.416 ** 2 / 0.8) }
  const branches: Branch[] = [{ parent: -1, own: transformer, mutual: { re: 0, im: 0 } }]
  const numbers = new Map<string, number>([['1', 0]])
  const walk = (bus: string, from: number, own: Complex, mutual: Complex) => {
    const children = next.get(bus) ?? []
    let here = from
    if (bus !== '1' && (needed.has(bus) || children.length !== 1)) {
      here = branches.length
      branches.push({ parent: from, own, mutual })
      numbers.set(bus, here)
    }
    for (const [, , to = '', , length = '', , code = ''] of children) {
      const [, , r1 = 0, x1 = 0, r0 = 0, x0 = 0] = (codes.get(code) ?? []).map(Number)
      const km = Number(length) / 1_000
      const begun = here !== from || bus === '1'
      const before = begun ? { re: 0, im: 0 } : own
      const between = begun ? { re: 0, im: 0 } : mutual
      const ownNext = {
        re: before.re + ((r0 + 2 * r1) / 3) * km,
        im: before.im + ((x0 + 2 * x1) / 3) * km,
      }
      const mutualNext = {
        re: between.re + ((r0 - r1) / 3) * km,
        im: between.im + ((x0 - x1) / 3) * km,
      }
      walk(to, here, ownNext, mutualNext)
    }
  }
  walk('1', 0, { re: 0, im: 0 }, { re: 0, im: 0 })
  const customers = loads.map((row) => ({
    name: row[0] ?? '',
    bus: numbers.get(row[2] ?? '') ?? -1,
    phase: 'ABC'.indexOf(row[3] ?? ''),
  }))
  return { branches, customers }
}

/** Quarter-hourly energy in kWh of the households whose supply is one phase of at most 16 kW. */
export function loadHouseholds(): readonly Float64Array[] {
  const lines = fs.readFileSync(HOUSEHOLDS, 'utf8').trim().split('\n').slice(1)
  const rows = lines.map((line) => line.split(',').slice(1).map(Number))
  const count = rows[0]?.length ?? 0
  const curves = Array.from({ length: count }, (_, meter) =>
    Float64Array.from(rows, (row) => row[meter] ?? 0),
  )
  return curves.filter((curve) => {
    const most = Math.max(...curve)
    const zeros = curve.filter((kwh) => kwh === 0).length
    return most <= 4 && Math.min(...curve) >= 0 && zeros < curve.length / 2
  })
}

const SWEEPS_MAX = 40
const CLOSE_ENOUGH_V = 1e-6
/** tan φ of a power factor of 0.95, as the feeder's customers have. */
const REACTIVE_SHARE = Math.tan(Math.acos(0.95))

/**
 * The voltage at every customer for one quarter: three phases that are not in balance, constant
 * power, by backward and forward sweeps. `source` is the voltage behind the transformer, phase to
 * neutral, and `kw` the power of each customer.
 */
export function solve(
  feeder: Feeder,
  source: readonly [number, number, number],
  kw: ArrayLike<number>,
): { readonly volts: Float64Array; readonly sweeps: number; readonly headKw: number } {
  const { branches, customers } = feeder
  const size = branches.length * 3
  const [vRe, vIm] = [new Float64Array(size), new Float64Array(size)]
  const [iRe, iIm] = [new Float64Array(size), new Float64Array(size)]
  const at = [0, 1, 2].map((phase) => {
    const angle = (-2 * Math.PI * phase) / 3
    return {
      re: Number(source[phase]) * Math.cos(angle),
      im: Number(source[phase]) * Math.sin(angle),
    }
  })
  for (let index = 0; index < size; index++) {
    vRe[index] = at[index % 3]?.re ?? 0
    vIm[index] = at[index % 3]?.im ?? 0
  }
  let sweeps = 0
  for (
    let moved = Number.POSITIVE_INFINITY;
    moved > CLOSE_ENOUGH_V && sweeps < SWEEPS_MAX;
    sweeps++
  ) {
    iRe.fill(0)
    iIm.fill(0)
    for (const [index, { bus, phase }] of customers.entries()) {
      const place = bus * 3 + phase
      const watts = Number(kw[index]) * 1_000
      const vars = watts * REACTIVE_SHARE
      const [re, im] = [vRe[place] ?? 0, vIm[place] ?? 0]
      const square = re * re + im * im
      // I = (S / V)*
      iRe[place] = (iRe[place] ?? 0) + (watts * re + vars * im) / square
      iIm[place] = (iIm[place] ?? 0) + (watts * im - vars * re) / square
    }
    for (let bus = branches.length - 1; bus > 0; bus--) {
      const parent = branches[bus]?.parent ?? 0
      for (let phase = 0; phase < 3; phase++) {
        iRe[parent * 3 + phase] = (iRe[parent * 3 + phase] ?? 0) + (iRe[bus * 3 + phase] ?? 0)
        iIm[parent * 3 + phase] = (iIm[parent * 3 + phase] ?? 0) + (iIm[bus * 3 + phase] ?? 0)
      }
    }
    moved = 0
    for (const [bus, { parent, own, mutual }] of branches.entries()) {
      for (let phase = 0; phase < 3; phase++) {
        const [second, third] = [bus * 3 + ((phase + 1) % 3), bus * 3 + ((phase + 2) % 3)]
        const place = bus * 3 + phase
        const [ownRe, ownIm] = [iRe[place] ?? 0, iIm[place] ?? 0]
        const otherRe = (iRe[second] ?? 0) + (iRe[third] ?? 0)
        const otherIm = (iIm[second] ?? 0) + (iIm[third] ?? 0)
        const dropRe = own.re * ownRe - own.im * ownIm + mutual.re * otherRe - mutual.im * otherIm
        const dropIm = own.re * ownIm + own.im * ownRe + mutual.re * otherIm + mutual.im * otherRe
        const upRe = parent < 0 ? (at[phase]?.re ?? 0) : (vRe[parent * 3 + phase] ?? 0)
        const upIm = parent < 0 ? (at[phase]?.im ?? 0) : (vIm[parent * 3 + phase] ?? 0)
        const [re, im] = [upRe - dropRe, upIm - dropIm]
        moved = Math.max(moved, Math.abs(re - (vRe[place] ?? 0)), Math.abs(im - (vIm[place] ?? 0)))
        vRe[place] = re
        vIm[place] = im
      }
    }
  }
  const volts = Float64Array.from(customers, ({ bus, phase }) =>
    Math.hypot(vRe[bus * 3 + phase] ?? 0, vIm[bus * 3 + phase] ?? 0),
  )
  const headKw = at.reduce(
    (sum, { re, im }, phase) => sum + (re * (iRe[phase] ?? 0) + im * (iIm[phase] ?? 0)) / 1_000,
    0,
  )
  return { volts, sweeps, headKw }
}
