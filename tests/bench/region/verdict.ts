import type { Truth } from '#simulators/region'

/** A meter of the archive, and what became of its daily freeze. */
export interface Outcome {
  readonly address: string
  readonly received: boolean
  /** What the ledger says, and what the diagnosis says. */
  readonly reason: string | null
  readonly cause: string | null
}

export interface Verdict {
  readonly meters: number
  readonly reachable: number
  readonly received: number
  /** Reachable by the truth, and not read. */
  readonly lost: readonly (Truth & { readonly reason: string | null })[]
  readonly missing: number
  readonly rightCauses: number
  /** How often each true cause was told as which: `true cause` → `told cause` → count. */
  readonly confusion: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** The same by the kind of fault, to see which rule is wrong. */
  readonly faults: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** The same by the kind of fault and the reason in the ledger, to see what rules have to go by. */
  readonly reasons: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Lays what a head-end made of a day beside what was true. */
export function verdictOn(truth: Iterable<Truth>, outcomes: ReadonlyMap<string, Outcome>): Verdict {
  const confusion = new Map<string, Map<string, number>>()
  const faults = new Map<string, Map<string, number>>()
  const reasons = new Map<string, Map<string, number>>()
  const lost: (Truth & { readonly reason: string | null })[] = []
  let [meters, reachable, received, missing, rightCauses] = [0, 0, 0, 0, 0]
  for (const each of truth) {
    const outcome = outcomes.get(each.meterAddress)
    meters++
    if (each.reachable) {
      reachable++
      if (outcome?.received) received++
      else lost.push({ ...each, reason: outcome?.reason ?? null })
      continue
    }
    if (outcome?.received) continue
    missing++
    const cause = each.cause ?? 'none'
    const told = outcome?.cause ?? 'nothing'
    if (told === cause) rightCauses++
    count(confusion, cause, told)
    count(faults, `${each.fault ?? 'none'}: ${cause}`, told)
    count(reasons, each.fault ?? 'none', outcome?.reason ?? 'nothing')
  }
  return { meters, reachable, received, lost, missing, rightCauses, confusion, faults, reasons }
}

function count(into: Map<string, Map<string, number>>, row: string, column: string): void {
  const columns = into.get(row) ?? new Map<string, number>()
  columns.set(column, (columns.get(column) ?? 0) + 1)
  into.set(row, columns)
}

/** A table for people: rows are what is true, columns what was told. */
export function tableOf(matrix: Verdict['confusion'], head: string): string {
  const columns = [...new Set([...matrix.values()].flatMap((row) => [...row.keys()]))].sort()
  const rows = [...matrix].sort(([one], [other]) => one.localeCompare(other))
  const lines = [
    [head, ...columns],
    ...rows.map(([name, row]) => [name, ...columns.map((told) => String(row.get(told) ?? '.'))]),
  ]
  const widths = [head, ...columns].map((_, at) =>
    Math.max(...lines.map((line) => (line[at] ?? '').length)),
  )
  return lines
    .map((line) => line.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join('  '))
    .join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}
