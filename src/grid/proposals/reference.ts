/** Below so many there is no telling a neighbour's load from the wire's voltage. */
export const MEMBERS_MIN = 3
/** Of each end of the sorted values so much is left out. */
const TRIMMED_SHARE = 0.25

/** What the members of a group see in common, slot by slot. */
export interface Reference {
  /** The mean of the middle half of all members, NaN where too few are there. */
  readonly all: Float32Array
  /** The same without one member. */
  without(member: number): Float32Array
}

/**
 * The trimmed mean over the members' wiggles: a tenth of wrong members does not reach it, and it
 * is finer than the meters' resolution, which a median would not be.
 */
export function referenceOf(members: readonly Float32Array[], slots: number): Reference {
  const sorted: Float32Array[] = []
  const all = new Float32Array(slots).fill(Number.NaN)
  for (let at = 0; at < slots; at++) {
    const present = new Float32Array(members.length)
    let count = 0
    for (const member of members) {
      const value = member[at] ?? Number.NaN
      if (!Number.isNaN(value)) present[count++] = value
    }
    const values = present.subarray(0, count).sort()
    sorted.push(values)
    if (count >= MEMBERS_MIN) all[at] = middleMean(values, -1)
  }
  return {
    all,
    without(index) {
      const own = members[index]
      if (own === undefined) return all
      const rest = new Float32Array(slots).fill(Number.NaN)
      for (const [at, values] of sorted.entries()) {
        const value = own[at] ?? Number.NaN
        const left = values.length - (Number.isNaN(value) ? 0 : 1)
        if (left < MEMBERS_MIN) continue
        rest[at] = middleMean(values, Number.isNaN(value) ? -1 : rankOf(values, value))
      }
      return rest
    },
  }
}

/** The mean of the middle of sorted values, as if the one at `left` were not there. */
function middleMean(values: Float32Array, left: number): number {
  const count = left < 0 ? values.length : values.length - 1
  const trimmed = Math.floor(count * TRIMMED_SHARE)
  let sum = 0
  for (let rank = trimmed; rank < count - trimmed; rank++) {
    sum += values[left >= 0 && rank >= left ? rank + 1 : rank] ?? 0
  }
  return sum / (count - 2 * trimmed)
}

/** Where a value that is among the sorted ones stands. */
function rankOf(values: Float32Array, value: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? Number.NaN) < value) low = middle + 1
    else high = middle
  }
  return low
}
