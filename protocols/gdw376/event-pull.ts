import type { DeviceEvent, EventPull, KnownEvent, Reading } from '#protocols/model'
import { pointers } from './events.ts'

/** 0C-F7: EC1 and EC2. */
const countersItem = '0C-F7'
const lists = { '0E-F1': 0, '0E-F2': 1 } as const
type List = keyof typeof lists
/** Records asked for at once, so that the answer stays within what terminals send. */
const recordsMax = 10
/** More records than pointers are never new. */
const stepsMax = Math.ceil(pointers / recordsMax) + 1

/**
 * The counters first, then the records from the pointer behind the last one that is stored up to
 * the counter. A terminal of which nothing is stored is asked for its newest records.
 */
export function pullEvents(items: readonly string[], known: readonly KnownEvent[]): EventPull {
  const wanted = items.map((item) => item.toUpperCase()).filter(isList)
  const found: DeviceEvent[] = []
  const ranges: string[] = []
  let step = -1
  return {
    next(brought) {
      step++
      if (step === 0) return wanted.length > 0 ? [countersItem] : []
      if (step === 1) {
        ranges.push(...wanted.flatMap((list) => rangesOf(list, brought?.readings ?? [], known)))
      } else found.push(...(brought?.events ?? []))
      const range = ranges.shift()
      return range !== undefined && step <= 2 * stepsMax ? [range] : []
    },
    get events() {
      return found
    },
  }
}

function rangesOf(
  list: List,
  readings: readonly Reading[],
  known: readonly KnownEvent[],
): readonly string[] {
  const value = readings.filter(({ dataId }) => dataId === countersItem)[lists[list]]?.value
  if (value?.kind !== 'number') return []
  const counter = value.digits
  const last = lastNumber(list, known)
  const behind = last === null ? 0 : (last + 1) % pointers
  const fresh = (counter - behind + pointers) % pointers
  const from = last === null ? Math.max(0, counter - recordsMax) : behind
  const ranges: string[] = []
  for (let at = 0; at < (last === null ? counter - from : fresh); at += recordsMax) {
    const to = Math.min(at + recordsMax, last === null ? counter - from : fresh)
    ranges.push(`${list}:${(from + at) % pointers}-${(from + to) % pointers}`)
  }
  return ranges
}

/** The newest by the device's clock; of several in its minute the one that the others lead to. */
function lastNumber(list: List, known: readonly KnownEvent[]): number | null {
  const low = lists[list] * pointers
  const ours = known.flatMap(({ sequence, at }) =>
    sequence !== null && at !== null && sequence >= low && sequence < low + pointers
      ? [{ number: sequence - low, time: timeNumber(at) }]
      : [],
  )
  const [first, ...others] = ours
  if (!first) return null
  return others.reduce((best, one) => {
    if (one.time !== best.time) return one.time > best.time ? one : best
    return (one.number - best.number + pointers) % pointers < pointers / 2 ? one : best
  }, first).number
}

function timeNumber({ year, month, day, hour, minute }: NonNullable<KnownEvent['at']>): number {
  return (((year * 13 + month) * 32 + day) * 24 + hour) * 60 + minute
}

function isList(item: string): item is List {
  return Object.hasOwn(lists, item)
}
