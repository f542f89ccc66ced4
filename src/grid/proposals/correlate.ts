/** A stretch with fewer common slots has no say. */
const COMMON_MIN = 24

/**
 * Pearson's correlation of each stretch of `stretch` slots; NaN where too little is in common or
 * nothing moves. `common` is taken from both first: what every group sees tells none apart.
 */
export function correlations(
  own: Float32Array,
  other: Float32Array,
  common: Float32Array,
  stretch: number,
): Float32Array {
  const found = new Float32Array(Math.ceil(own.length / stretch)).fill(Number.NaN)
  for (const [index] of found.entries()) {
    const end = Math.min(own.length, (index + 1) * stretch)
    let [count, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0]
    for (let at = index * stretch; at < end; at++) {
      const shared = common[at] ?? Number.NaN
      const x = (own[at] ?? Number.NaN) - shared
      const y = (other[at] ?? Number.NaN) - shared
      const product = x * y
      if (Number.isNaN(product)) continue
      count++
      sumX += x
      sumY += y
      sumXX += x * x
      sumYY += y * y
      sumXY += product
    }
    if (count < COMMON_MIN) continue
    const spread = (sumXX - (sumX * sumX) / count) * (sumYY - (sumY * sumY) / count)
    if (spread > 0) found[index] = (sumXY - (sumX * sumY) / count) / Math.sqrt(spread)
  }
  return found
}

/** The mean of those that are there; NaN where none is. */
export function commonOf(references: readonly Float32Array[], slots: number): Float32Array {
  return new Float32Array(slots).map((_, at) => {
    let [sum, count] = [0, 0]
    for (const reference of references) {
      const value = reference[at] ?? Number.NaN
      if (Number.isNaN(value)) continue
      sum += value
      count++
    }
    return count === 0 ? Number.NaN : sum / count
  })
}
