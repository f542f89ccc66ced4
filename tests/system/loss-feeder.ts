import fs from 'node:fs'
import path from 'node:path'
import { type Feeder, loadFeeder, loadHouseholds, solve } from './low-voltage-feeder.ts'

const FEEDER = path.resolve(import.meta.dirname, '../../../shared/data/lv_feeder_ieee_eu')

/** Energy of a real feeder's customers and of its head, by quarter of an hour, in kWh. */
export interface FeederEnergy {
  readonly feeder: Feeder
  /** By customer, then by quarter. */
  readonly users: readonly Float64Array[]
  /** Through the head, before the transformer. */
  readonly head: Float64Array
}

/** No-load loss of the transformer, in W: an 800 kVA one has about as much. */
export const NO_LOAD_W = 1_200
const SOURCE = [242, 242, 242] as const

/** Real households on the feeder's customers, and the head by a power flow of every quarter. */
export function flowThrough(first: number, quarters: number): FeederEnergy {
  const feeder = loadFeeder()
  const users = loadHouseholds()
    .slice(0, feeder.customers.length)
    .map((curve) => curve.subarray(first, first + quarters))
  const head = Float64Array.from({ length: quarters }, (_, at) => {
    const kw = users.map((curve) => 4 * (curve[at] ?? 0))
    return solve(feeder, SOURCE, kw).headKw / 4 + NO_LOAD_W / 4_000
  })
  return { feeder, users, head }
}

/** A line of the drawing: ohm of a phase and of the neutral. */
export interface DrawnLine {
  readonly from: string
  readonly to: string
  readonly ohm: string
  readonly neutralOhm: string
}

/** The drawing of the feeder and where its customers hang, as it would be entered. */
export function drawing(): { readonly lines: DrawnLine[]; readonly ends: string[] } {
  const rowsOf = (file: string) =>
    fs
      .readFileSync(path.join(FEEDER, file), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(','))
  const codes = new Map(rowsOf('line_codes.csv').map((row) => [row[0], row.map(Number)]))
  const lines = rowsOf('lines.csv').map(([, from = '', to = '', , metres, , code]) => {
    const [, , r1 = 0, , r0 = 0] = codes.get(code) ?? []
    const km = Number(metres) / 1_000
    return {
      from,
      to,
      ohm: (r1 * km).toFixed(9),
      neutralOhm: Math.max(0, ((r0 - r1) / 3) * km).toFixed(9),
    }
  })
  return { lines, ends: rowsOf('customers.csv').map((row) => row[2] ?? '') }
}
