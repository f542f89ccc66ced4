import type { DeviceEvent, EventPhase, EventPull, KnownEvent, Reading } from '#protocols/model'
import { eventIdOf, phasesOf, recordId, recordsMax, withPhase } from './events.ts'
import { type EventRow, eventRows } from './events-table.ts'

/** How often counts that rise while records are read make these be read again. */
const AGAIN_MAX = 2

/** One kind of event of one phase, and how many of it the meter has counted. */
interface Counted {
  readonly row: EventRow
  readonly phase: EventPhase | null
  readonly countId: string
  readonly index: number
  count: number | null
}

/**
 * Counts first, then as many of the newest records as the counts have risen by, and those that were
 * still going on when they were read. The counts once more at the end: what came in between shifts
 * every record by one place.
 */
export function pullEvents(items: readonly string[], known: readonly KnownEvent[]): EventPull {
  const counted = items.flatMap(countedBy)
  let step: 'counts' | 'records' | 'check' | 'end' = 'counts'
  let again = 0
  let asked: readonly Counted[] = counted
  let found: DeviceEvent[] = []

  const countIds = (of: readonly Counted[]) => [...new Set(of.map(({ countId }) => countId))]
  const records = () => {
    asked = counted.filter((one) => placesOf(one, known).length > 0)
    step = asked.length > 0 ? 'records' : 'end'
    return asked.flatMap((one) =>
      placesOf(one, known).map((place) => recordId(one.row, one.phase, place)),
    )
  }
  return {
    next(brought) {
      if (!brought) return countIds(counted)
      switch (step) {
        case 'counts':
          for (const one of counted) one.count = countIn(brought.readings, one)
          return records()
        case 'records':
          found = brought.events.map((event) => numbered(event, asked))
          step = 'check'
          return countIds(asked)
        case 'check': {
          const risen = asked.filter((one) => {
            const count = countIn(brought.readings, one)
            const isRisen = count !== null && count !== one.count
            if (isRisen) one.count = count
            return isRisen
          })
          if (risen.length === 0 || again++ >= AGAIN_MAX) {
            step = 'end'
            return []
          }
          return records()
        }
        case 'end':
          return []
      }
    },
    get events() {
      return found
    },
  }
}

/** What an item of a template counts: of all phases where it does. */
function countedBy(item: string): readonly Counted[] {
  const wanted = item.toUpperCase()
  return eventRows.flatMap((row) =>
    phasesOf(row).flatMap((phase, index) => {
      const countId = withPhase(row[1], phase)
      return countId === wanted ? [{ row, phase, countId, index, count: null }] : []
    }),
  )
}

/** Counts of the phases of one kind stand behind each other, each with its minutes. */
function countIn(readings: readonly Reading[], { countId, index, phase }: Counted): number | null {
  const all = readings.filter(({ dataId }) => dataId === countId)
  const isListed = phase !== null && all.length > 1
  const value = all[isListed ? 2 * index : 0]?.value
  return value?.kind === 'number' ? value.digits : null
}

/** The records to be read, the newest first. */
function placesOf({ row, phase, count }: Counted, known: readonly KnownEvent[]): readonly number[] {
  if (count === null || count === 0) return []
  const series = eventIdOf(row)
  const ours = known.filter((one) => one.series === series && one.phase === phase)
  const numbers = ours.flatMap(({ sequence }) => sequence ?? [])
  const last = numbers.length > 0 ? Math.max(...numbers) : 0
  // A count that fell was cleared: everything it counts now is new.
  const fresh = Math.min(count < last ? count : count - last, recordsMax)
  const open = ours.flatMap(({ isOpen, sequence }) =>
    isOpen && sequence !== null && sequence <= count ? [count - sequence + 1] : [],
  )
  const places = new Set(Array.from({ length: fresh }, (_, index) => index + 1))
  for (const place of open) if (place <= recordsMax) places.add(place)
  return [...places].sort((left, right) => left - right)
}

/** With the number that the count gives it. */
function numbered(event: DeviceEvent, asked: readonly Counted[]): DeviceEvent {
  const one = asked.find(
    ({ row, phase }) => eventIdOf(row) === event.series && phase === event.phase,
  )
  if (one?.count == null || event.place === null) return event
  return { ...event, sequence: one.count - event.place + 1 }
}
