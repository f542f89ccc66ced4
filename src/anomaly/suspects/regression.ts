/** A least-squares fit of a few columns, and what is left. */
export interface Fit {
  readonly coefficients: readonly number[]
  /** Standard errors, of residuals taken to be independent. */
  readonly errors: readonly number[]
  readonly residual: Float64Array
  readonly squares: number
}

/** Too small against what the column is made of to be anything but rounding. */
const TINY = 1e-10

/** Fits columns to values by Cholesky of the normal equations; a dependent column counts nothing. */
export function leastSquares(columns: readonly Float64Array[], values: Float64Array): Fit {
  const size = columns.length
  const normal = columns.map((a) => columns.map((b) => dot(a, b)))
  const right = columns.map((a) => dot(a, values))
  const lower = Array.from({ length: size }, () => new Float64Array(size))
  const at = (row: number, column: number) => lower[row]?.[column] ?? 0
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = normal[row]?.[column] ?? 0
      for (let k = 0; k < column; k += 1) sum -= at(row, k) * at(column, k)
      const own = lower[row]
      if (own === undefined) continue
      if (row === column) own[row] = sum > TINY * (normal[row]?.[row] ?? 0) ? Math.sqrt(sum) : 0
      else own[column] = at(column, column) === 0 ? 0 : sum / at(column, column)
    }
  }
  const coefficients = solved(lower, right)
  const residual = Float64Array.from(values)
  for (const [index, column] of columns.entries()) {
    const times = coefficients[index] ?? 0
    if (times !== 0)
      for (let t = 0; t < residual.length; t += 1)
        residual[t] = (residual[t] ?? 0) - times * (column[t] ?? 0)
  }
  const squares = dot(residual, residual)
  const variance = squares / Math.max(1, values.length - size)
  const errors = columns.map((_, index) => {
    const unit = columns.map((__, other) => (other === index ? 1 : 0))
    return Math.sqrt(Math.max(0, variance * (solved(lower, unit)[index] ?? 0)))
  })
  return { coefficients, errors, residual, squares }
}

function solved(lower: readonly Float64Array[], right: readonly number[]): number[] {
  const size = right.length
  const forward = new Float64Array(size)
  for (let row = 0; row < size; row += 1) {
    let sum = right[row] ?? 0
    for (let k = 0; k < row; k += 1) sum -= (lower[row]?.[k] ?? 0) * (forward[k] ?? 0)
    const pivot = lower[row]?.[row] ?? 0
    forward[row] = pivot === 0 ? 0 : sum / pivot
  }
  const found = new Array<number>(size).fill(0)
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = forward[row] ?? 0
    for (let k = row + 1; k < size; k += 1) sum -= (lower[k]?.[row] ?? 0) * (found[k] ?? 0)
    const pivot = lower[row]?.[row] ?? 0
    found[row] = pivot === 0 ? 0 : sum / pivot
  }
  return found
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let t = 0; t < a.length; t += 1) sum += (a[t] ?? 0) * (b[t] ?? 0)
  return sum
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
