import { FeedingLoad, type MeterSpec, noise, SimulatedMeter } from '#simulators/meter'
import type { Builder, Moved } from './moving-in.ts'

/** Addresses that no customer's meter has. */
const PREFIX = '33019'
/** A gateway behind current transformers of 400/5. */
const RATIO = { numerator: 400n, denominator: 5n }
/** Fewer meters than this are no area. */
const METERS_MIN = 3
/** Per thousand of what arrives; one area in seven loses more than wires explain. */
const LOST = { least: 15, most: 45, stolen: 140 }
const SUSPICIOUS_EVERY = 7

/**
 * The meters of an area, the last one in the place of a customer's: the gateway (关口表) that
 * measures what goes into the area for all the others, and what is lost on the way to them.
 */
export function withGateway(
  { scenario, site, memory }: Builder,
  customers: readonly Moved[],
  area: number,
): readonly Moved[] {
  const fed = customers.slice(0, -1)
  const last = customers.at(-1)
  if (last === undefined || customers.length < METERS_MIN) return customers
  const usagePoint = `G${String(area).padStart(7, '0')}`
  const address = PREFIX + String(area).padStart(7, '0')
  const drawn = LOST.least + Math.round((LOST.most - LOST.least) * noise(scenario.seed, area, 8))
  const load = new FeedingLoad(
    fed.map(({ meter, archive: { ct } }) => ({
      ratio: Number(ct.numerator) / Number(ct.denominator),
      countedAt: (direction, ms) => meter.passedAt(direction, ms),
    })),
    {
      lostPermille: area % SUSPICIOUS_EVERY === 0 ? LOST.stolen : drawn,
      ratio: Number(RATIO.numerator) / Number(RATIO.denominator),
    },
  )
  const firstYear = Math.min(...fed.map(({ spec }) => spec.firstYear))
  const spec: MeterSpec = { ...last.spec, address, customerClass: 'factory', phases: 3, firstYear }
  const gateway: Moved = {
    spec,
    archive: {
      ...last.archive,
      ...{ meterAddress: address, usagePoint, account: null, customer: null },
      ...{ customerClass: 'public', role: 'supply', ct: RATIO },
      validFrom: Math.min(...fed.map(({ archive }) => archive.validFrom)),
    },
    meter: new SimulatedMeter(site, spec, memory[usagePoint], load),
  }
  return [...fed, gateway]
}
