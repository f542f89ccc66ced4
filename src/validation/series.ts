/** What to think of one value of a register that should only grow. */
export type Standing = 'fits' | 'wrong' | 'doubtful' | 'fallen'

/**
 * Judges a cumulative register that falls somewhere. The fewest values that must go so that the
 * rest only grows are wrong, where they lie between values that stay and are no more than
 * `wrongMax` in a row; values that other, equally short explanations would keep are doubtful. A
 * fall that lasts to the end of what is known stays a fall: nothing here says which side is wrong.
 */
export function standingsOf(values: readonly bigint[], wrongMax: number): readonly Standing[] {
  const length = longestEndingAt(values)
  const rest = longestEndingAt(values.map((value) => -value).reverse()).reverse()
  const most = length.reduce((max, one) => Math.max(max, one), 0)
  const level = values.map((_, index) => {
    const through = (length[index] ?? 0) + (rest[index] ?? 0) - 1
    return through === most ? (length[index] ?? 0) : 0
  })
  const onLevel = new Map<number, number>()
  for (const one of level) if (one > 0) onLevel.set(one, (onLevel.get(one) ?? 0) + 1)
  const isSure = level.map((one) => one > 0 && onLevel.get(one) === 1)
  const standings: Standing[] = values.map(() => 'fits')
  let index = 0
  while (index < values.length) {
    if (isSure[index]) {
      index += 1
      continue
    }
    const first = index
    while (index < values.length && !isSure[index]) index += 1
    judgeRun(values, standings, level, first, index, wrongMax)
  }
  return standings
}

/** Values `[first, end)`, none of which every shortest explanation keeps. */
function judgeRun(
  values: readonly bigint[],
  standings: Standing[],
  level: readonly number[],
  first: number,
  end: number,
  wrongMax: number,
): void {
  const isBetween = first > 0 && end < values.length
  const dropped = level.slice(first, end).filter((one) => one === 0).length
  if (isBetween && dropped === end - first && dropped <= wrongMax) {
    standings.fill('wrong', first, end)
    return
  }
  if (isBetween && end - first <= wrongMax) {
    standings.fill('doubtful', first, end)
    return
  }
  // A fall that lasts: said at the value that is less than the one before it.
  const last = Math.min(end, values.length - 1)
  for (let index = Math.max(first, 1); index <= last; index += 1) {
    const [before, value] = [values[index - 1], values[index]]
    if (before !== undefined && value !== undefined && value < before) standings[index] = 'fallen'
  }
}

/** For each value the length of the longest growing sequence that ends with it. */
function longestEndingAt(values: readonly bigint[]): number[] {
  const tails: bigint[] = []
  return values.map((value) => {
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      const tail = tails[middle]
      if (tail !== undefined && tail <= value) low = middle + 1
      else high = middle
    }
    tails[low] = value
    return low + 1
  })
}
