import type { BusinessDate, MeterId } from '#src/core'
import type { Talk } from './evidence.ts'

/** How one visit to a meter ended. */
export type VisitEnd =
  | 'heard'
  | 'silent'
  | 'damaged'
  | 'clashed'
  | 'mismatched'
  | 'refused'
  | 'denied'

export interface TalkCount extends Talk {
  readonly meterId: MeterId
  readonly date: BusinessDate
}

/** Meters that are counted between two writes; more than a large utility has that are not well. */
const METERS_MAX = 200_000

type Counting = { -readonly [Key in keyof Talk]: number } & Pick<TalkCount, 'meterId' | 'date'>

/** Adds up what came of visits until it is written down. A meter that is well costs nothing. */
export class TalkBook {
  #counts = new Map<string, Counting>()
  /** Meters that were not well since the process began, for whom also good visits count. */
  readonly #known = new Set<MeterId>()

  visited(meterId: MeterId, date: BusinessDate, end: VisitEnd): void {
    if (end === 'heard' && !this.#known.has(meterId)) return
    if (this.#known.size < METERS_MAX) this.#known.add(meterId)
    const key = `${date} ${meterId}`
    const counting = this.#counts.get(key) ?? fresh(meterId, date)
    if (!this.#counts.has(key) && this.#counts.size >= METERS_MAX) return
    this.#counts.set(key, counting)
    counting.visits++
    if (end === 'clashed') counting.damaged++
    counting[end]++
  }

  /** What was counted since the last time; it is the caller's now. */
  take(): readonly TalkCount[] {
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    return counts
  }

  /** What could not be written down counts on. */
  putBack(counts: readonly TalkCount[]): void {
    for (const count of counts) {
      const key = `${count.date} ${count.meterId}`
      const own = this.#counts.get(key)
      if (!own) {
        this.#counts.set(key, { ...count })
        continue
      }
      for (const word of words) own[word] += count[word]
    }
  }
}

const words = [
  'visits',
  'heard',
  'silent',
  'damaged',
  'clashed',
  'mismatched',
  'refused',
  'denied',
] as const

function fresh(meterId: MeterId, date: BusinessDate): Counting {
  return {
    meterId,
    date,
    visits: 0,
    heard: 0,
    silent: 0,
    damaged: 0,
    clashed: 0,
    mismatched: 0,
    refused: 0,
    denied: 0,
  }
}
