import { createHash } from 'node:crypto'
import type { ArchiveChange } from './import-work.ts'
import type { ArchiveProblem } from './types.ts'

/** Of what an archive that moved makes otherwise, so many things are named. */
const MOVED_NAMED_MAX = 200

/** Attributes in the order of their names: the database has its own. */
const written = (change: ArchiveChange): string => {
  const ordered = (shown: ArchiveChange['before']) =>
    shown && Object.entries(shown).sort(([a], [b]) => (a < b ? -1 : 1))
  const { line, subject, key, action, validFrom, before, after, usagePoint } = change
  return JSON.stringify([
    ...[line, subject, key, action, validFrom, usagePoint],
    ...[ordered(before), ordered(after)],
  ])
}

export function digestOf(changes: readonly ArchiveChange[]): string {
  const hash = createHash('sha256')
  // In an order of their own: the database gives rows in any.
  for (const line of changes.map(written).sort()) hash.update(line).update('\n')
  return hash.digest('hex')
}

/** What the file would do now and was not shown, or was shown and would not be done. */
export function movedThings(
  was: readonly ArchiveChange[],
  is: readonly ArchiveChange[],
  problems: readonly ArchiveProblem[],
): readonly string[] {
  const [shown, current] = [new Set(was.map(written)), new Set(is.map(written))]
  const differing = [
    ...was.filter((change) => problems.length === 0 && !current.has(written(change))),
    ...is.filter((change) => !shown.has(written(change))),
  ]
  const things = differing.map(({ subject, key }) => `${subject} ${key}`)
  const said = problems.map(({ line, message }) => `line ${line}: ${message}`)
  return [...new Set([...said, ...things])].slice(0, MOVED_NAMED_MAX)
}
