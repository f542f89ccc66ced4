import { type CivilDay, SLOT_MS } from './calendar.ts'
import { type CustomerProfile, customerProfiles } from './customer-classes.ts'
import type { MeterLoad } from './load.ts'
import type { Direction } from './site.ts'
import { RATES } from './tariff-periods.ts'

/** What hangs behind a gateway meter, with the ratio of its current transformers. */
export interface Fed {
  readonly ratio: number
  countedAt(direction: Direction, ms: number): readonly number[]
}

/**
 * What passes the gateway (关口) of an area: all that its customers take, with what is lost on the
 * way to them, and all that they give back. Both pass it in full, as if nobody's generation were
 * taken next door, so that no register ever runs backwards.
 */
export class FeedingLoad implements MeterLoad {
  readonly profile: CustomerProfile = customerProfiles.factory
  readonly #fed: readonly Fed[]
  readonly #lostPermille: number
  readonly #ratio: number

  /** `ratio`: of the gateway's own current transformers. */
  constructor(
    fed: readonly Fed[],
    { lostPermille, ratio }: { lostPermille: number; ratio: number },
  ) {
    this.#fed = fed
    this.#lostPermille = lostPermille
    this.#ratio = ratio
  }

  countedAt(direction: Direction, ms: number): readonly [number, number, number, number] {
    const sums: [number, number, number, number] = [0, 0, 0, 0]
    for (const one of this.#fed) {
      const counted = one.countedAt(direction, ms)
      for (let rate = 0; rate < RATES; rate++) {
        sums[rate] = (sums[rate] ?? 0) + (counted[rate] ?? 0) * one.ratio
      }
    }
    const permille = direction === 'import' ? 1_000 + this.#lostPermille : 1_000
    const shown = (energy: number) => Math.floor(((energy / 1_000) * permille) / this.#ratio)
    return [shown(sums[0]), shown(sums[1]), shown(sums[2]), shown(sums[3])]
  }

  slotTotals(direction: Direction, day: CivilDay): Float64Array {
    return Float64Array.from({ length: day.quarters.length + 1 }, (_, slot) =>
      this.countedAt(direction, day.startMs + slot * SLOT_MS).reduce((sum, each) => sum + each, 0),
    )
  }
}
