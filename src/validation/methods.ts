import { type BusinessDate, type CivilTime, type Instant, instant } from '#src/core'
import { DAY, type History, likeDays, type Similarity } from './similar-days.ts'
import { type Expect, evenly, FINER, type Gap, partOf, spread } from './spread.ts'
import { type Place, sunSine } from './sun.ts'

/** A method of estimation with when it may be used; the first that can is used. */
export interface Method {
  readonly code: string
  readonly version: number
  readonly parameters: {
    /** For gaps of no more, or no less. */
    readonly missingMax?: number
    readonly hoursMin?: number
    /** How many days are taken, and how many there must be. */
    readonly days?: number
    readonly daysMin?: number
    readonly byKind?: boolean
    /** Only for these registers. */
    readonly registers?: readonly string[]
    readonly latitude?: number
    readonly longitude?: number
    readonly holidays?: readonly string[]
  }
}

/** What is known of a meter besides the ends of the gap. */
export interface Facts {
  readonly register: string
  readonly civil: CivilTime
  readonly history: History
  /** How much the neighbours used day by day, in and around the gap, in any unit. */
  readonly reference: ReadonlyMap<BusinessDate, bigint> | null
  readonly place: Place | null
}

export interface Estimate {
  readonly method: Pick<Method, 'code' | 'version'>
  /** One for each moment of the gap. */
  readonly values: readonly bigint[]
}

/** Undefined where no method can say anything, because nothing at all is known. */
export function estimateGap(
  gap: Gap,
  methods: readonly Method[],
  facts: Facts,
): Estimate | undefined {
  for (const method of methods) {
    if (!suits(method, gap, facts)) continue
    const expect = ways[method.code]?.(gap, method, facts)
    if (expect !== undefined) return { method, values: spread(gap, expect) }
  }
  return undefined
}

function suits({ parameters }: Method, { from, to, moments }: Gap, { register }: Facts): boolean {
  const { missingMax, hoursMin, registers } = parameters
  const end = to?.at ?? moments.at(-1) ?? from.at
  return (
    (missingMax === undefined || moments.length <= missingMax) &&
    (hoursMin === undefined || end - from.at >= hoursMin * 3_600_000) &&
    (registers === undefined || registers.includes(register))
  )
}

type Way = (gap: Gap, method: Method, facts: Facts) => Expect | undefined

/** R_N = R + (R_{Y+1} − R) / (Y+1) · N, by time, where both ends are known. */
const linear: Way = ({ to }) => (to === null ? undefined : evenly)

const similarDays: Way = (_, { parameters }, { civil, history }) => {
  const { days = 4, daysMin = 2, byKind = true, holidays = [] } = parameters
  if (history.days.size < daysMin) return undefined
  return likeDays(civil, history, { days, byKind, holidays: new Set(datesOf(holidays)) })
}

/**
 * R_N = R + (R_{Y+1} − R)(R1_N − R1)/(R1_{Y+1} − R1): the reference R1 goes from day to day as the
 * neighbours did, and within the day as the meter itself does on similar days.
 */
const referenceShape: Way = (gap, { parameters }, facts) => {
  const { days = 4, daysMin = 2, byKind = true, holidays = [] } = parameters
  const { civil, history, reference } = facts
  if (gap.to === null || reference === null || history.days.size < daysMin) return undefined
  const similarity = { days, byKind, holidays: new Set(datesOf(holidays)) }
  const change = changeOf(civil, reference, gap.from.at, gap.to.at, similarity)
  return change === undefined ? undefined : likeDays(civil, history, { ...similarity, change })
}

/** The neighbours' days in the gap against what their own similar days let expect, in millionths. */
function changeOf(
  civil: CivilTime,
  reference: ReadonlyMap<BusinessDate, bigint>,
  from: Instant,
  to: Instant,
  similarity: Similarity,
): ReadonlyMap<BusinessDate, bigint> | undefined {
  const [first, last] = [civil.dateOf(from), civil.dateOf(to)]
  const isInside = (date: BusinessDate) => date >= first && date <= last
  const outside = [...reference].filter(([date]) => !isInside(date))
  const inside = [...reference].filter(([date]) => isInside(date))
  const days = new Map(outside.map(([date, level]) => [date, [level]]))
  const expect = likeDays(civil, { step: DAY, days }, similarity)
  if (expect === undefined || inside.length === 0) return undefined
  return new Map(
    inside.map(([date, level]) => {
      const usual = expect(civil.startOf(date), civil.startOf(civil.addDays(date, 1)))
      return [date, usual > 0n ? (level * FINER * FINER) / usual : FINER]
    }),
  )
}

/** So finely the sun is followed. */
const SUN_STEP = 900_000
const HORIZON = -0.0145

/** What generates does so while the sun is up, like on the days around; nothing at night. */
const generation: Way = ({ to }, { parameters }, { civil, history, place }) => {
  const { days = 8, daysMin = 2, latitude, longitude } = parameters
  const known =
    history.days.size < daysMin || history.step === DAY
      ? undefined
      : likeDays(civil, history, { days, byKind: false, holidays: new Set() })
  const where =
    place ??
    (latitude === undefined || longitude === undefined ? undefined : { latitude, longitude })
  if (where === undefined) return known
  if (known === undefined && to === null) return undefined
  return (from, end) => {
    let sum = 0n
    for (let at: Instant = from; at < end; ) {
      const next = instant(Math.min(end, (Math.floor(at / SUN_STEP) + 1) * SUN_STEP))
      const sine = sunSine(instant((at + next) / 2), where)
      if (known !== undefined) sum += sine > HORIZON ? known(at, next) : 0n
      else if (sine > 0) sum += BigInt(Math.round(sine * 1_000_000)) * BigInt(next - at)
      at = next
    }
    return sum
  }
}

/** The pace of all known days together. */
const average: Way = (_, { parameters }, { history }) => {
  const { daysMin = 1 } = parameters
  if (history.days.size < daysMin) return undefined
  let energy = 0n
  let steps = 0n
  for (const slots of history.days.values()) {
    for (const one of slots) {
      if (one === undefined) continue
      energy += one
      steps += 1n
    }
  }
  if (steps === 0n) return undefined
  const length = steps * BigInt(history.step)
  return (from, to) => partOf(energy * FINER, from, to, length)
}

const ways: Readonly<Record<string, Way>> = {
  linear,
  generation,
  'reference-shape': referenceShape,
  'similar-days': similarDays,
  average,
  proration: linear,
}

const datesOf = (texts: readonly string[]): readonly BusinessDate[] =>
  texts.filter((text): text is BusinessDate => /^\d{4}-\d{2}-\d{2}$/.test(text))
