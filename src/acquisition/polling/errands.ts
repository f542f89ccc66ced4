import type { CivilTime, Clock } from '#src/core'
import type { MeterReadout } from '../readers/index.ts'
import type { Backlog, Errand } from './backlog.ts'
import { itemsOf } from './catch-up.ts'
import type { Habits } from './learned.ts'
import { isFailing, isOfTheLine, missedReason } from './missed.ts'
import type { WorkerObserver } from './observer.ts'
import { isElsewhere } from './settling.ts'

interface ErrandOptions {
  readonly backlog: Backlog
  readonly clock: Clock
  readonly civil: CivilTime
  readonly observer: Pick<WorkerObserver, 'caughtUp'>
  readonly habits: Habits
  /** Whether the meter failed the last time it was asked. */
  readonly wasFailing: boolean
  readonly read: (items: readonly string[]) => Promise<MeterReadout>
  /** Something goes to the ledger; the returned function is called when it is there. */
  readonly sent: () => () => void
}

/** Carries out one errand; what the visit could not settle goes back to the backlog. */
export async function runErrand(
  errand: Errand,
  { backlog, clock, civil, observer, habits, wasFailing, read, sent }: ErrandOptions,
): Promise<MeterReadout> {
  const items = itemsOf(errand, clock.now(), civil)
  const readout = await read(items)
  if (isOfTheLine(readout)) {
    backlog.giveBack(errand)
    return readout
  }
  if (isFailing(readout) && !wasFailing) {
    habits.lost(errand.slots.length)
    for (const part of parted(errand)) backlog.retryLater(part)
    return readout
  }
  if (!readout.failure) habits.whole(errand.slots.length)
  const [first, ...others] = errand.slots
  const missed = missedReason(items, readout)
  const isRefused = missed === 'refused'
  if (first === undefined || others.length === 0 || !isRefused) {
    await observer.caughtUp(errand, items, readout, sent())
    // Of who was silent only this was asked for.
    const isDone =
      missed === null && !wasFailing && !isElsewhere({ ...errand, items, readout }, civil)
    if (!isDone) backlog.missed()
    return readout
  }
  // Only the oldest record may be gone: the others are asked for without it.
  backlog.giveBack({ ...errand, slots: others })
  await observer.caughtUp({ ...errand, slots: [first] }, items, readout, sent())
  return readout
}

/** The newer half first: what was too long to get through comes in two. */
function parted(errand: Errand): readonly Errand[] {
  const { slots } = errand
  if (slots.length < 2) return [errand]
  const middle = Math.ceil(slots.length / 2)
  return [slots.slice(middle), slots.slice(0, middle)].map((some) => ({ ...errand, slots: some }))
}
