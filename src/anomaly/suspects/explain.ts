import type { Falls } from './falls.ts'
import { dot, type Fit, leastSquares } from './regression.ts'
import {
  AFTER_MIN,
  type AreaHours,
  BEFORE_MIN,
  bounds,
  HOURS,
  hoursOf,
  SLOTS,
  slotAt,
  type Template,
  windows,
} from './templates.ts'

const SHIFT_MAX = 12
/** Meters of one area that may explain its loss together, at most. */
const ATOMS_MAX = 16

/** A meter's part in the explanation of its area's loss. */
export interface Part extends Template {
  readonly meter: number
  readonly hours: Float64Array
  /** What its template counts, and the standard error of that. */
  readonly coefficient: number
  readonly error: number
  /** How much worse the loss is explained without it, as a chi-square. */
  readonly gain: number
  /** How much its own use speaks for it, as another. */
  readonly support: number
  /** kWh that it explains. */
  readonly energy: number
  /** Chosen into the explanation, or the best that could be said of it beside the others. */
  readonly isChosen: boolean
}

export interface Explanation {
  readonly parts: readonly Part[]
  readonly residual: Float64Array
  readonly hoursKnown: number
}

/**
 * Explains an area's loss by what physics loses (a constant, a share, the square of the load) and by
 * templates of its meters, the best first, all fitted anew with each that comes in.
 */
export function explain(
  area: AreaHours,
  falls: Falls,
  evidenceMin: number,
  supportWeight: number,
): Explanation {
  const known = knownHours(area)
  const loss = masked(area.loss, known)
  const base = baseColumns(area, known)
  const dictionary = dictionaryOf(area, falls, known)
  const chosen: Candidate[] = []
  let fitted = leastSquares(base, loss)
  const candidates = () => {
    const skip = new Set(chosen.map(({ meter }) => meter))
    const noise = variance(fitted, known)
    return area.usage.flatMap((_, meter) =>
      skip.has(meter)
        ? []
        : (best(dictionary, falls, meter, fitted.residual, noise, supportWeight) ?? []),
    )
  }
  const columnsOf = (some: readonly Candidate[]) => [...base, ...some.map(({ hours }) => hours)]
  while (chosen.length < Math.min(ATOMS_MAX, area.usage.length / 2)) {
    const [found] = candidates().toSorted((a, b) => b.evidence - a.evidence)
    if (found === undefined || found.evidence < evidenceMin) break
    chosen.push(found)
    fitted = leastSquares(columnsOf(chosen), loss)
  }
  const noise = variance(fitted, known)
  const parts = chosen.map((one, index): Part => {
    const coefficient = fitted.coefficients[base.length + index] ?? 0
    const without = leastSquares(columnsOf(chosen.filter((other) => other !== one)), loss)
    const [low] = bounds[one.manner]
    const gain = coefficient < low / 2 ? 0 : (without.squares - fitted.squares) / noise
    return {
      ...one,
      ...{ coefficient, gain, isChosen: true },
      error: fitted.errors[base.length + index] ?? 0,
      support: falls.support(one.meter, one, Math.max(0, coefficient)),
      energy: coefficient * sum(one.hours),
    }
  })
  const others = candidates().map(
    (one): Part => ({ ...one, energy: one.coefficient * sum(one.hours), isChosen: false }),
  )
  return { parts: [...parts, ...others], residual: fitted.residual, hoursKnown: sum(known) }
}

/** A gain that doubles again tells less than the doubling before. */
const GAIN_SCALE = 40

/** Who is away uses less, and nothing is lost: a fall counts as far as the loss agrees. */
const AGREEING_GAIN = 40

/** How much speaks for a part: what it explains of the loss, and that its own use fell. */
export function evidenceOf(gain: number, support: number, supportWeight: number): number {
  const explained = Math.max(0, gain)
  const agreement = explained / (explained + AGREEING_GAIN)
  return GAIN_SCALE * Math.log1p(explained / GAIN_SCALE) + supportWeight * support * agreement
}

interface Candidate extends Omit<Part, 'energy' | 'isChosen'> {
  readonly evidence: number
}

/** Templates of every meter, made once: only what is left of the loss changes. */
interface Dictionary {
  readonly days: number
  /** By meter: share and shifts since the first day. */
  readonly always: readonly (readonly {
    readonly template: Template
    readonly hours: Float64Array
  }[])[]
  readonly fall: (meter: number, sinceDay: number) => Float64Array
  readonly hours: (meter: number, template: Template) => Float64Array
  readonly known: Float64Array
  readonly slots: Int8Array
  readonly falls: Falls
}

function dictionaryOf(area: AreaHours, falls: Falls, known: Float64Array): Dictionary {
  const hours = (meter: number, template: Template) => {
    const { sides, season } = falls.at(template.sinceDay)
    const own = sides[meter] ?? { before: new Float64Array(), after: new Float64Array() }
    return masked(hoursOf(area, meter, template, own, season), known)
  }
  const always = area.usage.map((_, meter) =>
    Array.from({ length: 2 * SHIFT_MAX + 1 }, (__, index) => {
      const shiftHours = index - SHIFT_MAX
      const template = whole(shiftHours === 0 ? 'share' : 'shift', 0, shiftHours)
      return { template, hours: hours(meter, template) }
    }),
  )
  const kept = new Map<number, Float64Array>()
  return {
    ...{ days: area.days, always, hours, known, falls },
    slots: Int8Array.from(area.loss, (_, t) => slotAt(area, t)),
    fall(meter, sinceDay) {
      const key = meter * 1_000 + sinceDay
      const known = kept.get(key)
      if (known !== undefined) return known
      const made = hours(meter, whole('fall', sinceDay))
      kept.set(key, made)
      return made
    },
  }
}

const whole = (manner: Template['manner'], sinceDay: number, shiftHours = 0): Template => {
  return { manner, shiftHours, fromHour: 0, lastsHours: HOURS, sinceDay }
}

/** The template of a meter for which most speaks: it takes from what is left, and its use fell. */
function best(
  dictionary: Dictionary,
  falls: Falls,
  meter: number,
  rest: Float64Array,
  noise: number,
  supportWeight: number,
): Candidate | undefined {
  const { days } = dictionary
  let most: (Omit<Candidate, 'hours' | 'meter' | 'error'> & { readonly power: number }) | undefined
  const offer = (template: Template, product: number, power: number) => {
    if (power <= 0) return
    const [low, high] = bounds[template.manner]
    const raw = product / power
    if (raw < low / 2) return
    const coefficient = Math.min(high, Math.max(low, raw))
    const gain = (2 * coefficient * product - coefficient * coefficient * power) / noise
    if (gain <= 0) return
    const support = falls.support(meter, template, coefficient)
    const evidence = evidenceOf(gain, support, supportWeight)
    if (most === undefined || evidence > most.evidence) {
      most = { ...template, coefficient, gain, support, evidence, power }
    }
  }
  // Share and shift have the same hours whenever they began: sums from the end serve every day.
  for (const { template, hours } of dictionary.always[meter] ?? []) {
    let [product, power] = [0, 0]
    for (let day = days - 1; day >= 0; day -= 1) {
      for (let t = day * HOURS; t < (day + 1) * HOURS; t += 1) {
        const hour = hours[t] ?? 0
        product += hour * (rest[t] ?? 0)
        power += hour * hour
      }
      if (days - day >= AFTER_MIN) offer({ ...template, sinceDay: day }, product, power)
    }
  }
  for (let sinceDay = BEFORE_MIN; sinceDay <= days - AFTER_MIN; sinceDay += 1) {
    const hours = dictionary.fall(meter, sinceDay)
    offer(whole('fall', sinceDay), dot(hours, rest), dot(hours, hours))
  }
  offerHours(dictionary, meter, rest, offer)
  if (most === undefined) return undefined
  const { power, ...found } = most
  const hours = dictionary.hours(meter, found)
  return { ...found, meter, hours, error: Math.sqrt(noise / power) }
}

/** Windows of the day: their sums are those of their hours. */
function offerHours(
  { days, known, slots, falls }: Dictionary,
  meter: number,
  rest: Float64Array,
  offer: (template: Template, product: number, power: number) => void,
): void {
  const left = new Float64Array(SLOTS)
  const count = new Float64Array(SLOTS)
  for (let sinceDay = days - 1; sinceDay >= BEFORE_MIN; sinceDay -= 1) {
    for (let t = sinceDay * HOURS; t < (sinceDay + 1) * HOURS; t += 1) {
      const slot = slots[t] ?? 0
      left[slot] = (left[slot] ?? 0) + (rest[t] ?? 0)
      count[slot] = (count[slot] ?? 0) + (known[t] ?? 0)
    }
    if (days - sinceDay < AFTER_MIN) continue
    const { sides, season } = falls.at(sinceDay)
    const own = sides[meter]
    if (own === undefined) continue
    const fell = own.before.map((kWh, slot) => Math.max(0, season * kWh - (own.after[slot] ?? 0)))
    for (const { fromHour, lastsHours } of windows) {
      let [product, power] = [0, 0]
      for (let nth = 0; nth < lastsHours; nth += 1) {
        const hour = (fromHour + nth) % HOURS
        for (const slot of [hour, hour + HOURS]) {
          const kWh = fell[slot] ?? 0
          product += kWh * (left[slot] ?? 0)
          power += kWh * kWh * (count[slot] ?? 0)
        }
      }
      offer({ manner: 'hours', shiftHours: 0, fromHour, lastsHours, sinceDay }, product, power)
    }
  }
}

/** What lines and transformers lose: a constant, a share of the load and of its square. */
function baseColumns(area: AreaHours, known: Float64Array): Float64Array[] {
  const load = Float64Array.from(known, (is, t) =>
    is === 0 ? 0 : area.usage.reduce((total, own) => total + (own[t] ?? 0), 0),
  )
  const mean = sum(load) / Math.max(1, sum(known))
  const square = load.map((kWh) => (mean === 0 ? 0 : (kWh * kWh) / mean))
  return [known, load, square]
}

/** 1 where the loss and every meter are known. */
function knownHours(area: AreaHours): Float64Array {
  return area.loss.map((kWh, t) =>
    Number.isNaN(kWh) || area.usage.some((own) => Number.isNaN(own[t] ?? Number.NaN)) ? 0 : 1,
  )
}

const masked = (hours: Float64Array, known: Float64Array) =>
  hours.map((kWh, t) => ((known[t] ?? 0) === 0 ? 0 : kWh))

const variance = ({ squares }: Fit, known: Float64Array) =>
  Math.max(squares / Math.max(1, sum(known) - 10), 1e-9)

const sum = (hours: Float64Array) => hours.reduce((total, kWh) => total + kWh, 0)
