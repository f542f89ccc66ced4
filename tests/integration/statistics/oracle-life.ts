/**
 * A few days of a small network as chance has it: who hung where, what the meters showed and said.
 * Plain lists, from which one may work out by hand what the product is to answer.
 */

export const QUARTER = 900_000
export const POINTS = 8

/** What holds for some time; moments in milliseconds, infinity while it lasts. */
export interface Held<Value> {
  readonly from: number
  readonly to: number
  readonly value: Value
}

export interface Sample {
  readonly meter: number
  readonly at: number
  /** Hundredths of a kWh and of a kvarh; null where only the moment was read. */
  readonly active: number | null
  readonly reactive: number | null
  /** Thousandths of a volt and of an ampere, by phase. */
  readonly volts: readonly (number | null)[]
  readonly amps: readonly (number | null)[]
  readonly isLate: boolean
}

export interface Hung {
  readonly meter: number
  readonly ratio: number
  readonly opening: readonly [number, number]
  readonly closing: readonly [number, number] | null
}

export interface Failure {
  readonly meter: number
  readonly from: number
  readonly to: number | null
}

export interface Life {
  readonly meters: readonly { readonly wiring: '1p2w' | '3p4w'; readonly nominal: number }[]
  /** Each by usage point. */
  readonly hung: readonly (readonly Held<Hung>[])[]
  readonly places: readonly (readonly Held<string | null>[])[]
  readonly trades: readonly (readonly Held<string>[])[]
  /** Members of the one group, by usage point. */
  readonly members: readonly (readonly Held<true>[])[]
  readonly samples: readonly Sample[]
  readonly failures: readonly Failure[]
}

/** The same numbers for the same seed (mulberry32). */
function chanceOf(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return { below, once: (of: number) => below(of) === 0 }
}
type Chance = ReturnType<typeof chanceOf>

const SINCE = Date.UTC(2000, 0, 1)
const pick = <Item>(chance: Chance, items: readonly Item[]): Item => {
  const item = items[chance.below(items.length)]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}

/** One after the other, changed at some of these moments. */
function changing<Value>(
  chance: Chance,
  moments: readonly number[],
  choose: () => Value,
): readonly Held<Value>[] {
  const cuts = moments.filter(() => chance.once(2)).sort((a, b) => a - b)
  return [SINCE, ...new Set(cuts)].map((from, index, all) => {
    return { from, to: all[index + 1] ?? Number.POSITIVE_INFINITY, value: choose() }
  })
}

/** `begin` and `end` are midnights; readings come from a little before to a little after. */
export function lifeOf(seed: number, begin: number, end: number): Life {
  const chance = chanceOf(seed)
  const moment = () => begin + chance.below((end - begin) / QUARTER) * QUARTER
  const someMoments = () => [moment(), moment() + 437_000]
  const meters: { wiring: '1p2w' | '3p4w'; nominal: number }[] = []
  const samples: Sample[] = []
  const failures: Failure[] = []
  const hung = Array.from({ length: POINTS }, () => {
    const own: Held<Hung>[] = []
    let from = SINCE
    const ratio = pick(chance, [1, 1, 40])
    for (const swap of chance.once(2) ? [moment() + pick(chance, [0, 300_000])] : []) {
      own.push(hangs(from, swap, ratio))
      from = swap
    }
    own.push(hangs(from, Number.POSITIVE_INFINITY, ratio))
    return own
  })

  /** A meter that hangs for a time, with what it showed. */
  function hangs(from: number, to: number, ratio: number): Held<Hung> {
    const isThree = chance.once(2)
    meters.push(
      isThree
        ? { wiring: '3p4w', nominal: pick(chance, [220, 100]) }
        : { wiring: '1p2w', nominal: 220 },
    )
    const meter = meters.length
    const { nominal } = meters[meter - 1] ?? { nominal: 220 }
    let [active, reactive] = [chance.below(90_000), chance.below(90_000)]
    const opening = [active, reactive] as const
    const first = Math.max(from, begin - 2 * QUARTER)
    let [silent, dark] = [0, 0]
    for (let at = Math.ceil(first / QUARTER) * QUARTER; at < end + 2 * QUARTER; at += QUARTER) {
      if (at > to) break
      active += chance.below(100)
      reactive += chance.below(60)
      if (at === from) [active, reactive] = opening
      if (silent > 0) silent--
      else if (chance.once(20)) silent = 1 + chance.below(7)
      if (dark > 0) dark--
      else if (chance.once(60)) {
        dark = 1 + chance.below(40)
        if (chance.once(2)) {
          const open = chance.once(4)
          failures.push({ meter, from: at + 60_000, to: open ? null : at + dark * QUARTER })
        }
      }
      if (silent > 0 || at === to) continue
      const volt = () =>
        dark > 0
          ? chance.below(9_000)
          : Math.floor(
              nominal * (chance.once(9) ? 600 + chance.below(700) : 880 + chance.below(220)),
            )
      const phases = isThree ? [0, 1, 2] : [0]
      const isOnlyEnergy = chance.once(15)
      samples.push({
        ...{ meter, at, isLate: chance.once(12) },
        active: chance.once(25) && !isOnlyEnergy ? null : active,
        reactive: chance.once(25) ? null : reactive,
        volts: [0, 1, 2].map((phase) => (!isOnlyEnergy && phases.includes(phase) ? volt() : null)),
        amps: [0, 1, 2].map((phase) => {
          return !isOnlyEnergy && phases.includes(phase) ? chance.below(60_000) : null
        }),
      })
    }
    const closing = Number.isFinite(to) ? ([active + 3, reactive + 2] as const) : null
    return { from, to, value: { meter, ratio, opening, closing } }
  }

  const areas = ['A1', 'A2', 'A3', 'A4', 'F1', null]
  const each = <Value>(choose: () => Value) =>
    Array.from({ length: POINTS }, () => changing(chance, someMoments(), choose))
  const places = each(() => pick(chance, areas))
  const trades = each(() => pick(chance, ['steel', 'paper', '']))
  const members = each(() => chance.once(2)).map((own) =>
    own.flatMap(({ from, to, value }) => (value ? [{ from, to, value: true as const }] : [])),
  )
  return { meters, hung, places, trades, members, samples, failures }
}
