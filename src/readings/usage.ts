import { type ItemCode, itemOf } from '#protocols/model'
import { type CivilTime, fail, type Instant, instant, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import {
  addEnergy,
  advancesOf,
  type Energy,
  type Period,
  primaryEnergy,
  usageItem,
  worseQuality,
} from './energy.ts'
import { periodsOf } from './periods.ts'
import { pointsOf } from './points.ts'
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
    shares.push(await sharesOf(db, span, query.register, periods))
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
  span: MeteredSpan,
  register: ItemCode,
  periods: readonly Period[],
): Promise<Share[]> {
  const clipped = periods.map((period) => clip(period, span))
  const own = clipped.filter((period) => period !== undefined)
  const points = await pointsOf(db, span.meterId, register, own)
  const within = points.filter(({ at }) => at >= span.from && (span.to === null || at <= span.to))
  const findings = advancesOf(within, own).values()
  return clipped.map((period): Share => {
    if (period === undefined) return undefined
    const finding = findings.next().value
    if (finding?.kind !== 'advance') return { kind: finding?.kind ?? 'unknown' }
    const energy = primaryEnergy(finding.advance, span.ratio)
    return { kind: 'energy', energy, quality: finding.advance.quality }
  })
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
