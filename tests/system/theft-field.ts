import type { AreaHours } from '#src/anomaly/suspects'
import { changed, type InnocentKind, innocentKinds } from './innocent-changes.ts'
import { type Feeder, loadFeeder, loadHouseholds, solve } from './low-voltage-feeder.ts'

export const theftKinds = [
  'bypass',
  'part-time bypass',
  'phase reversal',
  'scaled register',
  'swapped profile',
  'tampered clock',
] as const
export type TheftKind = (typeof theftKinds)[number]

const QUARTERS = 4
const PER_DAY = 96
const DAYS = 49
const SOURCE = [242, 242, 242] as const
const NO_LOAD_KW = 1.2
/** Of the 25th day. */
const SWAP_HOUR = 24 * 24 + 10
/** The series begins on a Monday. */
const FIRST_WEEKDAY = 1

/** Real households on a real feeder, and what its head gave them by a power flow. */
interface Area {
  /** kWh by quarter as used; below 0 what was fed in. */
  readonly used: readonly Float64Array[]
  /** Meters of whom something changed that is no theft. */
  readonly innocents: ReadonlyMap<number, InnocentKind>
  readonly head: Float64Array
}

export interface Half {
  readonly areas: readonly Area[]
  readonly meters: number
}

/** Small, known and the same everywhere (mulberry32). */
export function drawing(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function shuffled<T>(all: readonly T[], draw: () => number): T[] {
  return all
    .map((one) => ({ one, at: draw() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

/** The meters in two halves that share none, each hung on areas of its own. */
export function halves(): {
  readonly tuning: () => Half
  readonly scoring: () => Half
  /** So many innocents of each kind among them. */
  readonly tuningWith: (each: number, seed: number) => Half
  readonly scoringWith: (each: number, seed: number) => Half
} {
  const mixed = shuffled(loadHouseholds(), drawing(537))
  const middle = Math.ceil(mixed.length / 2)
  const feeder = loadFeeder()
  return {
    tuning: () => hang(feeder, mixed.slice(0, middle)),
    scoring: () => hang(feeder, mixed.slice(middle)),
    tuningWith: (each, seed) => hangWith(feeder, mixed.slice(0, middle), each, seed),
    scoringWith: (each, seed) => hangWith(feeder, mixed.slice(middle), each, seed),
  }
}

function hangWith(
  feeder: Feeder,
  households: readonly Float64Array[],
  each: number,
  seed: number,
): Half {
  const draw = drawing(seed)
  const own = households.map((one) => Float64Array.from(one))
  const able = shuffled(
    own.flatMap((one, index) => (isAble(one) ? [index] : [])),
    draw,
  )
  const innocents = new Map<number, InnocentKind>()
  for (const kind of innocentKinds) {
    for (let nth = 0; nth < each; nth += 1) {
      const index = able.pop()
      const used = index === undefined ? undefined : own[index]
      if (index === undefined || used === undefined) continue
      own[index] = changed(used, kind, draw)
      innocents.set(index, kind)
    }
  }
  return hang(feeder, own, innocents)
}

function hang(
  feeder: Feeder,
  households: readonly Float64Array[],
  innocents: ReadonlyMap<number, InnocentKind> = new Map(),
): Half {
  const most = feeder.customers.length
  const count = Math.ceil(households.length / most)
  const areas = Array.from({ length: count }, (_, area) => {
    const used = households.filter((_, index) => index % count === area)
    const head = Float64Array.from({ length: DAYS * PER_DAY }, (_, at) => {
      const kw = feeder.customers.map((_, index) => QUARTERS * (used[index]?.[at] ?? 0))
      return (solve(feeder, SOURCE, kw).headKw + NO_LOAD_KW) / QUARTERS
    })
    const own = [...innocents].flatMap(([index, kind]) =>
      index % count === area ? [[Math.floor(index / count), kind] as const] : [],
    )
    return { used, head, innocents: new Map(own) }
  })
  return { areas, meters: households.length }
}

export interface Thief {
  readonly area: number
  readonly meter: number
  readonly kind: TheftKind
  readonly sinceDay: number
  /** kWh that were used and not metered. */
  readonly unbilled: number
}

export interface Scene {
  readonly areas: readonly AreaHours[]
  readonly thieves: readonly Thief[]
}

/** So many thieves of each kind at random meters from random days on. */
export function stage(half: Half, kinds: readonly TheftKind[], each: number, seed: number): Scene {
  const draw = drawing(seed)
  const everybody = half.areas.flatMap(({ used }, area) =>
    used.map((_, meter) => ({ area, meter })),
  )
  const thieves: Thief[] = []
  const able = everybody.filter(({ area, meter }) => {
    const used = half.areas[area]?.used[meter]
    return used !== undefined && !half.areas[area]?.innocents.has(meter) && isAble(used)
  })
  const chosen = shuffled(able, draw)
  const metered = half.areas.map(({ used }) => used.map((own) => Float64Array.from(own)))
  for (const kind of kinds) {
    for (let nth = 0; nth < each; nth += 1) {
      const one = chosen.pop()
      if (one === undefined) continue
      const used = half.areas[one.area]?.used[one.meter]
      const donors = half.areas[(one.area + 1) % half.areas.length]?.used ?? []
      const donor = donors[Math.floor(draw() * donors.length)]
      if (used === undefined || donor === undefined) continue
      const sinceDay = 10 + Math.floor(draw() * 26)
      const shown = tampered(used, kind, sinceDay, donor, draw)
      const own = metered[one.area]
      if (own !== undefined) own[one.meter] = shown
      const unbilled = used.reduce((sum, kWh, at) => sum + kWh - (shown[at] ?? 0), 0)
      thieves.push({ ...one, kind, sinceDay, unbilled })
    }
  }
  const areas = half.areas.map(({ head, innocents }, area) => {
    const counted = (metered[area] ?? []).map((own) => ({ own, gain: 0.995 + 0.01 * draw() }))
    const registers = counted.map(({ own, gain }) =>
      byRegister(
        own.map((kWh) => Math.max(0, kWh)),
        gain,
        0.01,
      ),
    )
    for (const [meter, kind] of innocents) {
      // Nobody knows what was used while the meter was changed.
      if (kind === 'new meter') registers[meter]?.fill(Number.NaN, SWAP_HOUR, SWAP_HOUR + 2)
    }
    const fedIn = counted
      .filter(({ own }) => own.some((kWh) => kWh < 0))
      .map(({ own, gain }) =>
        byRegister(
          own.map((kWh) => Math.max(0, -kWh)),
          gain,
          0.01,
        ),
      )
    const gateway = byRegister(head, 0.998 + 0.004 * draw(), 0.1)
    const loss = gateway.map(
      (kWh, t) =>
        kWh -
        registers.reduce((sum, own) => sum + (own[t] ?? 0), 0) +
        fedIn.reduce((sum, own) => sum + (own[t] ?? 0), 0),
    )
    const weekdays = Array.from({ length: DAYS }, (_, day) => (FIRST_WEEKDAY + day) % 7)
    return { days: DAYS, weekdays, loss, usage: registers }
  })
  return { areas, thieves }
}

// Who uses next to nothing has nothing to steal, and nobody would look.
const isAble = (used: Float64Array) => used.reduce((sum, kWh) => sum + kWh, 0) > 2 * DAYS

/** What the meter shows of what is used, from a day on. */
function tampered(
  used: Float64Array,
  kind: TheftKind,
  sinceDay: number,
  donor: Float64Array,
  draw: () => number,
): Float64Array<ArrayBuffer> {
  const start = sinceDay * PER_DAY
  const after = (shown: (kWh: number, at: number) => number) =>
    used.map((kWh, at) => (at < start ? kWh : shown(kWh, at)))
  switch (kind) {
    case 'bypass': {
      const share = 0.4 + 0.6 * draw()
      return after((kWh) => kWh * (1 - share))
    }
    case 'part-time bypass': {
      const [from, hours, share] = [
        Math.floor(draw() * 24),
        4 + Math.floor(draw() * 7),
        0.7 + 0.3 * draw(),
      ]
      return after((kWh, at) => {
        const hour = Math.floor((at % PER_DAY) / QUARTERS)
        return (hour - from + 24) % 24 < hours ? kWh * (1 - share) : kWh
      })
    }
    case 'phase reversal': {
      // One of three phases is counted backwards; how the load lies on them varies.
      const share = 0.2 + 0.25 * draw()
      return after(
        (kWh) => kWh * Math.max(0, 1 - 2 * Math.min(1, Math.max(0, share + 0.3 * (draw() - 0.5)))),
      )
    }
    case 'scaled register': {
      const factor = 0.3 + 0.5 * draw()
      return after((kWh) => kWh * factor)
    }
    case 'swapped profile': {
      const [own, other] = [used, donor].map((one) => one.reduce((sum, kWh) => sum + kWh, 0))
      const factor = ((own ?? 0) / Math.max(other ?? 0, 1e-6)) * (0.3 + 0.4 * draw())
      return after((_, at) => (donor[at] ?? 0) * factor)
    }
    case 'tampered clock': {
      const quarters = (draw() < 0.5 ? -1 : 1) * (8 + Math.floor(draw() * 33))
      return after((kWh, at) => used[at - quarters] ?? kWh)
    }
  }
}

/** By hour, as a register with a mistake of its own and so many kWh a step shows it. */
function byRegister(quarters: Float64Array, gain: number, step: number): Float64Array {
  let [register, before] = [0, 0]
  return Float64Array.from({ length: quarters.length / QUARTERS }, (_, hour) => {
    for (let at = hour * QUARTERS; at < (hour + 1) * QUARTERS; at += 1) {
      register += (quarters[at] ?? 0) * gain
    }
    const shown = Math.floor(register / step) * step
    const kWh = shown - before
    before = shown
    return kWh
  })
}
