import { itemOf } from '#protocols/model'
import { type CivilTime, fail, type Instant, instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { usageQualities } from './codes.ts'
import {
  type Advance,
  addEnergy,
  advancesOf,
  type Energy,
  type Period,
  type PeriodFinding,
  primaryEnergyOf,
  usageItem,
  worseQuality,
} from './energy.ts'
import { periodsOf } from './periods.ts'
import { pointsOf } from './points.ts'
import { rolledUp } from './rollup.ts'
import { selectFreshRollups } from './rollup-queries.ts'
import type {
  MeteredSpan,
  Usage,
  UsageItem,
  UsageQuality,
  UsageQuery,
  UsageRefusal,
} from './types.ts'

/** About a year of quarters of an hour. */
const periodsMax = 40_000

export async function usageOf(
  db: Db,
  civil: CivilTime,
  query: UsageQuery,
): Promise<Result<Usage, UsageRefusal>> {
  const item = itemOf(query.register)
  if (item?.kind !== 'register') {
    return fail({ kind: 'not-a-register', message: `${query.register} is not an energy register` })
  }
  const periods = periodsOf(civil, query.granularity, query.from, query.to, periodsMax)
  if (periods === undefined) {
    const message = `more than ${periodsMax} periods; ask for a shorter time or a coarser one`
    return fail({ kind: 'too-many-periods', message })
  }
  const shares: Share[][] = []
  for (const span of query.installations) {
    shares.push(await sharesOf(db, civil, span, query, periods))
  }
  return ok({ unit: item.unit, ...combined(periods, shares) })
}

/** What one installation adds to one period; undefined where it was not installed at all. */
type Share =
  | { readonly kind: 'energy'; readonly energy: Energy; readonly quality: UsageQuality }
  | { readonly kind: 'fallen' | 'unknown' }
  | undefined

async function sharesOf(
  db: Db,
  civil: CivilTime,
  span: MeteredSpan,
  query: UsageQuery,
  periods: readonly Period[],
): Promise<Share[]> {
  const clipped = periods.map((period) => clip(period, span))
  const findings = new Map<Period, PeriodFinding>()
  for (const [period, advance] of await storedAdvances(db, civil, span, query, clipped)) {
    findings.set(period, { kind: 'advance', advance })
  }
  const rest = clipped
    .filter((period) => period !== undefined)
    .filter((period) => !findings.has(period))
  for (const run of runsOf(rest)) {
    const points = await pointsOf(db, span.meterId, query.register, run)
    const own = points.filter(({ at }) => at >= span.from && (span.to === null || at <= span.to))
    const found = advancesOf(own, run)
    for (const [index, period] of run.entries()) {
      findings.set(period, found[index] ?? { kind: 'unknown' })
    }
  }
  const primaryEnergy = primaryEnergyOf(span.ratio)
  return clipped.map((period): Share => {
    if (period === undefined) return undefined
    const finding = findings.get(period) ?? { kind: 'unknown' }
    if (finding.kind !== 'advance') return finding
    const { advance } = finding
    return { kind: 'energy', energy: primaryEnergy(advance), quality: advance.quality }
  })
}

/** What the rollups know of whole days and months that nothing has changed since. */
async function storedAdvances(
  db: Db,
  civil: CivilTime,
  span: MeteredSpan,
  { register, granularity }: UsageQuery,
  clipped: readonly (Period | undefined)[],
): Promise<ReadonlyMap<Period, Advance>> {
  const stored = new Map<Period, Advance>()
  if (granularity !== 'day' && granularity !== 'month') return stored
  if (!rolledUp.includes(register)) return stored
  const whole = clipped.filter((period) => period !== undefined)
  const first = whole[0]
  const last = whole.at(-1)
  if (first === undefined || last === undefined) return stored
  const from = civil.dateOf(first.start)
  const to = civil.dateOf(last.end)
  const rows = await selectFreshRollups(db, granularity, span.meterId, register, from, to)
  const byStart = new Map(rows.map((row) => [civil.startOf(row.date), row]))
  for (const period of whole) {
    const row = byStart.get(period.start)
    // A period cut by the installation's dates is not the one that was rolled up.
    const cut = period.start === span.from || period.end === span.to
    if (row !== undefined && !cut) {
      stored.set(period, { ...row, quality: usageQualities.word(row.quality) })
    }
  }
  return stored
}

/** Groups of periods that follow each other without a gap. */
function runsOf(periods: readonly Period[]): Period[][] {
  const runs: Period[][] = []
  for (const period of periods) {
    const run = runs.at(-1)
    if (run?.at(-1)?.end === period.start) run.push(period)
    else runs.push([period])
  }
  return runs
}

function clip(period: Period, span: MeteredSpan): Period | undefined {
  const start: Instant = instant(Math.max(period.start, span.from))
  const end: Instant = span.to === null ? period.end : instant(Math.min(period.end, span.to))
  return start < end ? { start, end } : undefined
}

/** The sum over the installations; a part that is missing makes a period incomplete. */
function combined(
  periods: readonly Period[],
  shares: readonly (readonly Share[])[],
): { items: UsageItem[]; fallen: number } {
  const items: UsageItem[] = []
  let fallen = 0
  for (const [index, period] of periods.entries()) {
    const parts = shares.map((own) => own[index]).filter((share) => share !== undefined)
    if (parts.some(({ kind }) => kind === 'fallen')) {
      fallen += 1
      continue
    }
    const known = parts.filter((share) => share.kind === 'energy')
    const [first, ...others] = known
    if (first === undefined) continue
    const energy = others.reduce((sum, share) => addEnergy(sum, share.energy), first.energy)
    const quality = known.reduce<UsageQuality>(
      (worst, share) => worseQuality(worst, share.quality),
      known.length < parts.length ? 'incomplete' : 'measured',
    )
    items.push(usageItem(period, energy, quality))
  }
  return { items, fallen }
}
