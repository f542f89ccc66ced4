/** One measured line: ours, its limit in the same run, and the ratio. */
export interface Measured {
  readonly name: string
  readonly ours: number
  readonly limit: number
  readonly unit: string
  /** What the limit is. */
  readonly against: string
}

const SAMPLE_MS = 700
const SAMPLES = 5

/**
 * Runs per second of a synchronous function: the best of several samples, after warming up.
 * Seconds of our thread's processor time, so that what else the machine does counts little.
 */
export function runsPerSecond(runsPerCall: number, call: () => void): number {
  const sample = () => {
    const start = performance.now()
    const usedBefore = process.threadCpuUsage()
    let calls = 0
    while (performance.now() - start < SAMPLE_MS) {
      call()
      calls++
    }
    const { user, system } = process.threadCpuUsage(usedBefore)
    return (calls * runsPerCall * 1_000_000) / (user + system)
  }
  sample()
  return Math.max(...Array.from({ length: SAMPLES }, sample))
}

export function print(rows: readonly Measured[]): void {
  for (const { name, ours, limit, unit, against } of rows) {
    const ratio = (ours / limit).toFixed(3)
    process.stdout.write(
      `${name}: ${shown(ours)} ${unit}; ${against}: ${shown(limit)} ${unit}; ratio ${ratio}\n`,
    )
  }
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}
