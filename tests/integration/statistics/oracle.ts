import { energyBetween, type Hanging, type Shown } from '../metering/oracle.ts'
import { type Held, type Life, POINTS, QUARTER, type Sample } from './oracle-life.ts'

/**
 * Statistics as a clerk with paper would work them out: loops over lists, whole numbers and
 * fractions of them. Nothing of the product is used here, not even its types.
 */

export interface Day {
  readonly date: string
  readonly start: number
  readonly end: number
  /** Between two and five in the morning. */
  readonly night: readonly [number, number]
}

/** What one usage point was on one day. */
export interface PointDay {
  readonly point: number
  readonly date: string
  readonly place: string | null
  readonly trade: string
  readonly isMember: boolean
  readonly active: bigint | null
  readonly reactive: bigint | null
  readonly isWhole: boolean
  /** 10^-6 kWh by the end of the quarter. */
  readonly quarters: ReadonlyMap<number, bigint>
  readonly night: readonly bigint[]
  readonly supply: Supply | null
  readonly outages: readonly Outage[]
}

export interface Supply {
  readonly examined: number
  readonly below: number
  readonly above: number
  readonly least: bigint | null
  readonly most: bigint | null
  readonly balanced: number
  readonly imbalance: bigint | null
  readonly imbalanceSeconds: number
  readonly loaded: number
  readonly currentImbalance: bigint | null
  readonly currentSeconds: number
}

export interface Outage {
  readonly from: number
  readonly to: number | null
  readonly by: 'event' | 'curve'
}

/** Half goes away from nothing. */
export function rounded(over: bigint, under: bigint): bigint {
  const sign = over < 0n !== under < 0n ? -1n : 1n
  const [top, bottom] = [over < 0n ? -over : over, under < 0n ? -under : under]
  return sign * ((2n * top + bottom) / (2n * bottom))
}

export const greatest = (values: readonly bigint[]): bigint =>
  values.toSorted((one, other) => (one < other ? -1 : 1)).at(-1) ?? 0n

export function daysOf(life: Life, days: readonly Day[]): readonly PointDay[] {
  const [first, last] = [days[0]?.start ?? 0, days.at(-1)?.end ?? 0]
  // What was before may go on, and what began may end later.
  const before = { start: first - 24 * HOUR, end: first }
  const after = { start: last, end: last + 24 * HOUR }
  return Array.from({ length: POINTS }, (_, index) => index).flatMap((point) => {
    const outages = outagesOf(life, point, [before, ...days, after])
    return days.map((day) => {
      const energy = (register: 'active' | 'reactive', from: number, to: number) =>
        energyBetween(hangings(life, point, register), shown(life, register), from, to)
      const [active, reactive] = [
        energy('active', day.start, day.end),
        energy('reactive', day.start, day.end),
      ]
      const quarters = new Map<number, bigint>()
      for (let at = day.start; at < day.end; at += QUARTER) {
        const told = energy('active', at, at + QUARTER)
        if (told && told.quality !== 'incomplete') quarters.set(at + QUARTER, told.energy)
      }
      const [nightFrom, nightTo] = day.night
      return {
        ...{ point: point + 1, date: day.date, quarters },
        place:
          lastOf(
            life.places[point]?.filter(({ value }) => value !== null),
            day,
          ) ?? null,
        trade: lastOf(life.trades[point], day) ?? '',
        isMember: (life.members[point] ?? []).some(
          ({ from, to }) => from < day.end && to >= day.end,
        ),
        active: active?.energy ?? null,
        reactive: reactive?.energy ?? null,
        isWhole: active?.quality !== 'incomplete',
        night: [...quarters].flatMap(([at, told]) =>
          at > nightFrom && at <= nightTo ? [told] : [],
        ),
        supply: supplyOf(samplesOf(life, point, day), life, day),
        outages: outages.filter(({ from }) => from >= day.start && from < day.end),
      }
    })
  })
}

/** What held when the day was over, or else the last that held on it. */
function lastOf<Value>(spans: readonly Held<Value>[] | undefined, { start, end }: Day) {
  const held = (spans ?? []).filter(({ from, to }) => from < end && to > start)
  return (held.find(({ to }) => to >= end) ?? held.at(-1))?.value
}

const register = { active: 0, reactive: 1 } as const

const hangings = (life: Life, point: number, of: 'active' | 'reactive'): readonly Hanging[] =>
  (life.hung[point] ?? []).map(({ from, to, value }) => ({
    ...{ meter: value.meter, from, to, width: 10n ** 12n, ratio: [BigInt(value.ratio), 1n] },
    opening: BigInt(value.opening[register[of]]) * 10_000n,
    ...(value.closing && { closing: BigInt(value.closing[register[of]]) * 10_000n }),
  }))

const shown = (life: Life, of: 'active' | 'reactive') => (meter: number) =>
  life.samples.flatMap((sample): readonly Shown[] => {
    const digits = sample[of]
    if (sample.meter !== meter || digits === null) return []
    return [{ at: sample.at, micro: BigInt(digits) * 10_000n, quality: 'measured' }]
  })

/** Those with a voltage, of whatever meter hung there at their moment. */
function samplesOf(life: Life, point: number, span: { start: number; end: number }) {
  const hung = life.hung[point] ?? []
  return life.samples
    .filter(({ meter, at, volts }) => {
      const there = hung.some((one) => one.value.meter === meter && one.from <= at && at < one.to)
      return there && at >= span.start && at < span.end && volts.some((volt) => volt !== null)
    })
    .sort((one, other) => one.at - other.at)
}

const HOUR_S = 3_600
const limits = { '1p2w': [90n, 107n], '3p4w': [93n, 107n] } as const
const isAbsent = (volt: number, nominal: number) => volt < nominal * 100

function supplyOf(samples: readonly Sample[], life: Life, { end }: Day): Supply | null {
  if (samples.length === 0) return null
  let [examined, below, above, balanced, imbalanceSeconds, loaded, currentSeconds] =
    Array(7).fill(0)
  let least: bigint | null = null
  let most: bigint | null = null
  let imbalance: bigint | null = null
  let currentImbalance: bigint | null = null
  for (const [index, { at, meter, volts, amps }] of samples.entries()) {
    const seconds = Math.min(((samples[index + 1]?.at ?? end) - at) / 1_000, HOUR_S)
    const plate = life.meters[meter - 1]
    if (plate === undefined) throw new Error('no meter')
    const un = BigInt(plate.nominal) * 1_000n
    const [low, high] = limits[plate.wiring]
    for (const volt of volts) {
      if (volt === null) continue
      const hundred = BigInt(volt) * 100n
      if (hundred < 70n * un || hundred > 120n * un) continue
      examined += seconds
      if (hundred < low * un) below += seconds
      if (hundred > high * un) above += seconds
      const share = rounded(BigInt(volt) * 10_000n, un)
      if (least === null || share < least) least = share
      if (most === null || share > most) most = share
    }
    const uneven = spread(volts)
    if (uneven && volts.every((volt) => volt !== null && !isAbsent(volt, plate.nominal))) {
      balanced += seconds
      if (uneven.share > (imbalance ?? -1n)) imbalance = uneven.share
      if (uneven.isBeyond) imbalanceSeconds += seconds
    }
    const unevenly = spread(amps)
    // A twentieth of the basic current of 5 A, on the mean of three.
    if (unevenly && unevenly.sum > 3n * 250n) {
      loaded += seconds
      if (unevenly.share > (currentImbalance ?? -1n)) currentImbalance = unevenly.share
      if (unevenly.isBeyond) currentSeconds += seconds
    }
  }
  const seconds = { examined, below, above, balanced, imbalanceSeconds, loaded, currentSeconds }
  return { ...seconds, least, most, imbalance, currentImbalance }
}

/** The greatest deviation from the mean of three in 10^-4 of it, and whether it is above 0.30. */
function spread(phases: readonly (number | null)[]) {
  const three = phases.flatMap((phase) => (phase === null ? [] : [BigInt(phase)]))
  if (three.length < 3) return undefined
  const sum = three.reduce((all, one) => all + one, 0n)
  if (sum === 0n) return undefined
  const far = greatest(three.map((one) => (3n * one > sum ? 3n * one - sum : sum - 3n * one)))
  return { sum, share: rounded(far * 10_000n, sum), isBeyond: far * 10n > sum * 3n }
}

const SUSTAINED = 3 * 60_000
const HOUR = 3_600_000

/** As meters told them, and stretches without voltage of which no meter told within an hour. */
function outagesOf(
  life: Life,
  point: number,
  days: readonly Pick<Day, 'start' | 'end'>[],
): readonly Outage[] {
  const hung = life.hung[point] ?? []
  const told = life.failures
    .filter(({ meter, from }) =>
      hung.some((one) => one.value.meter === meter && one.from <= from && from < one.to),
    )
    .map(({ from, to }) => ({ from, to, by: 'event' as const }))
  const stretches: { from: number; to: number }[] = []
  for (const day of days) {
    const all = samplesOf(life, point, day)
    let wasDark = false
    for (const [index, { at, volts, meter }] of all.entries()) {
      const { nominal = 220 } = life.meters[meter - 1] ?? {}
      const isDark = volts.every((volt) => volt === null || isAbsent(volt, nominal))
      const last = stretches.at(-1)
      // Who is silent between two moments without voltage had none; what lasted to midnight goes on
      // in what begins soon after.
      const goesOn = wasDark || (last?.to === day.start && at - last.to <= HOUR)
      wasDark = isDark
      if (!isDark) continue
      const to = Math.min(all[index + 1]?.at ?? day.end, at + HOUR)
      if (last !== undefined && goesOn) last.to = to
      else stretches.push({ from: at, to })
    }
  }
  const unseen = stretches.filter(
    ({ from, to }) =>
      !told.some((one) => one.from < to + HOUR && (one.to ?? one.from) > from - HOUR),
  )
  const lasting = ({ from, to }: { from: number; to: number | null }) =>
    to === null || to - from >= SUSTAINED
  return [
    ...told.filter(lasting),
    ...unseen.filter(lasting).map((one) => ({ ...one, by: 'curve' as const })),
  ]
}
