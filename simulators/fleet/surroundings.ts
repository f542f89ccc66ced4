import { noiseBetween } from '#simulators/meter'
import type { FieldRow } from './archive.ts'

/** A lake in the east of Hangzhou: where the simulated region lies. */
const CENTRE = { longitude: 120.2, latitude: 30.25 }
const APART = 0.004
const FEEDERS_OF_A_BUS = 2
const PHASES = ['A', 'B', 'C'] as const
const PLATE = {
  ratedKva: '400',
  noLoadLossW: '570',
  loadLossW: '4300',
  noLoadCurrentPercent: '0.5',
  shortCircuitPercent: '4',
}
const tariffs = {
  residential: { tariff: 'residential', trade: '9900', capacityKva: '8' },
  commercial: { tariff: 'commercial', trade: '5200', capacityKva: '30' },
  industrial: { tariff: 'industrial', trade: '3300', capacityKva: '160' },
  public: { tariff: 'public', trade: '4800', capacityKva: '20' },
} as const

/** The rows of a field with what an archive knows beside: the grid above, places, contracts. */
export function surrounded(rows: readonly FieldRow[]): readonly FieldRow[] {
  const feeders = [...new Set(rows.map(({ feeder }) => feeder))]
  const areas = [...new Set(rows.map(({ transformer }) => transformer))]
  return rows.map((row): FieldRow => {
    const bus = Math.floor(feeders.indexOf(row.feeder) / FEEDERS_OF_A_BUS) + 1
    const area = areas.indexOf(row.transformer)
    const near = (what: number) => noiseBetween(-APART, APART, 1, row.line, what)
    const single = row.model === 'SIM-1P'
    const isBehindTransformers = row.ct.numerator !== row.ct.denominator
    const { line, account, customerClass } = row
    return {
      ...row,
      ...{ region: '示范区', substation: '城东变', bus: `10kV ${bus} 段母线`, voltage: 10_000 },
      phase: single ? (PHASES[line % 3] ?? 'A') : 'ABC',
      longitude: degrees(CENTRE.longitude + APART * 3 * (area % 4) + near(1)),
      latitude: degrees(CENTRE.latitude + APART * 3 * Math.floor(area / 4) + near(2)),
      wiring: single ? '1p2w' : '3p4w',
      nominalVoltage: '220',
      ...(isBehindTransformers
        ? { basicCurrent: '5', maxCurrent: '20' }
        : { basicCurrent: single ? '5' : '10', maxCurrent: single ? '60' : '100' }),
      ...(account === null ? PLATE : { contract: `HT${account}`, ...tariffs[customerClass] }),
    }
  })
}

const degrees = (value: number) => Math.round(value * 1e6) / 1e6
