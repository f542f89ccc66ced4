import type { PlanId } from '#src/collection'
import type { ChannelId, Instant } from '#src/core'
import type { MeterRecord } from '#src/registry'
import type { MissReason } from './missed.ts'
import type { SlotOutcome } from './observer.ts'
import { type PollPlan, type Round, takesPart } from './rounds.ts'

/** How one slot of a plan went over all channels. */
export interface RoundSummary {
  readonly plan: string
  readonly slot: Instant
  readonly expected: number
  readonly received: number
  readonly missed: Readonly<Partial<Record<MissReason, number>>>
  readonly readings: number
}

interface Count {
  readonly plan: PollPlan
  readonly slot: Instant
  expected: number
  received: number
  readings: number
  readonly missed: Partial<Record<MissReason, number>>
  roundsLeft: number
}

/** Adds up the rounds of all channels and tells of each slot once it is over. */
export class RoundTally {
  #channelsOf: ReadonlyMap<PlanId, number> = new Map()
  readonly #report: (summary: RoundSummary) => void
  /** Of each slot of a plan that is not over. */
  readonly #counts = new Map<PlanId, Map<Instant, Count>>()

  constructor(report: (summary: RoundSummary) => void) {
    this.#report = report
  }

  /** How many channels serve each plan; slots that are open already keep their number. */
  count(channelsOf: ReadonlyMap<PlanId, number>): void {
    this.#channelsOf = channelsOf
  }

  opened({ plan, slot, meters }: Round): void {
    const counts = this.#counts.get(plan.id) ?? new Map<Instant, Count>()
    this.#counts.set(plan.id, counts)
    const count = counts.get(slot)
    if (count) {
      count.expected += meters.length
      return
    }
    counts.set(slot, {
      plan,
      slot,
      expected: meters.length,
      received: 0,
      readings: 0,
      missed: {},
      roundsLeft: this.#channelsOf.get(plan.id) ?? 1,
    })
  }

  outcome({ plan, slot, missed }: SlotOutcome, readings: number): void {
    const count = this.#counts.get(plan.id)?.get(slot)
    if (!count) return
    count.readings += readings
    if (missed === null) count.received++
    else count.missed[missed] = (count.missed[missed] ?? 0) + 1
  }

  finished({ plan, slot }: Round): void {
    const counts = this.#counts.get(plan.id)
    const count = counts?.get(slot)
    if (!count) return
    count.roundsLeft--
    if (count.roundsLeft > 0) return
    counts?.delete(slot)
    const { expected, received, missed, readings } = count
    this.#report({ plan: plan.name, slot, expected, received, missed, readings })
  }
}

/** How many channels take part in each plan. */
export function channelsByPlan(
  plans: readonly PollPlan[],
  metersOf: ReadonlyMap<ChannelId, readonly MeterRecord[]>,
): ReadonlyMap<PlanId, number> {
  return new Map(
    plans.map((plan) => {
      const serving = [...metersOf.values()].filter((meters) =>
        meters.some((meter) => takesPart(plan, meter) && meter.channelKind !== 'mqtt'),
      )
      return [plan.id, serving.length]
    }),
  )
}
