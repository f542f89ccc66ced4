import { type CivilTime, hours, type Instant, instant, minutes, seconds } from '#src/core'

export const deviceKinds = ['meter', 'terminal'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/** When to leave a clock alone, when to correct it, and who has to agree (domain of 校时). */
export const clockRules = {
  goodMs: { terminal: seconds(5), meter: seconds(10) },
  correctAboveMs: minutes(1),
  /** From here on two people stand behind a correction. */
  approveFromMs: minutes(15),
  /** What was read while the clock was further off carries a flag. */
  doubtfulAboveMs: minutes(5),
  /** DL/T 645 meters take a broadcast only so far from their own time, and once a day. */
  broadcastMaxMs: minutes(5),
  /** A corrected clock may still differ by this much beyond what can be measured. */
  setToleranceMs: seconds(2),
  /** So many corrections in a month, and doubtful again: the clock is worn out. */
  correctionsMonthly: 2,
  month: hours(24 * 30),
  /** So long the visits to a meter have to tell its time by the way. */
  patience: hours(24),
  measureEvery: { good: hours(24 * 7), doubtful: hours(24), failed: hours(1) },
} as const

/** Moments of the wall clock at which devices freeze, settle and change rates. */
const boundaries = [
  { every: hours(1), margin: minutes(5) },
  { every: minutes(15), margin: minutes(1) },
] as const

export interface Measured {
  readonly measuredAt: Instant
  /** The device minus ours; null for an impossible time. */
  readonly offsetMs: number | null
  readonly uncertaintyMs: number
}

export type ClockVerdict = 'good' | 'watched' | 'correctable' | 'needs-two' | 'impossible'

/** What an offset comes to. Doubt counts for leaving alone below, and for asking people above. */
export function verdictOf(
  kind: DeviceKind,
  { offsetMs, uncertaintyMs }: Pick<Measured, 'offsetMs' | 'uncertaintyMs'>,
): ClockVerdict {
  if (offsetMs === null) return 'impossible'
  const off = Math.abs(offsetMs)
  if (off + uncertaintyMs >= clockRules.approveFromMs && off > clockRules.correctAboveMs) {
    return 'needs-two'
  }
  if (off - uncertaintyMs > clockRules.correctAboveMs) return 'correctable'
  return off <= clockRules.goodMs[kind] + uncertaintyMs ? 'good' : 'watched'
}

export function isDoubtful({ offsetMs }: Pick<Measured, 'offsetMs'>): boolean {
  return offsetMs === null || Math.abs(offsetMs) > clockRules.doubtfulAboveMs
}

/** True where a clock that was set shows the time, as far as that can be measured. */
export function isTaken({ offsetMs, uncertaintyMs }: Omit<Measured, 'measuredAt'>): boolean {
  return offsetMs !== null && Math.abs(offsetMs) <= uncertaintyMs + clockRules.setToleranceMs
}

/**
 * True where a clock may be moved now: neither our time nor the device's is near a boundary, and
 * none lies between them as far as waiting can avoid that.
 */
export function isClear(now: Instant, offsetMs: number | null, civil: CivilTime): boolean {
  // Where a clock shows no time at all, none of its own is near.
  const moved = offsetMs ?? 0
  const times = [now, instant(now + moved)].map((at) => wallMs(at, civil))
  const [first = 0, second = 0] = times
  return boundaries.every(({ every, margin }) => {
    const near = times.some((ms) => {
      const into = ((ms % every) + every) % every
      return into < margin || into > every - margin
    })
    if (near) return false
    const avoidable = Math.abs(moved) + 2 * margin < every
    return !avoidable || Math.floor(first / every) === Math.floor(second / every)
  })
}

/** Of the wall clock: two times of the same day and hour are in the same hour. */
function wallMs(at: Instant, civil: CivilTime): number {
  const { year, month, day, hour, minute, second } = civil.toWall(at)
  const days = (year * 12 + month) * 31 + day
  const thousandths = ((at % 1_000) + 1_000) % 1_000
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + thousandths
}

/** How many people a correction needs, whoever asks for it among them. */
export function peopleNeeded(verdict: ClockVerdict, isAutomatic: boolean): 0 | 1 | 2 {
  if (verdict === 'needs-two' || verdict === 'impossible') return 2
  return isAutomatic ? 0 : 1
}

/** All that hear it take a broadcast; it suits DL/T 645 meters that are not far off. */
export function suitsBroadcast(protocol: string | null, offsetMs: number | null): boolean {
  if (offsetMs === null) return false
  const isDlt645 = protocol === 'dlt645-2007' || protocol === 'dlt645-1997'
  return isDlt645 && Math.abs(offsetMs) < clockRules.broadcastMaxMs
}

/** When the turn of a device must have been that it is measured before anybody visits it. */
export function atOnce(now: Instant): Instant {
  return instant(now - clockRules.patience)
}
