/** Median absolute deviation to standard deviation, for a normal distribution. */
const MAD_TO_SIGMA = 1.4826
/** A step beyond so many standard deviations is somebody's own load, cut to this. */
const SIGMAS_MAX = 4

/**
 * The changes of a voltage curve from slot to slot, NaN where an end is missing. Differences leave
 * out what makes two meters on one wire differ for long: their gain, and how far out they hang.
 * Single big steps are cut, because a kettle next to one meter says nothing about its neighbours.
 */
export function wigglesOf(volts: ArrayLike<number>): Float32Array {
  const wiggles = new Float32Array(volts.length).fill(Number.NaN)
  const sizes: number[] = []
  for (let at = 1; at < volts.length; at++) {
    const change = Number(volts[at]) - Number(volts[at - 1])
    wiggles[at] = change
    if (!Number.isNaN(change)) sizes.push(Math.abs(change))
  }
  const bound = SIGMAS_MAX * MAD_TO_SIGMA * medianOf(sizes)
  if (!(bound > 0)) return wiggles
  return wiggles.map((change) => Math.max(-bound, Math.min(bound, change)))
}

/** NaN of nothing. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = Float64Array.from(numbers).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
