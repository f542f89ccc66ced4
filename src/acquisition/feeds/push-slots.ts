import type { ProtocolName, Reading } from '#protocols/model'
import type { SlotOutcome } from '#src/collection'
import {
  type CivilTime,
  type Clock,
  type Instant,
  type MeterId,
  milliseconds,
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
} from '../polling/index.ts'

/** Protocols whose devices report by themselves and are never asked. */
export const pushProtocols: readonly ProtocolName[] = ['mqtt']

/** The running slot of one plan, and who has not reported in it yet. */
interface RunningSlot {
  readonly plan: PollPlan
  readonly slot: Instant
  readonly waiting: Set<MeterId>
}

export interface PushSlotsOptions {
  /** Those of protocols whose devices report by themselves. */
  readonly plans: readonly PollPlan[]
  /** Who should report now. */
  readonly meters: () => Iterable<PolledMeter>
  readonly intake: Pick<Intake, 'expect' | 'settled'>
  readonly clock: Clock
  readonly civil: CivilTime
}

/**
 * Expects of each meter that reports by itself one report a cycle: the first one fills the slot,
 * and a slot that ends without any is missing.
 */
export class PushSlots {
  readonly #options: PushSlotsOptions
  readonly #running = new Map<PollPlan, RunningSlot>()

  constructor(options: PushSlotsOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.plans.map((plan) => this.#follow(plan, signal)))
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

  async #follow(plan: PollPlan, signal: AbortSignal): Promise<void> {
    const { clock, civil } = this.#options
    let due = firstDue(plan, clock.now(), civil)
    for (;;) {
      if (!(await this.#until(due, signal))) return
      const slot = slotAt(plan, clock.now(), civil)
      due = slotAfter(plan, slot, civil)
      await this.#open(plan, slot, due)
      if (!(await this.#until(due, signal))) return
      await this.#close(plan)
    }
  }

  #until(moment: Instant, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    return sleep(clock, milliseconds(Math.max(0, moment - clock.now())), signal)
  }

  async #open(plan: PollPlan, slot: Instant, due: Instant): Promise<void> {
    const { meters, intake } = this.#options
    const waiting = new Set<MeterId>()
    for (const { id, protocol } of meters()) if (protocol === plan.protocol) waiting.add(id)
    this.#running.set(plan, { plan, slot, waiting })
    const slots = [...waiting].map((meterId) => {
      return { planId: plan.id, meterId, slotStart: slot, due }
    })
    if (slots.length > 0) await intake.expect(slots)
  }

  async #close(plan: PollPlan): Promise<void> {
    const running = this.#running.get(plan)
    this.#running.delete(plan)
    if (!running) return
    const silent = [...running.waiting].map((meterId) =>
      missing({ planId: plan.id, meterId, slotStart: running.slot }, 'silent'),
    )
    if (silent.length > 0) await this.#options.intake.settled(silent)
  }
}

function isFor(plan: PollPlan, { item, value }: Reading): boolean {
  return item !== null && value.kind !== 'missing' && plan.items.includes(item)
}
