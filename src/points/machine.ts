import { distance, minus, plus, type Scaled } from './decimal.ts'
import { type Level, type LimitKind, limitKinds } from './types.ts'

/** What a point is judged by. */
export interface PointRules {
  /** Null where there is no such limit. */
  readonly limits: Readonly<Record<LimitKind, Scaled | null>>
  /** By how much a value must be back before the limit counts as kept. */
  readonly hysteresis: Scaled
  /** A smaller difference is no change of the value that is shown as noted. */
  readonly deadband: Scaled
  /** How long a limit must be crossed, or kept again, before that counts. */
  readonly delayMs: number
}

export interface Sample {
  readonly at: number
  readonly value: Scaled
}

/** One limit: whether it counts as crossed, and since when it is about to change. */
interface Crossing {
  readonly active: boolean
  readonly since: number | null
}

/** Where the judgement stands; a function of the samples in the order of their own times. */
export interface Judgement {
  readonly last: Sample | null
  /** Nothing before it can change what follows: the last sample, or a delay that ended after it. */
  readonly asOf: number
  readonly noted: Sample | null
  readonly crossings: Readonly<Record<LimitKind, Crossing>>
  readonly level: Level
  readonly levelSince: number | null
}

export interface LevelChange {
  readonly at: number
  readonly level: Level
  readonly value: Scaled
}

export interface Judged {
  readonly judgement: Judgement
  readonly changes: readonly LevelChange[]
}

const calm: Crossing = { active: false, since: null }

export const beginning: Judgement = {
  last: null,
  asOf: Number.NEGATIVE_INFINITY,
  noted: null,
  crossings: { 'low-low': calm, low: calm, high: calm, 'high-high': calm },
  level: 'normal',
  levelSince: null,
}

/**
 * Takes the next sample. A value holds until the next one: what a delay ended before that time is
 * settled first, by the value before.
 */
export function advance(rules: PointRules, before: Judgement, sample: Sample): Judged {
  const settled = settle(rules, before, sample.at - 1)
  const { judgement } = settled
  const crossings = mapped((kind) => {
    const crossing = judgement.crossings[kind]
    const isBeyond = beyond(rules, kind, crossing.active, sample.value)
    if (isBeyond === crossing.active) return { active: crossing.active, since: null }
    return { active: crossing.active, since: crossing.since ?? sample.at }
  })
  const isChange =
    judgement.noted === null ||
    distance(sample.value, judgement.noted.value) > (rules.deadband as bigint)
  const taken: Judgement = {
    ...judgement,
    last: sample,
    asOf: Math.max(judgement.asOf, sample.at),
    noted: isChange ? sample : judgement.noted,
    crossings,
  }
  const now = settle(rules, taken, sample.at)
  return { judgement: now.judgement, changes: [...settled.changes, ...now.changes] }
}

/** Lets the delays end that are over at `now`, each at its own time. */
export function settle(rules: PointRules, before: Judgement, now: number): Judged {
  let judgement = before
  const changes: LevelChange[] = []
  for (;;) {
    const at = dueOf(rules, judgement)
    if (at === null || at > now || judgement.last === null) return { judgement, changes }
    const crossings = mapped((kind) => {
      const { active, since } = judgement.crossings[kind]
      const isOver = since !== null && since + rules.delayMs <= at
      return isOver ? { active: !active, since: null } : { active, since }
    })
    const level = levelOf(crossings)
    const isOther = level !== judgement.level
    if (isOther) changes.push({ at, level, value: judgement.last.value })
    judgement = {
      ...judgement,
      crossings,
      asOf: Math.max(judgement.asOf, at),
      level,
      levelSince: isOther ? at : judgement.levelSince,
    }
  }
}

/** When the next delay ends; null where none runs. */
export function dueOf({ delayMs }: PointRules, { crossings }: Judgement): number | null {
  const running = limitKinds.flatMap((kind) => {
    const { since } = crossings[kind]
    return since === null ? [] : [since + delayMs]
  })
  return running.length === 0 ? null : Math.min(...running)
}

/** A limit that counts as crossed is left only by more than the hysteresis. */
function beyond(
  { limits, hysteresis }: PointRules,
  kind: LimitKind,
  isActive: boolean,
  value: Scaled,
): boolean {
  const limit = limits[kind]
  if (limit === null) return false
  const isHigh = kind === 'high' || kind === 'high-high'
  if (!isActive) return isHigh ? value > limit : value < limit
  return isHigh ? value > minus(limit, hysteresis) : value < plus(limit, hysteresis)
}

function levelOf(crossings: Judgement['crossings']): Level {
  if (crossings['high-high'].active) return 'high-high'
  if (crossings['low-low'].active) return 'low-low'
  if (crossings.high.active) return 'high'
  return crossings.low.active ? 'low' : 'normal'
}

function mapped(of: (kind: LimitKind) => Crossing): Judgement['crossings'] {
  return {
    'low-low': of('low-low'),
    low: of('low'),
    high: of('high'),
    'high-high': of('high-high'),
  }
}
