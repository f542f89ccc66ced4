/**
 * A number in [0, 1) that depends only on its arguments: the meter's world is a function of seed
 * and place, so nothing has to be stepped through or remembered. (A 32-bit avalanche hash.)
 */
export function noise(seed: number, place: number, what = 0): number {
  let hash = Math.imul(seed ^ Math.imul(place, 0x9e3779b1), 0x85ebca6b)
  hash ^= Math.imul(what + 0x7f4a7c15, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 4_294_967_296
}

/** A number in [low, high) that depends only on its arguments. */
export function noiseBetween(
  low: number,
  high: number,
  seed: number,
  place: number,
  what = 0,
): number {
  return low + (high - low) * noise(seed, place, what)
}
