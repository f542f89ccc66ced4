import type { DeviceEvent } from '#protocols/model'
import type { Collection, LedgerTask, PlanId, SlotEnd } from '#src/collection'
import {
  type BusinessDate,
  type CivilTime,
  type Clock,
  type Duration,
  hours,
  type Instant,
  instant,
  milliseconds,
  minutes,
  seconds,
  sleep,
} from '#src/core'
import type { Logger } from '#src/observe'
import type { Happenings, Intake } from '../intake/index.ts'
import type { MeterReadout } from '../readers/index.ts'
import type { Errand } from './backlog.ts'
import { terminalOf } from './event-visits.ts'
import type { SlotOutcome } from './observer.ts'
import { firstDue, type PolledMeter, type PollPlan } from './rounds.ts'
import { missing, settleVisit } from './settling.ts'
import { slotAfter, slotAt } from './slots.ts'

/** Slots are written down this long before they begin; those of a short cycle a fraction of it. */
const AHEAD_MAX: Duration = minutes(1)
const AHEAD_SHARE = 15
/** What nobody can fetch any more is written down as well, so far back: the outage is seen. */
const OUTAGE_SPAN: Duration = hours(24)
const OUTAGE_SLOTS_MAX = 1_500
/** Between two times of ending what is past help. */
const CLOSE_EVERY = minutes(60)
const LOOK_EVERY = minutes(1)
const LOOK_SOONEST = milliseconds(100)
const RETRY = seconds(10)

export interface LedgerOptions {
  readonly intake: Pick<Intake, 'visited'>
  readonly happenings: Pick<Happenings, 'placed'>
  readonly collection: Pick<Collection, 'follow' | 'advance' | 'close'>
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
}

/** Who wants to know what the ledger sees. */
export interface LedgerWatch {
  /** There is more of the past to fetch. */
  readonly grown: () => void
  /** Other tasks may hold on the new day. */
  readonly dayBegan: () => Promise<unknown>
}

/** Keeps the ledger of what should come and what did (采集台账) true, also over a stop. */
export class Ledger {
  readonly #options: LedgerOptions
  #plans: readonly PollPlan[] = []
  /** The next slot of each task that is not written down yet. */
  readonly #next = new Map<PlanId, Instant>()
  #today: BusinessDate | null = null
  #rouse: () => void = () => {}

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  /** Takes in the tasks of today, and who is in the archive now. */
  async follow(plans: readonly PollPlan[]): Promise<void> {
    const { collection, clock, civil } = this.#options
    const now = clock.now()
    await collection.follow(
      plans.map((plan) => this.#taskOf(plan, now)),
      now,
    )
    this.#plans = plans
    this.#today = civil.dateOf(now)
    this.#next.clear()
    this.#rouse()
  }

  /** Writes what became of a meter in a round; returns how many readings it brought. */
  async outcome(outcome: SlotOutcome, settled: () => void): Promise<number> {
    const { plan, slot, meter, readout, missed } = outcome
    const { intake, clock, civil } = this.#options
    const key = { planId: plan.id, meterId: meter.id, slotStart: slot }
    const visit = { plan, meterId: meter.id, slots: [slot], items: plan.items, at: clock.now() }
    const outcomes = readout
      ? settleVisit({ ...visit, readout, elsewhere: missed }, civil)
      : missed === null
        ? []
        : [missing(key, missed)]
    const readings = readout?.readings ?? []
    const events = readout?.events ? this.#eventsOf(meter, readout.events) : []
    const frames = readout?.frames ?? []
    const told = { readings, source: 'poll', outcomes, events, frames } as const
    const visited = { meterId: meter.id, ...told }
    return await intake.visited(visited, { committed: settled })
  }

  /** Those that a terminal told for a meter may be of others. */
  #eventsOf({ id, protocol, address }: PolledMeter, events: readonly DeviceEvent[]) {
    const source = 'pull' as const
    const isOwn = terminalOf({ protocol, address }) === null
    const teller = isOwn
      ? { protocol, address, source, meterId: id }
      : { protocol, address: address.replace(/\/.*$/, ''), source }
    return this.#options.happenings.placed(events, teller).records
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
    const { readings, frames = [] } = readout
    await intake.visited(
      { meterId: meter.id, readings, source: 'poll', outcomes, frames },
      { committed: settled },
    )
  }

  /**
   * Writes down what becomes due a little ahead, at first also what became due while we were not
   * running, and ends what cannot come any more.
   */
  async keep({ grown, dayBegan }: LedgerWatch, signal: AbortSignal): Promise<void> {
    const { clock, civil } = this.#options
    const startedAt = clock.now()
    let closeAt = startedAt
    let isFirst = true
    while (!signal.aborted) {
      if (this.#today !== civil.dateOf(clock.now())) await dayBegan()
      const isDone = await this.#tried(() => this.#advance(signal))
      if (isDone && clock.now() >= closeAt) {
        await this.#tried(() => this.#closeWhatIsLost(startedAt))
        closeAt = instant(clock.now() + CLOSE_EVERY)
      }
      if (isDone && isFirst) {
        isFirst = false
        grown()
      }
      await this.#rest(isDone ? this.#untilNext() : RETRY, signal)
    }
  }

  async #advance(signal: AbortSignal): Promise<void> {
    const { collection, clock, civil } = this.#options
    for (const plan of this.#plans) {
      const now = clock.now()
      const to = instant(now + ahead(plan) + 1)
      const next = this.#next.get(plan.id)
      if (next !== undefined && next >= to) continue
      const reached = await collection.advance(this.#taskOf(plan, now), to, signal)
      if (reached !== null) this.#next.set(plan.id, slotAfter(plan, instant(reached - 1), civil))
    }
  }

  #taskOf(plan: PollPlan, now: Instant): LedgerTask {
    const { civil } = this.#options
    const { id, cycle, offset, catchUp } = plan
    const outage = Math.min(OUTAGE_SPAN, OUTAGE_SLOTS_MAX * cycle)
    return {
      planId: id,
      cycleSeconds: Math.max(1, Math.round(cycle / seconds(1))),
      offsetSeconds: Math.round(offset / seconds(1)),
      first: firstDue(plan, now, civil),
      next: slotAfter(plan, now, civil),
      reach: instant(now - (catchUp?.span ?? outage)),
      slots: (from, to, most) => slotsBetween(plan, { from, to, most }, civil),
    }
  }

  #untilNext(): Duration {
    const { clock } = this.#options
    const wakeAt = this.#plans.map((plan) => {
      const next = this.#next.get(plan.id)
      return next === undefined ? Number.POSITIVE_INFINITY : next - ahead(plan)
    })
    const waitMs = Math.min(...wakeAt, clock.now() + LOOK_EVERY) - clock.now()
    return milliseconds(Math.max(LOOK_SOONEST, waitMs))
  }

  async #rest(pause: Duration, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    this.#rouse = () => woken.abort()
    await sleep(this.#options.clock, pause, AbortSignal.any([signal, woken.signal]))
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

  /**
   * `startedAt`: present values that were being asked before it were cut off by the stop; of those
   * since, a slot that two more have followed is asked by nobody any more.
   */
  async #closeWhatIsLost(startedAt: Instant): Promise<void> {
    const { collection, clock, civil } = this.#options
    const now = clock.now()
    const ends = this.#plans.map((plan): SlotEnd => {
      const { id: planId, catchUp, cycle } = plan
      if (catchUp) return { planId, before: instant(now - catchUp.span), reason: 'expired' }
      const overtaken = slotAt(plan, instant(now - 2 * cycle), civil)
      const before = instant(Math.max(firstDue(plan, startedAt, civil), overtaken))
      return { planId, before, reason: 'stopped' }
    })
    await collection.close(ends, now)
  }
}

/** Whole milliseconds: a cycle need not be a multiple of the share. */
const ahead = ({ cycle }: PollPlan): number => Math.min(AHEAD_MAX, Math.floor(cycle / AHEAD_SHARE))

/** When the slots of a plan begin in a time, oldest first, and at most so many. */
export function slotsBetween(
  plan: Pick<PollPlan, 'cycle' | 'offset'>,
  { from, to, most }: { readonly from: Instant; readonly to: Instant; readonly most: number },
  civil: CivilTime,
): readonly Instant[] {
  const starts: Instant[] = []
  let start = slotAfter(plan, instant(from - 1), civil)
  while (start < to && starts.length < most) {
    starts.push(start)
    start = slotAfter(plan, start, civil)
  }
  return starts
}
