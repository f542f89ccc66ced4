import { assert } from '#src/core'
import type { Db } from '#src/db'
import type { ArchiveProblem, ArchiveRow } from './types.ts'

/** What the steps of one import share. */
export interface ImportWork {
  readonly tx: Db
  readonly rows: readonly ArchiveRow[]
  readonly problems: ArchiveProblem[]
  readonly created: Set<ArchiveRow>
  readonly changed: Set<ArchiveRow>
}

/** Ids of rows that exist, by name, address, number or code. */
export type Ids = ReadonlyMap<string, number>

export const distinct = (values: readonly (string | null)[]): string[] => [
  ...new Set(values.filter((value) => value !== null)),
]

export function idIn(ids: Ids, key: string): number {
  const id = ids.get(key)
  assert(id !== undefined, `${key} was written before it is referred to`)
  return id
}

export function problem(
  work: Pick<ImportWork, 'problems'>,
  row: ArchiveRow,
  column: string,
  value: string | null,
  message: string,
): void {
  work.problems.push({ line: row.line, column, value, message })
}
