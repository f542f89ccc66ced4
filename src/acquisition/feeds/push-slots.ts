import type { ProtocolName, Reading } from '#protocols/model'
import type { PlanId, SlotOutcome } from '#src/collection'
import {
  type CivilTime,
  type Clock,
  type Instant,
  type MeterId,
  milliseconds,
  minutes,
  sleep,
} from '#src/core'
import type { Intake } from '../intake/index.ts'
import {
  firstDue,
  missing,
  type PolledMeter,
  type PollPlan,
  slotAfter,
  slotAt,
  takesPart,
} from '../polling/index.ts'

/** Protocols whose devices report by themselves and are never asked. */
export const pushProtocols: readonly ProtocolName[] = ['mqtt']

/** How soon other plans are noticed. */
const LOOK_EVERY = minutes(1)

/** The running slot of one plan, and who has not reported in it yet. */
interface RunningSlot {
  readonly plan: PollPlan
  readonly slot: Instant
  readonly due: Instant
  readonly waiting: Set<MeterId>
}

export interface PushSlotsOptions {
  /** Those of protocols whose devices report by themselves, as they are now. */
  readonly plans: () => readonly PollPlan[]
  /** Who should report now. */
  readonly meters: () => Iterable<PolledMeter>
  readonly intake: Pick<Intake, 'settled'>
  readonly clock: Clock
  readonly civil: CivilTime
}

/**
 * Expects of each meter that reports by itself one report a cycle: the first one fills the slot,
 * and a slot that ends without any is missing.
 */
export class PushSlots {
  readonly #options: PushSlotsOptions
  readonly #running = new Map<PlanId, RunningSlot>()
  /** When the first slot of each plan begins. */
  readonly #begun = new Map<PlanId, Instant>()

  constructor(options: PushSlotsOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const next = await this.#turn(clock.now())
      const pause = Math.max(0, Math.min(next - clock.now(), LOOK_EVERY))
      await sleep(clock, milliseconds(pause), signal)
    }
  }

  /** The slots that this report fills. */
  heard(meterId: MeterId, readings: readonly Reading[]): readonly SlotOutcome[] {
    const answeredAt = this.#options.clock.now()
    const outcomes: SlotOutcome[] = []
    for (const { plan, slot, waiting } of this.#running.values()) {
      if (!waiting.has(meterId) || !readings.some((reading) => isFor(plan, reading))) continue
      waiting.delete(meterId)
      const key = { planId: plan.id, meterId, slotStart: slot }
      outcomes.push({ ...key, attempts: 0, kind: 'answered', answeredAt })
    }
    return outcomes
  }

  /** Ends and begins what is to; returns when that comes next. */
  async #turn(now: Instant): Promise<number> {
    const { plans, civil } = this.#options
    const held = new Map(plans().map((plan) => [plan.id, plan]))
    for (const [id, running] of this.#running) {
      if (now < running.due && held.has(id)) continue
      this.#running.delete(id)
      // Of a plan that is gone the ledger itself says how its slots end.
      if (held.has(id)) await this.#close(running)
    }
    let next = Number.POSITIVE_INFINITY
    for (const plan of held.values()) {
      const running = this.#running.get(plan.id)
      // After a first slot that was left out, each follows the one before.
      const begins = this.#begun.get(plan.id) ?? firstDue(plan, now, civil)
      this.#begun.set(plan.id, begins)
      if (!running && now >= begins) this.#open(plan, slotAt(plan, now, civil))
      next = Math.min(next, this.#running.get(plan.id)?.due ?? begins)
    }
    return next
  }

  #open(plan: PollPlan, slot: Instant): void {
    const waiting = new Set<MeterId>()
    for (const meter of this.#options.meters()) {
      if (takesPart(plan, meter)) waiting.add(meter.id)
    }
    const due = slotAfter(plan, slot, this.#options.civil)
    this.#running.set(plan.id, { plan, slot, due, waiting })
  }

  async #close({ plan, slot, waiting }: RunningSlot): Promise<void> {
    const silent = [...waiting].map((meterId) =>
      missing({ planId: plan.id, meterId, slotStart: slot }, 'silent'),
    )
    if (silent.length > 0) await this.#options.intake.settled(silent)
  }
}

function isFor(plan: PollPlan, { item, value }: Reading): boolean {
  return item !== null && value.kind !== 'missing' && plan.items.includes(item)
}
