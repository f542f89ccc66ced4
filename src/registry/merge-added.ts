import type { ArchiveChange, ChangeSubject } from './import-work.ts'

/** What comes together is told of the first of these that is there. */
const wholes: readonly ChangeSubject[] = ['usage-point', 'meter', 'account', 'contract']

/**
 * One change for all that a line adds: a new usage point comes with its meter, its account and its
 * contract. A first archive of many thousand meters is then told in as many changes, not in four
 * times as many.
 */
export function mergeAdded(changes: readonly ArchiveChange[]): readonly ArchiveChange[] {
  const added = new Map<number, ArchiveChange[]>()
  for (const change of changes) {
    const { line, action, subject } = change
    if (line === null || action !== 'added' || !wholes.includes(subject)) continue
    const others = added.get(line)
    if (others === undefined) added.set(line, [change])
    else others.push(change)
  }
  const merged = new Map<ArchiveChange, ArchiveChange | null>()
  for (const parts of added.values()) {
    if (parts.length < 2) continue
    const [whole, ...rest] = parts.toSorted(
      (a, b) => wholes.indexOf(a.subject) - wholes.indexOf(b.subject),
    )
    if (whole === undefined) continue
    const after = Object.assign({}, ...[...rest, whole].map((part) => part.after))
    merged.set(whole, { ...whole, after })
    for (const part of rest) merged.set(part, null)
  }
  return changes.flatMap((change) => {
    const instead = merged.get(change)
    return instead === undefined ? [change] : instead === null ? [] : [instead]
  })
}
