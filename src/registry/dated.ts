import type { Instant } from '#src/core'

/** Something that holds for a time; `valid_to` is exclusive and null while it lasts. */
export interface Dated {
  readonly id: number
  readonly valid_from: Instant
  readonly valid_to: Instant | null
}

/**
 * What is known of one thing as of a moment: the row that holds then, where the one before it ended,
 * and where what was told for a later time begins.
 */
export interface History<T extends Dated> {
  readonly open: T | undefined
  readonly ended: Instant | undefined
  readonly next: Instant | undefined
}

/**
 * How a word on a time that differs from what is known is taken. `begin`: nothing lasts; `follow`:
 * what lasts ends where the other begins; `correct`: it is about all the time that is known, so
 * what is known was entered wrongly; `clash`: it contradicts a history.
 */
export type Step = 'begin' | 'follow' | 'correct' | 'clash'

export function stepOf<T extends Dated>(
  { open, ended }: Pick<History<T>, 'open' | 'ended'>,
  from: Instant,
): Step {
  const isFree = ended === undefined || from >= ended
  if (open === undefined) return isFree ? 'begin' : 'clash'
  if (from > open.valid_from) return 'follow'
  return from === open.valid_from || isFree ? 'correct' : 'clash'
}

/**
 * The histories of things by their key; rows in any order. A word on a time is about what holds
 * now, or from its day on where that is yet to come; what was told for a later day stays.
 */
export function historiesOf<T extends Dated>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  now: Instant,
): (key: string, from: Instant) => History<T> {
  const byKey = Map.groupBy(rows, keyOf)
  return (key, from) => {
    const at = from > now ? from : now
    let open: T | undefined
    let ended: Instant | undefined
    let next: Instant | undefined
    for (const row of byKey.get(key) ?? []) {
      if (row.valid_from > at) next = least(next, row.valid_from)
      else if (row.valid_to === null || row.valid_to > at) open = row
      else if (ended === undefined || row.valid_to > ended) ended = row.valid_to
    }
    return { open, ended, next }
  }
}

const least = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b < a ? b : a)

export const needsLater =
  'differs from what the archive says for this time; a change needs a later valid_from'

/** From when a word holds; one without a day of its own follows what is known at the other one. */
export interface Beginning {
  readonly validFrom: Instant
  /** Where something is known already. */
  readonly effective?: Instant
}

/** Its history as of then, and from when the word holds. */
export function beginningOf<T extends Dated>(
  { validFrom, effective = validFrom }: Beginning,
  historyAt: (from: Instant) => History<T>,
): History<T> & { readonly from: Instant } {
  const history = historyAt(effective)
  const isKnown = Object.values(history).some((part) => part !== undefined)
  return isKnown ? { ...history, from: effective } : { ...historyAt(validFrom), from: validFrom }
}
