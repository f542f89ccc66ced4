import { type CustomerClass, type MeterMemory, SimulatedMeter, Site } from '#simulators/meter'

/** 2026-11-22 11:07:13 in Shanghai, a Sunday. */
export const NOON_MS = Date.UTC(2026, 10, 22, 3, 7, 13)
export const DAY_MS = 86_400_000
export const SLOT_MS = 900_000

export const classes: readonly CustomerClass[] = [
  'household',
  'shop',
  'workshop',
  'factory',
  'street-light',
  'prosumer',
]

export interface Wanted {
  readonly zone?: string
  readonly customerClass?: CustomerClass
  readonly seed?: number
  readonly address?: string
  readonly phases?: 1 | 3
  readonly offsetMs?: number
  readonly ppm?: number
  readonly memory?: MeterMemory
}

/** A meter on a site of its own, so that nothing is shared between two of them. */
export function meterOf(wanted: Wanted = {}): SimulatedMeter {
  const { zone = 'Asia/Shanghai', memory, ...rest } = wanted
  const { seed = 42, customerClass = 'shop', address = '330120000042' } = rest
  const { phases = customerClass === 'household' ? 1 : 3, offsetMs = 0, ppm = 0 } = rest
  return new SimulatedMeter(
    new Site(zone, 7),
    {
      address,
      seed,
      customerClass,
      phases,
      firstYear: 2022,
      annualKwh: null,
      nominalDeciV: 2_200,
      clock: { offsetMs, ppm, anchorMs: Date.UTC(2026, 0, 1) },
    },
    memory,
  )
}
