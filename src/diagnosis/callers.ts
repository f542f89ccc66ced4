/** A concentrator that did not call, or somebody who called and is not known. */
export interface Party {
  readonly identity: string
  /** By which it logs in; null where that is not known. */
  readonly protocol: string | null
}

/** Neighbours in a list of numbers differ by as little: more than one slip is another device. */
const SLIPS_MAX = 1
const NEARLY_THE_SAME = 0.95
const ONE_OF_TWO = 0.9
/** Bytes of a number are taken for another order of them from so many on. */
const PAIRS_MIN = 3

/**
 * How likely each absent concentrator is one of those who called under a name that nobody knows:
 * by the name itself where it is nearly the same, else by how many callers there are for how many
 * who are absent and speak as they do. `doubled` are those of the archive under whose name two call:
 * a device may have two cards as well, so that only a slip that people make tells of another.
 */
export function likenessOfCallers(
  absent: readonly Party[],
  callers: readonly Party[],
  doubled: readonly Party[] = [],
): ReadonlyMap<string, number> {
  const likeness = new Map<string, number>()
  const taken = new Set<Party>()
  for (const { party, caller } of nearestFirst(absent, callers)) {
    if (likeness.has(party.identity) || taken.has(caller)) continue
    taken.add(caller)
    likeness.set(party.identity, NEARLY_THE_SAME)
  }
  // Two call by one name: one of them may be who is absent, if a slip leads from one to the other.
  for (const { party, caller } of nearestFirst(absent, doubled)) {
    if (likeness.has(party.identity) || taken.has(caller)) continue
    const [one, other] = [caller.identity, party.identity]
    if (!isTurned(one, other) && !isNext(one, other)) continue
    taken.add(caller)
    likeness.set(party.identity, ONE_OF_TWO)
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

interface Pair {
  readonly party: Party
  readonly caller: Party
  readonly distance: number
}

/** Two neighbours that changed places come before a digit that is another one. */
function nearestFirst(absent: readonly Party[], callers: readonly Party[]): readonly Pair[] {
  const pairs = absent.flatMap((party) =>
    callers.flatMap((caller) => {
      const count = slips(caller.identity, party.identity)
      // Who calls by the very name and in another protocol is let in as little.
      const isItself = count === 0
      if (!isItself && !speakAlike(caller.protocol, party.protocol)) return []
      if (count > SLIPS_MAX && !isMadeOf(caller.identity, party.identity)) return []
      return [{ party, caller, distance: isTurned(caller.identity, party.identity) ? 0 : count }]
    }),
  )
  return pairs.toSorted((one, other) => one.distance - other.distance)
}

/** The same digits in another order. */
function isTurned(one: string, other: string): boolean {
  const sorted = (text: string) => [...text].toSorted().join('')
  return sorted(one) === sorted(other)
}

/** More than a slip, and no chance either. */
function isMadeOf(one: string, other: string): boolean {
  return isInOtherOrder(one, other) || isNext(one, other)
}

/** One number after the other, as in a list: parameters are copied from the neighbour. */
function isNext(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  const at = [...one].findIndex((digit, index) => digit !== other[index])
  const [left, right] = [one, other].map((text) => Number.parseInt(text.slice(at), 16))
  const [leftDecimal, rightDecimal] = [one, other].map((text) => Number(text.slice(at)))
  return (
    Math.abs((left ?? 0) - (right ?? 0)) === 1 ||
    Math.abs((leftDecimal ?? 0) - (rightDecimal ?? 0)) === 1
  )
}

/** The same bytes, written in another order than that of the archive. */
function isInOtherOrder(one: string, other: string): boolean {
  const pairs = (text: string) => (text.replaceAll(/\W/g, '').match(/../g) ?? []).toSorted()
  const [left, right] = [pairs(one), pairs(other)]
  return (
    left.length >= PAIRS_MIN &&
    left.length === right.length &&
    left.every((pair, index) => pair === right[index])
  )
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
