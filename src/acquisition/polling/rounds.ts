import type { ProtocolName, TaskClass } from '#protocols/model'
import type { PlanId } from '#src/collection'
import type { CivilTime, Duration, Instant, MeterId } from '#src/core'
import { type Cycle, recordedAt, slotAfter, slotAt } from './slots.ts'

/** A meter as the engine polls it. */
export interface PolledMeter {
  readonly id: MeterId
  readonly address: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  /** Its last installation ended: it owes nothing and is not asked. */
  readonly removed?: true
  /** Since when it hangs where it is; what was recorded there before is another meter's. */
  readonly since?: Instant
}

/** How the past of a plan is asked for (补采): part of a row of the table `poll_plan`. */
export interface CatchUp {
  /** How far back a meter still has the values. */
  readonly span: Duration
  /** Items with words that stand for the slots that are asked for. */
  readonly items: readonly string[]
  /** Neighbouring slots that one visit may fetch. */
  readonly slotsMax: number
}

/** What is read of whom and when (采集任务): a row of the table `poll_plan`. */
export interface PollPlan extends Cycle {
  readonly id: PlanId
  readonly name: string
  readonly protocol: ProtocolName
  /** Those it is for; absent: every meter of the protocol. */
  readonly members?: ReadonlySet<MeterId>
  readonly dataClass: TaskClass
  readonly items: readonly string[]
  /** Lower goes first: billing registers before curves, curves before old gaps. */
  readonly priority: number
  /** Null where the past cannot be asked for: a present value is gone with its moment. */
  readonly catchUp: CatchUp | null
}

export function takesPart({ protocol, members }: PollPlan, meter: PolledMeter): boolean {
  if (meter.removed) return false
  return meter.protocol === protocol && (members === undefined || members.has(meter.id))
}

/** Whether it is this meter that owes a slot, and not the one that hung there before. */
export function owes(plan: PollPlan, slot: Instant, { since }: PolledMeter): boolean {
  if (since === undefined) return true
  const isOfItsMoment = plan.dataClass === 'current' || plan.dataClass === 'event'
  return (isOfItsMoment ? slot : recordedAt(plan, slot)) >= since
}

/**
 * One plan's slot on one channel: the meters still to be visited. Holds references and an index,
 * so that a round of any size costs no memory per meter.
 */
export class Round {
  readonly plan: PollPlan
  readonly slot: Instant
  readonly #meters: readonly PolledMeter[]
  readonly #again: PolledMeter[] = []
  #index = 0

  constructor(plan: PollPlan, slot: Instant, meters: readonly PolledMeter[]) {
    this.plan = plan
    this.slot = slot
    this.#meters = meters
  }

  get meters(): readonly PolledMeter[] {
    return this.#meters
  }

  /** The next meter to visit, those to be tried again last; null when the round is over. */
  next(): PolledMeter | null {
    const meter = this.#meters[this.#index]
    if (meter) {
      this.#index++
      return meter
    }
    return this.#again.shift() ?? null
  }

  /** Puts a meter at the end of the round. */
  retryLater(meter: PolledMeter): void {
    this.#again.push(meter)
  }

  /** Those not visited when the round is given up. */
  remaining(): readonly PolledMeter[] {
    return [...this.#meters.slice(this.#index), ...this.#again]
  }
}

/**
 * What a channel that has just started owes. Frozen values wait in the meter, so the slot that is
 * running is taken up; a present value belongs to its moment, so one that is half over is left.
 */
export function firstDue(plan: PollPlan, now: Instant, civil: CivilTime): Instant {
  const slot = slotAt(plan, now, civil)
  const isStale = plan.dataClass === 'current' && now - slot > plan.cycle / 2
  return isStale ? slotAfter(plan, now, civil) : slot
}
