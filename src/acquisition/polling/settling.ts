import type { Slot, SlotOutcome } from '#src/collection'
import type { CivilTime, Instant, MeterId } from '#src/core'
import { momentOf, stampOf } from '../intake/index.ts'
import { broughtBy, type MeterReadout } from '../readers/index.ts'
import { type MissReason, missedReason } from './missed.ts'
import type { PollPlan } from './rounds.ts'
import { slotHolding } from './slots.ts'

/** One visit to a meter, as far as the ledger is concerned. */
export interface Settled {
  readonly plan: PollPlan
  readonly meterId: MeterId
  /** The slots it was for. */
  readonly slots: readonly Instant[]
  /** What was asked; the first item is what the slots are for. */
  readonly items: readonly string[]
  readonly readout: MeterReadout
  readonly at: Instant
  /**
   * What becomes of a slot when the meter answered with values of other times only: null leaves it
   * open, since the record may not be written yet.
   */
  readonly elsewhere: MissReason | null
}

/**
 * What a visit says of the slots of its plan. Values of the past carry their time, so each fills
 * the slot that it belongs to, also one that this visit was not for; a present value fills the
 * slot it was asked in.
 */
export function settleVisit(visit: Settled, civil: CivilTime): readonly SlotOutcome[] {
  const { plan, meterId, slots, items, readout, at, elsewhere } = visit
  const missed = missedReason(items, readout)
  const slotOf = (slotStart: Instant): Slot => ({ planId: plan.id, meterId, slotStart })
  if (missed !== null) return slots.map((slot) => missing(slotOf(slot), missed))
  const told = plan.catchUp ? slotsTold(visit, civil) : new Set(slots)
  const outcomes: SlotOutcome[] = []
  for (const slot of slots) {
    if (told.delete(slot)) {
      outcomes.push({ ...slotOf(slot), attempts: 1, kind: 'answered', answeredAt: at })
    } else if (elsewhere !== null) outcomes.push(missing(slotOf(slot), elsewhere))
  }
  for (const slot of told) {
    outcomes.push({ ...slotOf(slot), attempts: 0, kind: 'found', answeredAt: at })
  }
  return outcomes
}

/** True where a visit brought nothing of the time of one of its slots. */
export function isElsewhere(
  visit: Pick<Settled, 'plan' | 'slots' | 'items' | 'readout'>,
  civil: CivilTime,
): boolean {
  const told = slotsTold(visit, civil)
  return visit.slots.some((slot) => !told.has(slot))
}

/** A slot that nothing was read for. */
export function missing(slot: Slot, reason: MissReason): SlotOutcome {
  return { ...slot, attempts: 1, kind: 'missing', reason }
}

/** The slots that values of the first item belong to, by the meter's word. */
function slotsTold(
  { plan, items, readout }: Pick<Settled, 'plan' | 'items' | 'readout'>,
  civil: CivilTime,
): Set<Instant> {
  const [first = ''] = items
  const told = new Set<Instant>()
  for (const reading of readout.readings) {
    if (reading.value.kind === 'missing' || !broughtBy([reading], first)) continue
    const stamp = stampOf(readout.readings, reading)
    const moment = stamp === null ? undefined : momentOf(stamp, civil)
    if (moment !== undefined) told.add(slotHolding(plan, moment, civil))
  }
  return told
}
