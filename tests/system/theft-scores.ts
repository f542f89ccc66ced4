import { type AreaHours, findSuspects } from '#src/anomaly/suspects'
import { type InnocentKind, innocentKinds } from './innocent-changes.ts'
import { type Half, type Scene, stage, type TheftKind } from './theft-field.ts'

/** A meter in a ranking over all areas. */
interface Ranked {
  readonly value: number
  readonly isThief: boolean
}

export interface Figures {
  readonly thieves: number
  readonly precision: number
  readonly recall: number
  /** Of the first so many as there are thieves. */
  readonly first: number
  readonly firstByDrop: number
  /** Mean of the precision at every thief of the ranking. */
  readonly average: number
  readonly averageByDrop: number
  /** Of the 20 first. */
  readonly twenty: number
  readonly twentyByDrop: number
  /** Whether the range holds what was unbilled, and how far off the estimate is in the middle. */
  readonly inRange: number
  readonly energyOff: number
}

/** From this score on somebody is suspected. */
export const SUSPECTED = 50

/** Thieves looked for in scenes of so many seeds, by the detector and by the drop in use. */
export function figuresOf(
  half: Half,
  kinds: readonly TheftKind[],
  each: number,
  seeds: readonly number[],
): Figures {
  const rounds = seeds.map((seed) => figures(stage(half, kinds, each, seed)))
  const total = (of: (one: Round) => number) => rounds.reduce((sum, one) => sum + of(one), 0)
  const mean = (of: (one: Round) => number) => total(of) / rounds.length
  const offs = rounds.flatMap(({ energyOffs }) => energyOffs).toSorted((a, b) => a - b)
  return {
    thieves: total(({ thieves }) => thieves),
    precision:
      total(({ caught }) => caught) /
      Math.max(
        1,
        total(({ flagged }) => flagged),
      ),
    recall: total(({ caught }) => caught) / total(({ thieves }) => thieves),
    first: mean(({ ranking, thieves }) => precisionAt(ranking, thieves)),
    firstByDrop: mean(({ byDrop, thieves }) => precisionAt(byDrop, thieves)),
    average: mean(({ ranking }) => averagePrecision(ranking)),
    averageByDrop: mean(({ byDrop }) => averagePrecision(byDrop)),
    twenty: mean(({ ranking }) => precisionAt(ranking, 20)),
    twentyByDrop: mean(({ byDrop }) => precisionAt(byDrop, 20)),
    inRange:
      total(({ inRange }) => inRange) /
      Math.max(
        1,
        total(({ caught }) => caught),
      ),
    energyOff: offs[offs.length >> 1] ?? Number.NaN,
  }
}

/** Of those who use other than before and take nothing: how many are suspected, by kind. */
interface InnocentFigures {
  readonly kind: InnocentKind
  readonly count: number
  readonly suspected: number
  /** Pairs of a thief and one of them in which the thief is ranked above, as a share. */
  readonly below: number
  readonly belowByDrop: number
}

/** The same scenes as `figuresOf` has, asked for the innocents. */
export function innocentsOf(
  half: Half,
  kinds: readonly TheftKind[],
  each: number,
  seeds: readonly number[],
): readonly InnocentFigures[] {
  const all = seeds.flatMap((seed) => {
    const { areas, thieves } = stage(half, kinds, each, seed)
    return areas.flatMap((area, index) => {
      const found = findSuspects(area)
      return area.usage.map((own, meter) => ({
        seed,
        kind: half.areas[index]?.innocents.get(meter),
        isThief: thieves.some((one) => one.area === index && one.meter === meter),
        score: found.find((one) => one.meter === meter)?.score ?? 0,
        drop: drop(area, own),
      }))
    })
  })
  const guilty = all.filter(({ isThief }) => isThief)
  return innocentKinds.map((kind) => {
    const own = all.filter((one) => one.kind === kind)
    const share = (of: (one: (typeof all)[number]) => number) => {
      const pairs = own.flatMap((one) =>
        guilty.filter(({ seed }) => seed === one.seed).map((thief) => of(thief) > of(one)),
      )
      return pairs.filter(Boolean).length / Math.max(1, pairs.length)
    }
    return {
      ...{ kind, count: own.length },
      suspected: own.filter(({ score }) => score >= SUSPECTED).length,
      below: share(({ score }) => score),
      belowByDrop: share((one) => one.drop),
    }
  })
}

interface Round {
  readonly thieves: number
  readonly flagged: number
  readonly caught: number
  readonly ranking: readonly Ranked[]
  readonly byDrop: readonly Ranked[]
  readonly inRange: number
  readonly energyOffs: readonly number[]
}

function figures({ areas, thieves }: Scene): Round {
  const thiefOf = (area: number, meter: number) =>
    thieves.find((one) => one.area === area && one.meter === meter)
  const found = areas.flatMap((area, index) =>
    findSuspects(area).map((one) => ({ ...one, thief: thiefOf(index, one.meter) })),
  )
  const flagged = found.filter(({ score }) => score >= SUSPECTED)
  const caught = flagged.filter(({ thief }) => thief !== undefined)
  const within = caught.filter(({ thief, energyLow, energyHigh }) => {
    const unbilled = thief?.unbilled ?? Number.NaN
    return unbilled >= energyLow && unbilled <= energyHigh
  })
  const byValue = (all: readonly Ranked[]) => all.toSorted((a, b) => b.value - a.value)
  return {
    thieves: thieves.length,
    flagged: flagged.length,
    caught: caught.length,
    ranking: byValue(
      found.map(({ score, gain, thief }) => {
        return { value: score + gain / 1e9, isThief: thief !== undefined }
      }),
    ),
    byDrop: byValue(
      areas.flatMap((area, index) =>
        area.usage.map((own, meter) => {
          return { value: drop(area, own), isThief: thiefOf(index, meter) !== undefined }
        }),
      ),
    ),
    inRange: within.length,
    energyOffs: caught
      .filter(({ thief }) => Math.abs(thief?.unbilled ?? 0) > 5)
      .map(({ thief, energy }) => Math.abs(energy / (thief?.unbilled ?? Number.NaN) - 1)),
  }
}

/** The greatest share by which the mean of a meter's days falls at any of them. */
function drop({ days }: AreaHours, own: Float64Array): number {
  const sums = Float64Array.from({ length: days }, (_, day) =>
    own
      .subarray(day * 24, (day + 1) * 24)
      .reduce((sum, kWh) => sum + (Number.isNaN(kWh) ? 0 : kWh), 0),
  )
  const mean = (part: Float64Array) => part.reduce((sum, kWh) => sum + kWh, 0) / part.length
  let most = 0
  for (let at = 7; at <= days - 7; at += 1) {
    const before = mean(sums.subarray(0, at))
    if (before > 0) most = Math.max(most, 1 - mean(sums.subarray(at)) / before)
  }
  return most
}

function precisionAt(ranking: readonly Ranked[], count: number): number {
  return ranking.slice(0, count).filter(({ isThief }) => isThief).length / count
}

function averagePrecision(ranking: readonly Ranked[]): number {
  let [caught, sum] = [0, 0]
  for (const [index, { isThief }] of ranking.entries()) {
    if (!isThief) continue
    caught += 1
    sum += caught / (index + 1)
  }
  return caught === 0 ? 0 : sum / caught
}
