import type { BusinessDate, Instant, Result } from '#src/core'
import type { Note } from '#src/identity'
import type { KeptReading } from '#src/readings'
import type { CurveItem } from './types.ts'
import type { Subject, SubjectPoints } from './watch-subjects.ts'

export interface WatchList {
  readonly id: number
  readonly name: string
  readonly owner: string
  readonly isShared: boolean
  /** Codes of usage points, in the order they are shown. */
  readonly points: readonly string[]
}

export interface NewWatchList {
  readonly name: string
  readonly isShared: boolean
  /** Codes of usage points, or account numbers, which stand for all points of the account. */
  readonly points: readonly string[]
}

/** Everything of one usage point that whoever watches it looks at (重点用户监测). */
export interface Watched {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly account: string | null
  readonly customer: string | null
  readonly capacityKva: string | null
  readonly meter: string | null
  readonly meterId: number | null
  /** Of its concentrator; of other meters whether it was heard within the day. */
  readonly isOnline: boolean
  readonly lastHeardAt: Instant | null
  /** What its relay says of itself; null where it does not. */
  readonly supply: string | null
  readonly latest: readonly Pick<KeptReading, 'register' | 'value' | 'unit' | 'at'>[]
  /** kW by quarter of an hour, today and on the day compared with. */
  readonly today: readonly CurveItem[]
  readonly compared: readonly CurveItem[]
  readonly days: readonly {
    readonly date: BusinessDate
    readonly energy: string
    readonly quality: string
  }[]
  /** Of devices, that have begun and did not end. */
  readonly events: readonly { readonly code: string; readonly since: Instant }[]
  readonly findings: readonly {
    readonly source: 'case' | 'validation'
    readonly id: string
    readonly kind: string
    readonly since: Instant
  }[]
}

export interface Looked extends Omit<SubjectPoints, 'points'> {
  readonly items: readonly Watched[]
}

export interface WatchRefusal {
  readonly kind: 'not-found' | 'name-taken' | 'wrong'
  readonly message: string
}

export interface WatchLists {
  /** One's own and those that are shared. */
  list(who: string): Promise<readonly WatchList[]>
  get(who: string, id: number): Promise<WatchList | undefined>
  create(who: string, given: NewWatchList, note: Note): Promise<Result<WatchList, WatchRefusal>>
  /** Only its owner may. */
  change(
    who: string,
    id: number,
    given: Partial<NewWatchList>,
    note: Note,
  ): Promise<Result<WatchList, WatchRefusal>>
  remove(who: string, id: number, note: Note): Promise<boolean>
  /** What the list shows now; `compared` is the day whose curve stands beside today's. */
  view(who: string, id: number, compared: BusinessDate): Promise<readonly Watched[] | undefined>
  /** The same of anything, without a list; undefined where there is no such thing. */
  look(subject: Subject, compared: BusinessDate): Promise<Looked | undefined>
}
