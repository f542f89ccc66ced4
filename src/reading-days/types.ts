import type { ItemCode } from '#protocols/model'
import type { BusinessDate, Instant, Result } from '#src/core'
import type { Db } from '#src/db'
import type { UsageQuality } from '#src/metering'
import type { Sheet } from '#src/sheets'

export const routeLanguages = ['en', 'zh'] as const
export type RouteLanguage = (typeof routeLanguages)[number]

/** A part of the customers that is read on the same day (抄表段), and how. */
export interface ReadingRoute {
  readonly id: number
  readonly code: string
  readonly name: string
  /** Name of the group of usage points that it reads. */
  readonly group: string
  /** Of the month; in a month that does not have it, its last day. */
  readonly day: number
  readonly everyMonths: number
  /** When batches leave, as `08:00` on the wall. */
  readonly publishAt: string
  /** How many days a real value is waited for where there is an estimate. */
  readonly waitDays: number
  readonly registers: readonly ItemCode[]
  readonly language: RouteLanguage
  /** Nothing before its first moment is settled. */
  readonly startsOn: BusinessDate
  readonly retiredAt: Instant | null
}

export interface RouteSettings extends Omit<ReadingRoute, 'id' | 'retiredAt' | 'registers'> {
  readonly registers: readonly string[]
}

export type RouteRefusal =
  | { readonly kind: 'unknown-group' }
  | { readonly kind: 'not-a-register'; readonly register: string }
  /** Something has left already, so the begin stays. */
  | { readonly kind: 'started'; readonly startsOn: BusinessDate }

/** Why a piece of time of a usage point has not left. */
export const heldReasons = [
  'no-account',
  'no-meter',
  'unread',
  'waiting',
  'suspect',
  'doubtful',
  'fell',
] as const
export type HeldReason = (typeof heldReasons)[number]

export interface HeldPiece {
  readonly usagePoint: string
  readonly account: string | null
  readonly meter: string | null
  readonly from: Instant
  readonly to: Instant
  readonly reason: HeldReason
  readonly detail: string
}

export type BatchState = 'published' | 'acknowledged' | 'withdrawn'

export interface RegisterTotal {
  readonly register: ItemCode
  readonly rows: number
  /** Primary energy, an exact decimal. */
  readonly energy: string
  readonly unit: string
}

/** What left at once; its rows are never changed. */
export interface Batch {
  readonly id: number
  readonly route: string
  readonly date: BusinessDate
  /** 1 is the first of a reading day; others bring what was missing (补抄). */
  readonly no: number
  readonly state: BatchState
  readonly publishedAt: Instant
  readonly publishedBy: string
  readonly points: number
  readonly rows: number
  readonly totals: readonly RegisterTotal[]
  /** Pieces that stayed behind when it left, by reason. */
  readonly held: Readonly<Record<string, number>>
  /** Of its CSV file. */
  readonly sha256: string
  readonly language: RouteLanguage
  readonly endedAt: Instant | null
  readonly endedBy: string | null
  readonly rejected: number
  /** Why it was withdrawn. */
  readonly reason: string | null
}

export const howKinds = ['remote', 'handheld', 'self', 'manual', 'estimated', 'edited'] as const

export interface BatchRow {
  readonly line: number
  readonly account: string
  readonly usagePoint: string
  readonly meter: string
  readonly register: ItemCode
  readonly from: Instant
  readonly previous: string
  readonly to: Instant
  readonly current: string
  /** Reduced, as `80` or `100/3`. */
  readonly multiplier: string
  readonly energy: string
  readonly unit: string
  readonly how: (typeof howKinds)[number]
  readonly quality: UsageQuality
  readonly rollOvers: number
}

/** What the marketing system says it took. */
export interface Receipt {
  readonly rows: number
  readonly totals: readonly { readonly register: string; readonly energy: string }[]
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
}

export type EndRefusal =
  | { readonly kind: 'not-found' }
  /** It was acknowledged or withdrawn before, with other words. */
  | { readonly kind: 'ended'; readonly state: BatchState }
  | { readonly kind: 'mismatch'; readonly differences: readonly string[] }
  | { readonly kind: 'unknown-lines'; readonly lines: readonly number[] }

export interface RunOutcome {
  readonly route: string
  readonly date: BusinessDate
  /** Null where nothing new was ready. */
  readonly batch: Batch | null
  readonly held: Readonly<Record<string, number>>
}

export type RunRefusal =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'retired' }
  /** Not over, or before the route's begin. */
  | { readonly kind: 'no-such-day'; readonly detail: string }

/** A register of a usage point whose energy that left is not what is kept of the same days. */
export interface Difference {
  readonly usagePoint: string
  readonly account: string
  readonly register: ItemCode
  readonly from: Instant
  readonly to: Instant
  readonly sent: string
  /** Null where a day of it is not known. */
  readonly kept: string | null
  readonly unit: string
}

export interface Reconciliation {
  readonly totals: readonly (RegisterTotal & {
    /** Of the rows that can be compared: whole days, all of which are known. */
    readonly compared: number
    readonly sent: string
    readonly kept: string
  })[]
  /** The largest first. */
  readonly differences: readonly Difference[]
}

export type Also = (tx: Db) => Promise<void>

export interface PageAsk {
  readonly after: number | null
  readonly limit: number
}

/** Readings for billing, on the reading day, to the marketing system (自动抄表管理). */
export interface ReadingDays {
  routes(): Promise<readonly ReadingRoute[]>
  route(code: string): Promise<ReadingRoute | undefined>
  /** Makes a route, or changes it. */
  setRoute(
    settings: RouteSettings,
    by: string,
    also?: Also,
  ): Promise<Result<ReadingRoute, RouteRefusal>>
  retireRoute(code: string, by: string, also?: Also): Promise<ReadingRoute | undefined>
  /** The reading day that is next, and the last that was. */
  days(route: ReadingRoute): { readonly last: BusinessDate | null; readonly next: BusinessDate }
  /**
   * Publishes what is ready and has not left, up to the first moment of a date; the last reading
   * day where none is named. Again with nothing new it does nothing.
   */
  run(
    code: string,
    date: BusinessDate | undefined,
    by: string,
    also?: Also,
  ): Promise<Result<RunOutcome, RunRefusal>>
  /** What stayed behind by the last look at a route, in the order of its usage points. */
  held(code: string, page: PageAsk): Promise<readonly HeldPiece[]>
  /** Newest first; `after` is the last id of the page before. */
  batches(route: string | undefined, page: PageAsk): Promise<readonly Batch[]>
  batch(id: number): Promise<Batch | undefined>
  /** By line; `after` is the last line of the page before. */
  rows(id: number, page: PageAsk): Promise<readonly BatchRow[]>
  /** The CSV file whose hash the batch has, in parts. */
  file(batch: Batch): AsyncIterable<string>
  /** The same as a table, all in memory. */
  table(batch: Batch): Promise<Pick<Sheet, 'columns' | 'rows'>>
  acknowledge(
    id: number,
    receipt: Receipt,
    by: string,
    also?: Also,
  ): Promise<Result<Batch, EndRefusal>>
  /** Takes back what nobody has acknowledged: it is due again. */
  withdraw(id: number, reason: string, by: string, also?: Also): Promise<Result<Batch, EndRefusal>>
  /** What left against the energy that is kept of the same days. */
  reconcile(id: number): Promise<Reconciliation>
  /** Moves what left long ago to the columnstore; returns how many chunks. */
  compress(): Promise<number>
  /** Runs the routes whose hour has come; returns what left. */
  follow(signal: AbortSignal): Promise<readonly RunOutcome[]>
}
