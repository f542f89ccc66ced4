import { assert, type Instant } from '#src/core'
import type { Db } from '#src/db'
import type { ArchiveProblem, ArchiveRow } from './types.ts'

export type ChangeSubject =
  | 'usage-point'
  | 'meter'
  | 'account'
  | 'contract'
  | 'node'
  | 'transformer'
  | 'concentrator'
  | 'channel'

/** Attributes by name, as people write them; null where there is none. */
export type Shown = Readonly<Record<string, string | number | boolean | null>>

/** What becomes of one thing in the archive, in the words of a file. */
export interface ArchiveChange {
  /** Where the file says it; null where no line does. */
  readonly line: number | null
  readonly subject: ChangeSubject
  readonly key: string
  /**
   * `changed`: another holds from `validFrom` on and what held is closed there; `corrected`: it was
   * entered wrongly; `closed`: it ends.
   */
  readonly action: 'added' | 'changed' | 'corrected' | 'closed'
  readonly validFrom: Instant | null
  readonly before: Shown | null
  readonly after: Shown | null
  /** Whose history it is part of as well. */
  readonly usagePoint: string | null
}

/** What the steps of one import share. */
export interface ImportWork {
  readonly tx: Db
  readonly rows: readonly ArchiveRow[]
  readonly problems: ArchiveProblem[]
  readonly created: Set<ArchiveRow>
  readonly changed: Set<ArchiveRow>
  readonly changes: ArchiveChange[]
  /** Codes of usage points that this import enters: all they are is written down at once. */
  readonly newPoints: Set<string>
  /** What a row says for a later time holds from then on. */
  readonly now: Instant
  /** Usage points, and nodes, that were there and of which the dated rows say another. */
  readonly moved: { readonly points: Set<number>; readonly nodes: Set<number> }
}

/** Ids of rows that exist, by name, address, number or code. */
export type Ids = ReadonlyMap<string, number>

export const distinct = (values: readonly (string | null | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value !== null && value !== undefined)),
]

export function idIn(ids: Ids, key: string): number {
  const id = ids.get(key)
  // The sentence is only made where it is needed: this is asked many times a row.
  if (id === undefined) assert(false, `${key} was written before it is referred to`)
  return id
}

export function problem(
  work: Pick<ImportWork, 'problems'>,
  row: Pick<ArchiveRow, 'line'>,
  column: string,
  value: string | null,
  message: string,
): void {
  work.problems.push({ line: row.line, column, value, message })
}

/** One row's word on something, written down; blank where it did not change. */
export function note(
  work: Pick<ImportWork, 'changes'>,
  row: Pick<ArchiveRow, 'line'>,
  change: Pick<ArchiveChange, 'subject' | 'key' | 'action' | 'after'> &
    Partial<Pick<ArchiveChange, 'validFrom' | 'before' | 'usagePoint'>>,
): void {
  const { validFrom = null, before = null, usagePoint = null } = change
  work.changes.push({ line: row.line, ...change, validFrom, before, usagePoint })
}

/** The attributes of both that differ, each as it was and as it is. */
export function difference(before: Shown, after: Shown): { before: Shown; after: Shown } {
  const differing = Object.keys(after).filter((name) => before[name] !== after[name])
  const of = (shown: Shown) =>
    Object.fromEntries(differing.map((name) => [name, shown[name] ?? null]))
  return { before: of(before), after: of(after) }
}

/** Only what is known. */
export const known = (shown: Shown): Shown =>
  Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null))
