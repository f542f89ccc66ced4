import { greatest, type Outage, type PointDay, rounded } from './oracle.ts'

/** From what each usage point was on each day to the rows of a table, still by hand. */

type Key = (day: PointDay) => string | null | undefined
type Starts = (date: string) => string

const feeders: Readonly<Record<string, string>> = {
  ...{ A1: 'F1', A2: 'F1', A3: 'F2', A4: 'F2', F1: 'F1' },
}

/** Undefined: who counts for no row at all. */
export function keyOf(by: string): Key {
  switch (by) {
    case 'none':
      return () => 'all'
    case 'region':
      return ({ place }) => (place === null ? null : 'R')
    case 'substation':
      return ({ place }) => (place === null ? null : 'S')
    case 'bus':
      return ({ place }) => (place === null ? null : 'B')
    case 'feeder':
      return ({ place }) => (place === null ? null : (feeders[place] ?? null))
    case 'area':
      return ({ place }) => (place?.startsWith('A') ? place : null)
    case 'trade':
      return ({ trade }) => trade || null
    case 'tariff':
      return ({ point }) => `t${point % 3}`
    case 'class':
      return ({ point }) => (point % 2 === 1 ? 'residential' : 'commercial')
    case 'role':
      return () => 'receive'
    case 'group':
      return ({ isMember }) => (isMember ? 'mine' : undefined)
    case 'point':
      return ({ point }) => `P${point}`
    default:
      throw new Error(by)
  }
}

/** The first day of a period by its calendar: names are enough for that. */
export function periodStart(period: string, from: string): Starts {
  switch (period) {
    case 'day':
      return (date) => date
    case 'week':
      return (date) => {
        const day = new Date(`${date}T00:00Z`)
        day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
        return day.toISOString().slice(0, 10)
      }
    case 'month':
      return (date) => `${date.slice(0, 7)}-01`
    case 'quarter':
      return (date) => {
        const month = Math.floor((Number(date.slice(5, 7)) - 1) / 3) * 3 + 1
        return `${date.slice(0, 4)}-${String(month).padStart(2, '0')}-01`
      }
    case 'year':
      return (date) => `${date.slice(0, 4)}-01-01`
    default:
      return () => from
  }
}

interface Group {
  readonly key: string | null
  readonly starts: string
  readonly days: readonly PointDay[]
}

/** By start and key, those without a key first. */
function grouped(all: readonly PointDay[], key: Key, starts: Starts): readonly Group[] {
  const groups = new Map<string, { key: string | null; starts: string; days: PointDay[] }>()
  for (const day of all) {
    const own = key(day)
    if (own === undefined) continue
    const name = `${starts(day.date)} ${own ?? ''}`
    const group = groups.get(name) ?? { key: own, starts: starts(day.date), days: [] }
    groups.set(name, group)
    group.days.push(day)
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group)
}

const later = (one: string, other: string) => (one > other ? one : other)
const sumOf = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n)

/** 10^-6 of a unit as people write it. */
function text(micro: bigint): string {
  const size = micro < 0n ? -micro : micro
  const part = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return `${micro < 0n ? '-' : ''}${size / 1_000_000n}${part === '' ? '' : `.${part}`}`
}

function fixed(over: bigint, under: bigint, places: number): string | null {
  if (under === 0n) return null
  const told = rounded(over * 10n ** BigInt(places), under)
  const size = String(told < 0n ? -told : told).padStart(places + 1, '0')
  return `${told < 0n ? '-' : ''}${size.slice(0, -places)}.${size.slice(-places)}`
}
const share = (over: number, under: number) => fixed(BigInt(over), BigInt(under), 4)

export function energySums(all: readonly PointDay[], key: Key, starts: Starts, from: string) {
  return grouped(all, key, starts).map(({ key: own, starts: begins, days }) => {
    const told = days.filter(({ active }) => active !== null)
    return [
      later(begins, from),
      own,
      text(sumOf(told.map(({ active }) => active ?? 0n))),
      told.length,
      told.filter(({ isWhole }) => !isWhole).length,
      days.length,
    ]
  })
}

interface DayLoad {
  readonly date: string
  readonly energy: bigint
  readonly quarters: number
  readonly peak: bigint
  readonly peakAt: number
  readonly least: bigint
  readonly leastAt: number
  readonly peaks: bigint
  readonly points: number
  readonly thin: number
}

/** The curve of the sum of some usage points on a day. */
function dayLoad(date: string, days: readonly PointDay[]): readonly DayLoad[] {
  const curve = new Map<number, { energy: bigint; points: number }>()
  for (const { quarters } of days) {
    for (const [at, energy] of quarters) {
      const before = curve.get(at)
      const sum = { energy: (before?.energy ?? 0n) + energy, points: (before?.points ?? 0) + 1 }
      curve.set(at, sum)
    }
  }
  const told = [...curve].map(([at, sum]) => ({ at, ...sum })).sort((a, b) => a.at - b.at)
  const points = Math.max(...told.map((one) => one.points))
  const full = told.filter((one) => one.points === points)
  const [head, low] = [told[0], full[0]]
  if (head === undefined || low === undefined) return []
  const peak = told.reduce((most, one) => (one.energy > most.energy ? one : most), head)
  const least = full.reduce((fewest, one) => (one.energy < fewest.energy ? one : fewest), low)
  return [
    {
      ...{ date, points, quarters: told.length, thin: told.length - full.length },
      energy: sumOf(told.map(({ energy }) => energy)),
      ...{ peak: peak.energy, peakAt: peak.at, least: least.energy, leastAt: least.at },
      peaks: sumOf(days.map(({ quarters }) => greatest([...quarters.values()]))),
    },
  ]
}

export function loadSums(all: readonly PointDay[], key: Key, starts: Starts) {
  return grouped(all, key, starts).flatMap(({ key: own, days: members }) => {
    const days = [...Map.groupBy(members, ({ date }) => date)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([date, some]) => dayLoad(date, some))
    const [head, tail] = [days[0], days.at(-1)]
    if (head === undefined || tail === undefined) return []
    const energy = sumOf(days.map((day) => day.energy))
    const quarters = days.reduce((sum, day) => sum + day.quarters, 0)
    const peak = days.reduce((most, day) => (day.peak > most.peak ? day : most), head)
    const least = days.reduce((fewest, day) => (day.least < fewest.least ? day : fewest), head)
    const ofDay = greatest(days.map((day) => day.peak - day.least))
    return [
      {
        ...{ key: own, from: head.date, to: tail.date, energy: text(energy) },
        mean: fixed(energy * 4n, BigInt(quarters) * 1_000_000n, 3),
        ...{ peak: text(peak.peak * 4n), peakAt: peak.peakAt },
        ...{ least: text(least.least * 4n), leastAt: least.leastAt },
        loadFactor: fixed(energy, peak.peak * BigInt(quarters), 4),
        peakValley: text((peak.peak - least.least) * 4n),
        peakValleyRatio: fixed(peak.peak - least.least, peak.peak, 4),
        peakValleyOfDay: text(ofDay * 4n),
        coincidence: fixed(peak.peak, peak.peaks, 4),
        points: Math.max(...days.map(({ points }) => points)),
        quarters,
        thinQuarters: days.reduce((sum, { thin }) => sum + thin, 0),
      },
    ]
  })
}

export function qualitySums(
  all: readonly PointDay[],
  key: Key,
  starts: Starts,
  [from, to]: readonly [string, string],
) {
  return grouped(all, key, starts).map(({ key: own, starts: begins, days }) => {
    const lengths = new Set(
      all.filter(({ date }) => starts(date) === begins && date <= to).map(({ date }) => date),
    )
    const customers = BigInt(days.length)
    const length = BigInt(lengths.size)
    const supply = days.flatMap((day) => (day.supply === null ? [] : [day.supply]))
    const total = (of: (one: (typeof supply)[number]) => number) =>
      supply.reduce((sum, one) => sum + of(one), 0)
    const most = (values: readonly (bigint | null)[]) => extreme(values, (a, b) => a > b)
    const [examined, below, above] = [
      total((one) => one.examined),
      total((one) => one.below),
      total((one) => one.above),
    ]
    const outages = days.flatMap((day) => day.outages)
    const ms = outages.reduce((sum, one) => sum + (one.to === null ? 0 : one.to - one.from), 0)
    return {
      ...{ key: own, from: later(begins, from), usagePoints: fixed(customers, length, 2) },
      voltage: {
        qualificationRate: share(examined - below - above, examined),
        ...{ examinedSeconds: examined, belowSeconds: below, aboveSeconds: above },
        least: extreme(
          supply.map(({ least }) => least),
          (a, b) => a < b,
        ),
        most: most(supply.map((one) => one.most)),
        imbalance: most(supply.map(({ imbalance }) => imbalance)),
        imbalanceShare: share(
          total((one) => one.imbalanceSeconds),
          total((one) => one.balanced),
        ),
      },
      current: {
        imbalance: most(supply.map(({ currentImbalance }) => currentImbalance)),
        imbalanceShare: share(
          total((one) => one.currentSeconds),
          total((one) => one.loaded),
        ),
      },
      powerFactor: powerFactor(days),
      outages: {
        byEvent: counted(outages, 'event'),
        byCurve: counted(outages, 'curve'),
        open: outages.filter((one) => one.to === null).length,
        minutes: fixed(BigInt(ms), 60_000n, 2),
        saifi: fixed(BigInt(outages.length) * length, customers, 4),
        saidiMinutes: fixed(BigInt(ms) * length, customers * 60_000n, 2),
      },
    }
  })
}

const counted = (outages: readonly Outage[], by: string) =>
  outages.filter((one) => one.by === by).length

/** In 10^-4. */
function extreme(values: readonly (bigint | null)[], goes: (a: bigint, b: bigint) => boolean) {
  const known = values.filter((value) => value !== null)
  const [head, ...rest] = known
  if (head === undefined) return null
  return fixed(
    rest.reduce((best, one) => (goes(one, best) ? one : best), head),
    10_000n,
    4,
  )
}

function powerFactor(days: readonly PointDay[]): string | null {
  if (days.every(({ reactive }) => reactive === null)) return null
  if (days.every(({ active }) => active === null)) return null
  const active = sumOf(days.map((day) => day.active ?? 0n))
  const reactive = sumOf(days.map((day) => day.reactive ?? 0n))
  return fixed(active * 10n ** 9n, root((active * active + reactive * reactive) * 10n ** 18n), 4)
}

/** The whole part of a square root (Newton). */
function root(square: bigint): bigint {
  if (square === 0n) return 0n
  let guess = 1n << BigInt(Math.ceil(square.toString(2).length / 2))
  for (;;) {
    const next = (guess + square / guess) / 2n
    if (next >= guess) return guess
    guess = next
  }
}
