/** A stretch of whole numbers: from, inclusive, to, exclusive. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** A set of whole numbers that lie mostly side by side. */
export class Ranges {
  /** In order, apart from each other. */
  #stretches: Stretch[]

  constructor(stretches: Iterable<Stretch> = []) {
    this.#stretches = []
    for (const { from, to } of stretches) this.add(from, to)
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches
  }

  get size(): number {
    return this.#stretches.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  get first(): number | undefined {
    return this.#stretches[0]?.from
  }

  has(value: number): boolean {
    const found = this.#stretches[this.#reaching(value + 1)]
    return found !== undefined && found.from <= value
  }

  /** True if any number of the stretch is here. */
  touches(from: number, to: number): boolean {
    const found = this.#stretches[this.#reaching(from + 1)]
    return found !== undefined && found.from < to
  }

  add(from: number, to: number): void {
    if (from >= to) return
    const start = this.#reaching(from)
    let end = start
    let merged: Stretch = { from, to }
    for (;;) {
      const next = this.#stretches[end]
      if (next === undefined || next.from > to) break
      merged = { from: Math.min(merged.from, next.from), to: Math.max(merged.to, next.to) }
      end++
    }
    this.#stretches.splice(start, end - start, merged)
  }

  remove(from: number, to: number): void {
    if (from >= to) return
    const start = this.#reaching(from + 1)
    let end = start
    const kept: Stretch[] = []
    for (;;) {
      const next = this.#stretches[end]
      if (next === undefined || next.from >= to) break
      if (next.from < from) kept.push({ from: next.from, to: from })
      if (next.to > to) kept.push({ from: to, to: next.to })
      end++
    }
    this.#stretches.splice(start, end - start, ...kept)
  }

  /** The first stretch that ends at or behind a number. */
  #reaching(value: number): number {
    let low = 0
    let high = this.#stretches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#stretches[middle]?.to ?? 0) < value) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Numbers in rising order as stretches. */
export function stretchesOf(values: readonly number[]): readonly Stretch[] {
  const stretches: { from: number; to: number }[] = []
  for (const value of values) {
    const last = stretches.at(-1)
    if (last?.to === value) last.to++
    else stretches.push({ from: value, to: value + 1 })
  }
  return stretches
}
