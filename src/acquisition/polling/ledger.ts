import type { Collection, ExpectedSlot, SlotEnd } from '#src/collection'
import { type CivilTime, type Clock, type Instant, instant, minutes, sleep } from '#src/core'
import type { Logger } from '#src/observe'
import type { Intake } from '../intake/index.ts'
import type { MeterReadout } from '../readers/index.ts'
import type { Errand } from './backlog.ts'
import type { SlotOutcome } from './observer.ts'
import { firstDue, type PolledMeter, type PollPlan, type Round } from './rounds.ts'
import { missing, settleVisit } from './settling.ts'
import { slotAfter, slotAt } from './slots.ts'

/** Meters whose gaps are looked for in one query. */
const METERS_AT_ONCE = 200
/** Slots that go to the database in one statement. */
const SLOTS_AT_ONCE = 5_000
/** Between two times of ending what is past help. */
const CLOSE_EVERY = minutes(60)
const RETRY = minutes(1)

export interface LedgerOptions {
  readonly intake: Pick<Intake, 'visited' | 'expect'>
  readonly collection: Pick<Collection, 'expect' | 'gaps' | 'close'>
  readonly plans: readonly PollPlan[]
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
}

/** Keeps the ledger of what should come and what did (采集台账) true, also over a stop. */
export class Ledger {
  readonly #options: LedgerOptions

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  opened({ plan, slot, meters }: Round): void {
    const due = slotAfter(plan, slot, this.#options.civil)
    const slots = meters.map(({ id }) => {
      return { planId: plan.id, meterId: id, slotStart: slot, due }
    })
    void this.#options.intake.expect(slots)
  }

  /** Writes what became of a meter in a round; returns how many readings it brought. */
  async outcome(outcome: SlotOutcome, settled: () => void): Promise<number> {
    const { plan, slot, meter, readout, missed } = outcome
    const { intake, clock, civil } = this.#options
    const key = { planId: plan.id, meterId: meter.id, slotStart: slot }
    const visit = { plan, meterId: meter.id, slots: [slot], items: plan.items, at: clock.now() }
    const outcomes = readout
      ? settleVisit({ ...visit, readout, elsewhere: null }, civil)
      : missed === null
        ? []
        : [missing(key, missed)]
    const readings = readout?.readings ?? []
    const visited = { meterId: meter.id, readings, source: 'poll', outcomes } as const
    return await intake.visited(visited, { committed: settled })
  }

  async caughtUp(
    errand: Errand,
    items: readonly string[],
    readout: MeterReadout,
    settled: () => void,
  ): Promise<void> {
    const { intake, clock, civil } = this.#options
    const { plan, meter, slots } = errand
    const visit = { plan, meterId: meter.id, slots, items, readout, at: clock.now() }
    const outcomes = settleVisit({ ...visit, elsewhere: 'other-time' }, civil)
    const { readings } = readout
    await intake.visited({ meterId: meter.id, readings, source: 'poll', outcomes }, { committed: settled })
  }

  /**
   * Writes down what became due while we were not running, as far as it can still be had, and from
   * then on ends what cannot come any more. Tells when there is more to fetch.
   */
  async keep(
    meters: readonly PolledMeter[],
    grown: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options
    const startedAt = clock.now()
    while (!(await this.#tried(() => this.#fillGaps(meters, startedAt, signal)))) {
      if (!(await sleep(clock, RETRY, signal))) return
    }
    grown()
    do {
      await this.#tried(() => this.#closeWhatIsLost(startedAt))
    } while (await sleep(clock, CLOSE_EVERY, signal))
  }

  async #tried(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      // The ledger says what it said before; it is put right when the database is back.
      this.#options.log.error({ event: 'ledger.failed', err: error }, 'will be tried again')
      return false
    }
  }

  async #fillGaps(meters: readonly PolledMeter[], now: Instant, signal: AbortSignal) {
    for (const plan of this.#options.plans) {
      if (!plan.catchUp) continue
      const ids = meters.filter(({ protocol }) => protocol === plan.protocol).map(({ id }) => id)
      for (let from = 0; from < ids.length; from += METERS_AT_ONCE) {
        if (signal.aborted) return
        await this.#fillGapsOf(plan, plan.catchUp.span, ids.slice(from, from + METERS_AT_ONCE), now)
      }
    }
  }

  async #fillGapsOf(
    plan: PollPlan,
    span: number,
    meterIds: readonly PolledMeter['id'][],
    now: Instant,
  ): Promise<void> {
    const { collection, civil } = this.#options
    const { id: planId, cycle } = plan
    const from = instant(now - span)
    const to = slotAt(plan, now, civil)
    let slots: ExpectedSlot[] = []
    for (const gap of await collection.gaps({ planId, meterIds, from, to, cycle })) {
      let slotStart = slotAfter(plan, gap.after, civil)
      while (slotStart < gap.before) {
        const due = slotAfter(plan, slotStart, civil)
        slots.push({ planId, meterId: gap.meterId, slotStart, due })
        slotStart = due
      }
      if (slots.length < SLOTS_AT_ONCE) continue
      await collection.expect(slots)
      slots = []
    }
    if (slots.length > 0) await collection.expect(slots)
  }

  /** `startedAt`: present values that were being asked before it were cut off by the stop. */
  async #closeWhatIsLost(startedAt: Instant): Promise<void> {
    const { collection, plans, clock, civil } = this.#options
    const now = clock.now()
    const ends = plans.map((plan): SlotEnd => {
      const { id: planId, catchUp } = plan
      return catchUp
        ? { planId, before: instant(now - catchUp.span), reason: 'expired' }
        : { planId, before: firstDue(plan, startedAt, civil), reason: 'stopped' }
    })
    await collection.close(ends, now)
  }
}
