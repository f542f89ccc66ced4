import type { BusinessDate, Instant, Result } from '#src/core'
import type { Note } from '#src/identity'

/** A query as people put it together; every name is one of a closed list. */
export interface AdHocQuery {
  /** energy, load, quality, events or archive. */
  readonly source: string
  readonly measures: readonly string[]
  readonly dimensions: readonly string[]
  readonly filters: readonly {
    readonly dimension: string
    readonly is: 'in' | 'not-in' | 'prefix'
    readonly values: readonly string[]
  }[]
  readonly having: readonly {
    readonly measure: string
    readonly is: 'at-least' | 'at-most'
    readonly value: string
  }[]
  readonly order: readonly { readonly by: string; readonly descending: boolean }[]
  /** Both included. */
  readonly from: BusinessDate
  readonly to: BusinessDate
}

export interface QueryColumn {
  readonly name: string
  readonly kind: 'text' | 'number'
  readonly unit: string
}

export interface QueryAnswer {
  readonly columns: readonly QueryColumn[]
  /** Null where nothing is known. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Whether there are more rows than were asked for. */
  readonly isCut: boolean
}

export interface QueryRefusal {
  /** `costly`: it would read more than anybody may ask for. */
  readonly kind: 'wrong' | 'costly' | 'too-slow' | 'not-found' | 'name-taken'
  readonly message: string
}

/** The dates of a saved query move with the calendar, so they are given when it is run. */
export type QueryDefinition = Omit<AdHocQuery, 'from' | 'to'>

export interface SavedQuery {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly isShared: boolean
  readonly revision: number
  readonly definition: QueryDefinition
  readonly changedBy: string
  readonly changedAt: Instant
}

export interface QueryDesk {
  /** What may be asked for, by source. */
  catalogue(): readonly {
    readonly source: string
    readonly measures: readonly string[]
    readonly dimensions: readonly string[]
  }[]
  run(query: AdHocQuery, limit: number): Promise<Result<QueryAnswer, QueryRefusal>>
  /** One's own and those that are shared. */
  saved(who: string): Promise<readonly SavedQuery[]>
  get(who: string, id: number): Promise<SavedQuery | undefined>
  /** Everything that it ever was, the newest first. */
  revisions(who: string, id: number): Promise<readonly SavedQuery[]>
  save(
    who: string,
    given: {
      readonly name: string
      readonly isShared: boolean
      readonly definition: QueryDefinition
    },
    note: Note,
  ): Promise<Result<SavedQuery, QueryRefusal>>
  /** A revision more; only its owner may. */
  change(
    who: string,
    id: number,
    given: {
      readonly name?: string
      readonly isShared?: boolean
      readonly definition?: QueryDefinition
    },
    note: Note,
  ): Promise<Result<SavedQuery, QueryRefusal>>
  remove(who: string, id: number, note: Note): Promise<boolean>
}
