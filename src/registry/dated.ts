import type { Instant } from '#src/core'

/** Something that holds for a time; `valid_to` is exclusive and null while it lasts. */
export interface Dated {
  readonly id: number
  readonly valid_from: Instant
  readonly valid_to: Instant | null
}

/** What is known of one thing over time: the row that lasts, and where the one before it ended. */
export interface History<T extends Dated> {
  readonly open: T | undefined
  readonly ended: Instant | undefined
}

/**
 * How a word on a time that differs from what is known is taken. `begin`: nothing lasts; `follow`:
 * what lasts ends where the other begins; `correct`: it is about all the time that is known, so
 * what is known was entered wrongly; `clash`: it contradicts a history.
 */
export type Step = 'begin' | 'follow' | 'correct' | 'clash'

export function stepOf<T extends Dated>({ open, ended }: History<T>, from: Instant): Step {
  const isFree = ended === undefined || from >= ended
  if (open === undefined) return isFree ? 'begin' : 'clash'
  if (from > open.valid_from) return 'follow'
  return from === open.valid_from || isFree ? 'correct' : 'clash'
}

/** The histories of things by their key; rows in any order. */
export function historiesOf<T extends Dated>(
  rows: readonly T[],
  keyOf: (row: T) => string,
): (key: string) => History<T> {
  const open = new Map<string, T>()
  const ended = new Map<string, Instant>()
  for (const row of rows) {
    const key = keyOf(row)
    if (row.valid_to === null) open.set(key, row)
    else {
      const last = ended.get(key)
      if (last === undefined || row.valid_to > last) ended.set(key, row.valid_to)
    }
  }
  return (key) => ({ open: open.get(key), ended: ended.get(key) })
}

export const needsLater =
  'differs from what the archive says for this time; a change needs a later valid_from'

/** From when a word holds; one without a day of its own follows what is known at the other one. */
export interface Beginning {
  readonly validFrom: Instant
  /** Where something is known already. */
  readonly effective?: Instant
}

export const beginningOf = <T extends Dated>(
  row: Beginning,
  { open, ended }: History<T>,
): Instant =>
  open === undefined && ended === undefined ? row.validFrom : (row.effective ?? row.validFrom)
