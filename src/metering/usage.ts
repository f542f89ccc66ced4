import { itemOf } from '#protocols/model'
import { type CivilTime, fail, type Instant, instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import { clip, energyText, type Part, type Period, partOf, periodOf } from './energy.ts'
import { periodsOf } from './periods.ts'
import { asItReads, type Installed, installedAt, registersOf } from './points.ts'
import { qualityOf, worseQuality } from './quality.ts'
import { rolledUp } from './rollup.ts'
import type {
  MeteredSpan,
  Usage,
  UsageItem,
  UsageQuality,
  UsageQuery,
  UsageRefusal,
} from './types.ts'
import { selectFreshUsage } from './usage-queries.ts'

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
  const byPlace = Map.groupBy(query.installations, (span) =>
    span.usagePointId === null ? `meter ${span.meterId}` : `point ${span.usagePointId}`,
  )
  for (const spans of byPlace.values()) {
    shares.push(await sharesOf(db, civil, spans, query, periods))
  }
  return ok({ unit: item.unit, ...combined(periods, shares) })
}

/** What one place adds to one period; undefined where nothing was installed at all. */
type Share =
  | { readonly kind: 'energy'; readonly energy: bigint; readonly quality: UsageQuality }
  | { readonly kind: 'fallen' | 'unknown' }
  | undefined

async function sharesOf(
  db: Db,
  civil: CivilTime,
  spans: readonly MeteredSpan[],
  query: UsageQuery,
  periods: readonly Period[],
): Promise<Share[]> {
  const stored = await storedShares(db, civil, spans, query, periods)
  const rest = periods.filter((period) => !stored.has(period))
  const found = new Map<Period, Share>(stored)
  for (const run of runsOf(rest)) {
    for (const [period, share] of await worked(db, spans, query, run)) found.set(period, share)
  }
  return periods.map((period) => found.get(period))
}

/** What is stored of whole days and months that nothing has changed since. */
async function storedShares(
  db: Db,
  civil: CivilTime,
  spans: readonly MeteredSpan[],
  { register, granularity }: UsageQuery,
  periods: readonly Period[],
): Promise<ReadonlyMap<Period, Share>> {
  const stored = new Map<Period, Share>()
  const usagePointId = spans[0]?.usagePointId ?? null
  const [first, last] = [periods[0], periods.at(-1)]
  if (granularity !== 'day' && granularity !== 'month') return stored
  if (usagePointId === null || first === undefined || last === undefined) return stored
  if (!rolledUp.includes(register)) return stored
  const [from, to] = [civil.dateOf(first.start), civil.dateOf(last.end)]
  const rows = await selectFreshUsage(db, granularity, usagePointId, register, from, to)
  const byStart = new Map(rows.map((row) => [civil.startOf(row.date), row]))
  for (const period of periods) {
    const row = byStart.get(period.start)
    if (row === undefined || !isOfPlace(spans, period)) continue
    stored.set(period, { kind: 'energy', energy: row.energy, quality: qualityOf(row.quality) })
  }
  return stored
}

/** Whether what is asked for of a place is all that it had in a period: nothing is cut off. */
function isOfPlace(spans: readonly MeteredSpan[], { start, end }: Period): boolean {
  const [only, other] = spans.filter((span) => span.from < end && (span.to ?? end) > start)
  if (only === undefined || other !== undefined) return false
  return only.from <= start && (only.to === null || only.to >= end)
}

async function worked(
  db: Db,
  spans: readonly MeteredSpan[],
  { register }: UsageQuery,
  run: readonly Period[],
): Promise<ReadonlyMap<Period, Share>> {
  const [first, last] = [run[0], run.at(-1)]
  if (first === undefined || last === undefined) return new Map()
  const whole = { start: first.start, end: last.end }
  const installed = await installedOf(db, spans, whole)
  const registers = await registersOf(db, installed, register, whole)
  return new Map(
    run.map((period) => {
      const parts: { part: Part; meterId: number }[] = []
      for (const own of installed) {
        const within = clip(period, own)
        const series = registers.get(own)
        if (within === undefined || series === undefined) continue
        parts.push({ part: partOf(own, series, within), meterId: own.meterId })
      }
      return [period, parts.length === 0 ? undefined : periodOf(parts)]
    }),
  )
}

/** What hung there, cut to what is asked for: an account has a place only for a time. */
async function installedOf(
  db: Db,
  spans: readonly MeteredSpan[],
  whole: Period,
): Promise<readonly Installed[]> {
  const [span] = spans
  if (span === undefined) return []
  if (span.usagePointId === null) return [await asItReads(db, span.meterId)]
  const all = await installedAt(db, [span.usagePointId], whole)
  return all.flatMap((own) =>
    spans
      .filter(({ meterId }) => meterId === own.meterId)
      .flatMap((asked): Installed[] => {
        const from: Instant = instant(Math.max(asked.from, own.from))
        const to =
          asked.to === null || own.to === null
            ? (asked.to ?? own.to)
            : instant(Math.min(asked.to, own.to))
        return to === null || from < to ? [{ ...own, from, to }] : []
      }),
  )
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

/** The sum over the places; a part that is missing makes a period incomplete. */
function combined(
  periods: readonly Period[],
  shares: readonly (readonly Share[])[],
): { items: UsageItem[]; fallen: number } {
  const items: UsageItem[] = []
  let fallen = 0
  for (const [index, { start, end }] of periods.entries()) {
    const parts = shares.map((own) => own[index]).filter((share) => share !== undefined)
    if (parts.some(({ kind }) => kind === 'fallen')) {
      fallen += 1
      continue
    }
    const known = parts.filter((share) => share.kind === 'energy')
    if (known.length === 0) continue
    const value = energyText(known.reduce((sum, { energy }) => sum + energy, 0n))
    const quality = known.reduce<UsageQuality>(
      (worst, share) => worseQuality(worst, share.quality),
      known.length < parts.length ? 'incomplete' : 'measured',
    )
    items.push({ start, end, value, quality })
  }
  return { items, fallen }
}
