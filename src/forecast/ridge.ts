/**
 * Least squares with a small penalty on the weights of standardised columns, by Cholesky. The
 * first column must be the constant, which is not penalised. Undefined where it has no solution.
 */
export function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  penalty: number,
): ((row: readonly number[]) => number) | undefined {
  const width = rows[0]?.length ?? 0
  const means = columns(width, (at) => sum(rows, (row) => row[at] ?? 0) / rows.length)
  const scales = columns(width, (at) => {
    const mean = means[at] ?? 0
    const spread = Math.sqrt(sum(rows, (row) => ((row[at] ?? 0) - mean) ** 2) / rows.length)
    return spread > 1e-9 ? spread : 0
  })
  const standard = (row: readonly number[]) =>
    row.map((value, at) => {
      if (at === 0) return 1
      const scale = scales[at] ?? 0
      return scale === 0 ? 0 : (value - (means[at] ?? 0)) / scale
    })
  const known = rows.map(standard)
  const matrix = columns(width, () => new Array<number>(width).fill(0))
  for (const row of known) {
    for (const [a, line] of matrix.entries()) {
      const factor = row[a] ?? 0
      for (let b = 0; b <= a; b += 1) line[b] = (line[b] ?? 0) + factor * (row[b] ?? 0)
    }
  }
  for (let a = 1; a < width; a += 1) {
    const line = matrix[a] ?? []
    line[a] = (line[a] ?? 0) + penalty * rows.length
  }
  const right = columns(width, (a) =>
    known.reduce((total, row, at) => total + (row[a] ?? 0) * (targets[at] ?? 0), 0),
  )
  const weights = solve(matrix, right)
  if (weights === undefined) return undefined
  return (row) => standard(row).reduce((total, value, at) => total + value * (weights[at] ?? 0), 0)
}

const columns = <T>(width: number, of: (at: number) => T): T[] =>
  Array.from({ length: width }, (_, at) => of(at))

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** Solves a symmetric positive definite system, given by its lower half. */
function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const size = right.length
  const lower: number[][] = []
  for (let row = 0; row < size; row += 1) {
    const line: number[] = []
    for (let column = 0; column <= row; column += 1) {
      const other = column === row ? line : (lower[column] ?? [])
      let value = matrix[row]?.[column] ?? 0
      for (let at = 0; at < column; at += 1) value -= (line[at] ?? 0) * (other[at] ?? 0)
      if (column < row) line.push(value / (other[column] ?? 1))
      else if (value <= 1e-12) return undefined
      else line.push(Math.sqrt(value))
    }
    lower.push(line)
  }
  const middle: number[] = []
  for (let row = 0; row < size; row += 1) {
    let value = right[row] ?? 0
    for (let at = 0; at < row; at += 1) value -= (lower[row]?.[at] ?? 0) * (middle[at] ?? 0)
    middle.push(value / (lower[row]?.[row] ?? 1))
  }
  const answer = middle.slice()
  for (let row = size - 1; row >= 0; row -= 1) {
    let value = middle[row] ?? 0
    for (let at = row + 1; at < size; at += 1) value -= (lower[at]?.[row] ?? 0) * (answer[at] ?? 0)
    answer[row] = value / (lower[row]?.[row] ?? 1)
  }
  return answer
}
