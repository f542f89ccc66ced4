import {
  type BusinessDate,
  type CivilTime,
  type Duration,
  type Instant,
  instant,
  minutes,
} from '#src/core'

/** Civil dates of many instants: zones keep to quarters of an hour, so a date is known for each. */
export interface DayIndex {
  dateOf(at: Instant): BusinessDate
  /** The dates that lie within `margin` of the instant, one or two. */
  datesTouched(at: Instant, margin: Duration): readonly BusinessDate[]
}

const quarter = minutes(15)
const quartersMax = 20_000

export function createDayIndex(civil: CivilTime): DayIndex {
  const known = new Map<number, BusinessDate>()
  const dateOf = (at: Instant): BusinessDate => {
    const index = Math.floor(at / quarter)
    const found = known.get(index)
    if (found !== undefined) return found
    if (known.size >= quartersMax) known.clear()
    const date = civil.dateOf(instant(index * quarter))
    known.set(index, date)
    return date
  }
  return {
    dateOf,
    datesTouched(at, margin) {
      const first = dateOf(instant(at - margin))
      const last = dateOf(instant(at + margin))
      return first === last ? [first] : [first, last]
    },
  }
}
