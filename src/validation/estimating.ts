import { type CivilTime, type Instant, idOf, instant, type MeterId } from '#src/core'
import type { Db } from '#src/db'
import { type GapRow, gapsOf, keyOf } from './gaps.ts'
import { type Estimate, estimateGap, type Facts, type Method } from './methods.ts'
import { type Past, pastsOf } from './pasts.ts'
import { DAY, historyOf } from './similar-days.ts'
import type { Gap } from './spread.ts'

/** Decimals of what is estimated: those of the ends, at least two. */
const SCALE = 4
const SCALE_MIN = 2
/** Longer gaps are estimated at the ends of days only. */
const INTERVALS_DAYS_MAX = 10
/** A boundary between readings so close is interpolated where energy is formed. */
const CLOSE = 3_600_000
const MOMENTS_MAX = 4_000

export interface Estimated {
  readonly meterId: MeterId
  readonly usagePointId: number
  readonly accountId: number | null
  readonly register: string
  readonly at: Instant
  readonly digits: bigint
  readonly scale: number
  readonly method: Estimate['method']
  readonly detail: Readonly<Record<string, unknown>>
}

/** The gaps of the days that are being judged, each estimated by the first method that can. */
export async function estimateGaps(tx: Db, civil: CivilTime): Promise<readonly Estimated[]> {
  const rows = await gapsOf(tx)
  const wanted = rows.flatMap((row) => {
    const gap = gapOf(civil, row)
    return gap === undefined || gap.moments.length === 0 ? [] : [{ row, gap }]
  })
  const needy = wanted.filter(({ row, gap }) => needsPast(row.methods, gap))
  const pasts = await pastsOf(
    tx,
    civil,
    needy.map(({ row }) => row),
  )
  return wanted.flatMap(({ row, gap }) => estimated(civil, row, gap, pasts.get(keyOf(row))))
}

const needsPast = (methods: readonly Method[], { to, moments }: Gap): boolean =>
  to === null ||
  !methods.some(
    ({ code, parameters }) =>
      code === 'linear' && moments.length <= (parameters.missingMax ?? moments.length),
  )

function gapOf(civil: CivilTime, row: GapRow): Gap | undefined {
  const { after, after_value, before, before_value, until } = row
  const from = { at: after, value: after_value }
  const moments = momentsOf(civil, row, before ?? instant(until + 1))
  if (before === null || before_value === null) return { from, to: null, moments }
  if (before_value >= after_value) return { from, to: { at: before, value: before_value }, moments }
  const modulus = modulusOf(row)
  // A fall that is no roll-over says nothing about what flowed.
  const around = before_value + (modulus ?? 0n) - after_value
  const most = row.per_hour * BigInt(before - after)
  if (modulus === undefined || around * BigInt(CLOSE) > most) {
    return undefined
  }
  return { from, to: { at: before, value: after_value + around }, moments }
}

const modulusOf = ({ modulus_digits }: GapRow): bigint | undefined =>
  modulus_digits === null ? undefined : 10n ** BigInt(modulus_digits + SCALE)

/** Ends of days, and the steps of the profile where the meter has one. */
function momentsOf(civil: CivilTime, { after, step }: GapRow, end: Instant): readonly Instant[] {
  const moments = new Set<Instant>()
  for (let date = civil.addDays(civil.dateOf(after), 1); ; date = civil.addDays(date, 1)) {
    const at = civil.startOf(date)
    if (at >= end || moments.size >= MOMENTS_MAX) break
    moments.add(at)
  }
  if (step !== null && end - after <= INTERVALS_DAYS_MAX * DAY && end - after > CLOSE) {
    const length = step * 1_000
    for (let at = (Math.floor(after / length) + 1) * length; at < end; at += length) {
      moments.add(instant(at))
    }
  }
  return [...moments].sort((a, b) => a - b)
}

function estimated(
  civil: CivilTime,
  row: GapRow,
  gap: Gap,
  past: Past | undefined,
): readonly Estimated[] {
  const facts: Facts = {
    register: row.register,
    civil,
    history: historyOf(civil, past?.points ?? [], (row.step ?? DAY / 1_000) * 1_000),
    reference: past?.reference ?? null,
    place: past?.place ?? null,
  }
  const estimate = estimateGap(gap, row.methods, facts)
  if (estimate === undefined) return []
  const modulus = modulusOf(row)
  const scale = Math.max(SCALE_MIN, Math.min(row.scale, SCALE))
  const cut = 10n ** BigInt(SCALE - scale)
  const detail = {
    from: civil.iso(gap.from.at),
    to: gap.to === null ? null : civil.iso(gap.to.at),
    days: facts.history.days.size,
  }
  return gap.moments.map((at, index) => {
    const value = estimate.values[index] ?? gap.from.value
    const rolled = modulus === undefined ? value : value % modulus
    return {
      meterId: idOf(row.meter_id),
      usagePointId: row.usage_point_id,
      accountId: row.account_id,
      register: row.register,
      at,
      digits: rolled / cut,
      scale,
      method: estimate.method,
      detail,
    }
  })
}
