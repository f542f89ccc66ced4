import type { DeviceEvent, EventPull, KnownEvent } from '#protocols/model'
import { isEventTable } from './items.ts'

/** Records asked for of one table in a visit; a meter keeps ten of most kinds. */
const recordsMax = 10

/**
 * The last record of each table first. Where its number is further on than the one that is stored,
 * the records in between follow, and those that were still going on.
 */
export function pullEvents(items: readonly string[], known: readonly KnownEvent[]): EventPull {
  const tables = [...new Set(items.map((item) => item.toUpperCase()))].filter(isEventTable)
  const found: DeviceEvent[] = []
  let step = 0
  return {
    next(brought) {
      found.push(...(brought?.events ?? []))
      step++
      if (step === 1) return tables.map((table) => `${table}:1`)
      if (step > 2) return []
      return tables.flatMap((table) => {
        const count = countOf(table, found, known)
        return count > 1 ? [`${table}:${count}`] : []
      })
    },
    get events() {
      return found
    },
  }
}

/** How many of the last records of a table are worth reading. */
function countOf(
  table: string,
  found: readonly DeviceEvent[],
  known: readonly KnownEvent[],
): number {
  const last = found.find(({ series, phase }) => isOf(table, series, phase))
  const number = last?.sequence ?? null
  if (!last || number === null) return 0
  const ours = known.filter(({ series, phase }) => isOf(table, series, phase))
  const numbers = ours.flatMap(({ sequence }) => sequence ?? [])
  if (numbers.length === 0) return Math.min(recordsMax, number + 1)
  const newest = Math.max(...numbers)
  // Numbers that fell began anew: the meter was cleared.
  const fresh = newest > number ? number + 1 : number - newest
  const open = ours.flatMap(({ isOpen, sequence }) =>
    isOpen && sequence !== null && sequence <= number ? [number - sequence + 1] : [],
  )
  return Math.min(recordsMax, Math.max(fresh, ...open))
}

const phaseTables: Readonly<Record<string, string>> = { '07': 'A', '08': 'B', '09': 'C' }

function isOf(table: string, series: string, phase: string | null): boolean {
  return table.startsWith(series) && (phaseTables[table.slice(4, 6)] ?? null) === phase
}
