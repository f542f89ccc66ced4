import type { Collection, OpenSlot } from '#src/collection'
import { type CivilTime, type Clock, type Instant, instant, minutes } from '#src/core'
import type { Logger } from '#src/observe'
import type { ScheduleLane } from './lanes.ts'
import type { Learned } from './learned.ts'
import { passingMisses, unripeMisses } from './missed.ts'
import { type PolledMeter, type PollPlan, takesPart } from './rounds.ts'
import type { LineSilence } from './silence.ts'
import { slotAfter, slotAt } from './slots.ts'

/** Between two looks at the ledger, however much is missed. */
const LOOK_EVERY = minutes(10)
/** Slots of one plan that one look takes in. */
const SLOTS_MAX = 2_000
/** A slot that was missed so often is left: a day of a meter that is silent and asked every hour. */
const ATTEMPTS_MAX = 30
/** The same where the meter answers, and has nothing of that time. */
const OTHER_TIME_MAX = 8
/** A record that was not there yet is asked for after this, then after twice as long, and so on. */
const RECORD_DELAY = minutes(10)
/** What is not in the ledger by then will not come: the outbox forgets who waits in long outages. */
const UNDER_WAY_MAX = minutes(30)

/** What one visit may still fetch: neighbouring slots of one plan, oldest first. */
export interface Errand {
  readonly plan: PollPlan
  readonly meter: PolledMeter
  readonly slots: readonly Instant[]
}

export interface BacklogOptions {
  /** Most urgent first. */
  readonly plans: readonly PollPlan[]
  readonly meters: readonly PolledMeter[]
  readonly ledger: Pick<Collection, 'open'>
  readonly silence: LineSilence<number>
  readonly learned: Learned
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
}

/** What is of today is more pressing than what is older. */
export type PastLane = Extract<ScheduleLane, 'urgent' | 'backfill'>

/**
 * What the meters of a channel still owe of the past (补采). It is read from the ledger when
 * something was missed, so that a channel where all is well costs no query, and what is stored is
 * never asked for again.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #errands: Record<PastLane, Errand[]> = { urgent: [], backfill: [] }
  #today = Number.NEGATIVE_INFINITY
  #lookAt: number
  #isLooking = false
  /** What was read and has not reached the ledger yet. */
  #underWay = 0
  #sentAt = Number.NEGATIVE_INFINITY
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(options: BacklogOptions) {
    this.#options = options
    this.#lookAt = options.clock.now()
  }

  /** When the ledger should be looked at; infinity while nothing is known to be missing. */
  get lookAt(): number {
    const isBusy = this.has('urgent') || this.has('backfill') || this.#isLooking
    if (isBusy) return Number.POSITIVE_INFINITY
    // What is still on its way to the ledger would be asked for again.
    return this.#underWay > 0 ? Math.max(this.#lookAt, this.#sentAt + UNDER_WAY_MAX) : this.#lookAt
  }

  /** Something was missed, or a meter that was silent is back. */
  missed(): void {
    this.#lookAt = Math.min(this.#lookAt, this.#lookedAt + LOOK_EVERY)
  }

  /** The ledger has more than it had. */
  grown(): void {
    this.#lookAt = this.#options.clock.now()
  }

  /** Something is on its way to the ledger; the returned function says that it is there. */
  sent(allThere: () => void): () => void {
    this.#underWay++
    this.#sentAt = this.#options.clock.now()
    return () => {
      this.#underWay--
      if (this.#underWay === 0) allThere()
    }
  }

  has(lane: PastLane): boolean {
    return this.#errands[lane].length > 0
  }

  /** Takes in what may be asked for now; a database that is away is looked at again later. */
  async look(): Promise<void> {
    const { plans, clock, civil, log } = this.#options
    this.#lookedAt = clock.now()
    this.#lookAt = Number.POSITIVE_INFINITY
    this.#today = civil.startOf(civil.dateOf(clock.now()))
    this.#isLooking = true
    const isUncertain = this.#underWay > 0
    try {
      for (const plan of plans) await this.#lookFor(plan)
    } catch (error) {
      log.error({ event: 'backlog.unread', err: error }, 'what is missing could not be looked up')
      this.missed()
    } finally {
      this.#isLooking = false
      // What was still on its way is seen the next time.
      if (isUncertain) this.missed()
    }
  }

  /** The next errand of a lane to a meter that is not left alone just now. */
  next(lane: PastLane): Errand | undefined {
    const { silence, clock } = this.#options
    const errands = this.#errands[lane]
    const now = clock.now()
    const index = errands.findIndex(({ meter }) => !silence.pausing(meter.id, now))
    const [next] = index < 0 ? [] : errands.splice(index, 1)
    // Those before it are looked up again when their pauses are over.
    for (const { meter } of errands.splice(0, index < 0 ? errands.length : index)) {
      this.#lookAgain(meter)
    }
    return next
  }

  /** Work that could not be done, or what is left of it: it comes next. */
  giveBack(errand: Errand): void {
    this.#of(errand).unshift(errand)
  }

  /** Work that a lost frame may have spoilt: it is tried again behind everything else of its lane. */
  retryLater(errand: Errand): void {
    this.#of(errand).push(errand)
  }

  #of({ slots }: Errand): Errand[] {
    const newest = slots.at(-1) ?? Number.NEGATIVE_INFINITY
    return this.#errands[newest >= this.#today ? 'urgent' : 'backfill']
  }

  /** No round may come for a day: whoever is left alone now is looked for when the pause ends. */
  #lookAgain({ id }: PolledMeter): void {
    const earliest = this.#lookedAt + LOOK_EVERY
    const again = Math.max(this.#options.silence.until(id), earliest)
    this.#lookAt = Math.min(this.#lookAt, again)
  }

  async #lookFor(plan: PollPlan): Promise<void> {
    const { meters, ledger, silence, learned, clock, civil } = this.#options
    const { catchUp } = plan
    if (!catchUp) return
    const now = clock.now()
    const asked: PolledMeter[] = []
    for (const meter of meters) {
      if (!takesPart(plan, meter)) continue
      if (silence.pausing(meter.id, now)) this.#lookAgain(meter)
      else asked.push(meter)
    }
    if (asked.length === 0) return
    const slots = await ledger.open({
      planId: plan.id,
      meterIds: asked.map(({ id }) => id),
      from: instant(now - catchUp.span),
      to: slotAt(plan, now, civil),
      reasons: passingMisses,
      attemptsMax: ATTEMPTS_MAX,
      limit: SLOTS_MAX,
    })
    if (slots.length === SLOTS_MAX) this.#lookAt = now
    const ripe = slots.filter((slot) => this.#isRipe(slot))
    const slotsMax = (meter: PolledMeter) => learned.of(meter.id).slotsMax(catchUp.slotsMax)
    const isTrial = (meter: PolledMeter) => silence.failing(meter.id)
    for (const errand of errandsOf(plan, { slotsMax, isTrial }, asked, ripe, civil)) {
      this.retryLater(errand)
    }
  }

  /** A record that was not there when it was asked for is given more time with each attempt. */
  #isRipe({ reason, attempts, slotStart }: OpenSlot): boolean {
    if (!unripeMisses.includes(reason)) return true
    if (attempts >= OTHER_TIME_MAX) return false
    const ripeAt = slotStart + RECORD_DELAY * 2 ** attempts
    if (ripeAt <= this.#options.clock.now()) return true
    this.#lookAt = Math.min(this.#lookAt, Math.max(ripeAt, this.#lookedAt + LOOK_EVERY))
    return false
  }
}

interface Manner {
  readonly slotsMax: (meter: PolledMeter) => number
  /** Whether it is only tried with its newest slot, since it was silent. */
  readonly isTrial: (meter: PolledMeter) => boolean
}

/** Slots, newest first, as visits that each fetch neighbours. */
function errandsOf(
  plan: PollPlan,
  { slotsMax, isTrial }: Manner,
  meters: readonly PolledMeter[],
  slots: readonly OpenSlot[],
  civil: CivilTime,
): readonly Errand[] {
  const slotsOf = Map.groupBy(slots, ({ meterId }) => meterId)
  const errands: Errand[] = []
  for (const meter of meters) {
    let run: Instant[] = []
    const most = slotsMax(meter)
    const all = slotsOf.get(meter.id) ?? []
    // Its other slots keep their attempts for when it is back.
    for (const { slotStart } of isTrial(meter) ? all.slice(0, 1) : all) {
      const [oldest] = run
      const isNext = oldest !== undefined && slotAfter(plan, slotStart, civil) === oldest
      if (isNext && run.length < most) {
        run.unshift(slotStart)
        continue
      }
      if (run.length > 0) errands.push({ plan, meter, slots: run })
      run = [slotStart]
    }
    if (run.length > 0) errands.push({ plan, meter, slots: run })
  }
  const beginningOf = ({ slots }: Errand) => slots[0] ?? 0
  return errands.sort((left, right) => beginningOf(right) - beginningOf(left))
}
