/** A concentrator that did not call, or somebody who called and is not known. */
export interface Party {
  readonly identity: string
  /** By which it logs in; null where that is not known. */
  readonly protocol: string | null
}

/** From here on two identities are the same but for a slip of the hand. */
const SLIPS_MAX = 2

/**
 * How likely each absent concentrator is one of those who called under a name that nobody knows:
 * by the name itself where it is nearly the same, else by how many callers there are for how many
 * who are absent and speak as they do.
 */
export function likenessOfCallers(
  absent: readonly Party[],
  callers: readonly Party[],
): ReadonlyMap<string, number> {
  const likeness = new Map<string, number>()
  const taken = new Set<Party>()
  for (const { identity, protocol } of absent) {
    const alike = callers.find(
      (caller) =>
        !taken.has(caller) &&
        speakAlike(caller.protocol, protocol) &&
        slips(caller.identity, identity) <= SLIPS_MAX,
    )
    if (!alike) continue
    taken.add(alike)
    likeness.set(identity, slips(alike.identity, identity) <= 2 ? 0.95 : 0.8)
  }
  const left = callers.filter((caller) => !taken.has(caller))
  for (const { identity, protocol } of absent) {
    if (likeness.has(identity)) continue
    const same = left.filter((caller) => speakAlike(caller.protocol, protocol)).length
    const rivals = absent.filter(
      (other) => !likeness.has(other.identity) && speakAlike(other.protocol, protocol),
    ).length
    likeness.set(identity, Math.min(0.7, rivals === 0 ? 0 : same / rivals))
  }
  return likeness
}

function speakAlike(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other
}

/** Digits that differ; two neighbours that changed places are one slip, as is another length. */
export function slips(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 1) return Number.POSITIVE_INFINITY
  let count = Math.abs(one.length - other.length)
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    if (one[at] === other[at]) continue
    if (one[at] === other[at + 1] && one[at + 1] === other[at]) at++
    count++
  }
  return count
}
