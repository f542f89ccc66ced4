import { fail, type Instant, instant, minutes, ok, type Result, seconds, sleep } from '#src/core'
import type { Doubts } from './book.ts'
import type { ClockOptions } from './clocks.ts'
import {
  endCorrection,
  isBroadcastDue,
  isOutdated,
  markSending,
  selectReady,
  writeWaiting,
} from './correction-queries.ts'
import type { Heard } from './heard.ts'
import {
  claimDue,
  followDevice,
  followDevices,
  type MeasuredRow,
  selectDue,
  selectPolicy,
  selectState,
  writeFailure,
  writeMeasurements,
} from './queries.ts'
import {
  atOnce,
  clockRules,
  isClear,
  isDoubtful,
  isTaken,
  type Measured,
  verdictOf,
} from './rules.ts'
import type {
  ClockDevice,
  ClockFailure,
  ClockRefusal,
  ClockSilence,
  ClockState,
  Correction,
} from './types.ts'
import { markUnknown, openUnknown, unknownOfMeters } from './unknown-queries.ts'
import { hostDoubtful, nearBoundary, notTaken, toldToday, unreadable } from './words.ts'
import { isWornOut } from './worn-out.ts'

const LOOK_EVERY = seconds(20)
/** Clocks measured at the same time; one for each channel. */
const MEASURED_AT_ONCE = 256
const CORRECTED_AT_ONCE = 64
const FOLLOW_EVERY = minutes(10)
/** Meters whose turn it is at a time: a week of a million has fewer a day. */
const DUE_MAX = 200_000
const HEARD_AT_ONCE = 5_000
/** A device that has no clock, or tells nobody, is asked again in a week. */
const keptToItself: ReadonlySet<string> = new Set(['field.refused', 'field.no-clock'])
/** What cannot go now lets the others of its channel go first. */
const WAITING = minutes(1)
const SILENT = minutes(10)
/** One channel may have to wait for its turn; then the next look takes the device again. */
const FAILURES_PATIENT = 7

interface RunnerOptions extends ClockOptions {
  readonly doubts: Doubts
  readonly heard: Heard
  readonly propose: (device: ClockDevice, at: Instant) => Promise<Result<Correction, ClockRefusal>>
}

/** Measures whose turn it is, and carries out what was approved, one for each channel at a time. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #stop = new AbortController()
  readonly #busy = new Map<number, Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  #rest = new AbortController()
  #followAt = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#busy.values())
  }

  /** Somebody waits for what was just asked for. */
  stir(): void {
    this.#rest.abort()
  }

  async once(): Promise<void> {
    await this.#look()
    await Promise.all(this.#busy.values())
  }

  async #run(): Promise<void> {
    const { clock, report } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      this.#rest = new AbortController()
      // The database may be away for a while; the next look finds what is due then.
      await this.#look().catch((error: unknown) => report({ event: 'clocks.failed', error }))
      await sleep(clock, LOOK_EVERY, AbortSignal.any([signal, this.#rest.signal]))
    }
  }

  async #look(): Promise<void> {
    const { db, clock } = this.#options
    const now = clock.now()
    const isFirst = this.#followAt === 0
    if (now >= this.#followAt) {
      await followDevices(db, now, clockRules.measureEvery.good)
      this.#options.heard.load(await selectDue(db, now, DUE_MAX))
      this.#followAt = now + FOLLOW_EVERY
    }
    await this.#listen()
    // Nobody works on these any more: their clocks are read before anything else.
    // Who was just about to be read when a process died is read first by the next.
    const patient = instant(now + clockRules.measureEvery.failed * FAILURES_PATIENT)
    const times = { atOnce: atOnce(now), farOff: isFirst ? atOnce(now) : patient }
    await markUnknown(db, [...this.#busy.keys()], times)
    const ready = await selectReady(db, now, [...this.#busy.keys()], CORRECTED_AT_ONCE)
    const isRight = ready.length > 0 && (await this.#isHostRight())
    const isToGo = (one: Correction) => isRight && isClear(now, one.offsetMs, this.#options.civil)
    for (const one of ready.filter(isToGo)) {
      this.#begin(one.channelId, () => this.#correct(one))
    }
    const waiting = ready.filter((one) => !isToGo(one)).map(({ id }) => id)
    await writeWaiting(db, waiting, isRight ? nearBoundary : hostDoubtful, instant(now + WAITING))
    const room = MEASURED_AT_ONCE - this.#busy.size
    if (room <= 0) return
    const waits = { retryMs: clockRules.measureEvery.failed, patienceMs: clockRules.patience }
    const due = await claimDue(db, now, waits, [...this.#busy.keys()], room)
    for (const one of due) this.#begin(one.channelId, () => this.#measure(one))
  }

  /** What visits told by the way: written down together, and only those that are off looked at. */
  async #listen(): Promise<void> {
    const { db, doubts, heard } = this.#options
    const told = heard.take(HEARD_AT_ONCE)
    if (told.length === 0) return
    const rows = told.map(([id, measured]) =>
      this.#rowOf({ kind: 'meter', id }, measured, 'reading'),
    )
    await writeMeasurements(db, rows)
    const unknown = await unknownOfMeters(db)
    for (const row of rows) {
      doubts.noted(row.id, row.isDoubtful, row.measuredAt)
      const open = unknown.get(row.id)
      if (open !== undefined) await this.#settle(open, null, row)
      else await this.#judge(row, row)
    }
  }

  async #isHostRight(): Promise<boolean> {
    const { db, isHostRight, report } = this.#options
    if ((await selectPolicy(db)).trustHost || (await isHostRight())) return true
    report({ event: 'clocks.host-doubtful' })
    return false
  }

  #begin(channel: number, work: () => Promise<void>): void {
    const ended = work()
      // What was being corrected stays `sending`: it is measured, and never sent again.
      .catch((error: unknown) => this.#options.report({ event: 'clocks.failed', error }))
      .finally(() => this.#busy.delete(channel))
    this.#busy.set(channel, ended)
  }

  /** For somebody who waits, and who decides what comes of it. */
  async measureFor(device: ClockDevice): Promise<Result<ClockState, 'not-found' | ClockSilence>> {
    const { db, clock, talk } = this.#options
    await followDevice(db, device, clock.now())
    if (!(await selectState(db, device))) return fail('not-found')
    const measured = await talk.measure(device)
    if (!measured.ok) return fail({ ...measured.error, kind: 'field' })
    await this.#note(device, measured.value, 'order')
    const after = await selectState(db, device)
    return after ? ok(after) : fail('not-found')
  }

  async #measure(state: ClockState): Promise<void> {
    const { db, clock, talk } = this.#options
    const measured = await talk.measure(state)
    if (!measured.ok) {
      const times = Math.min(state.failures + 1, FAILURES_PATIENT)
      const { failed, good } = clockRules.measureEvery
      const pause = keptToItself.has(measured.error.code) ? good : failed * times
      const next = instant(clock.now() + pause)
      return await writeFailure(db, state, measured.error.code, next)
    }
    await this.#note(state, measured.value, 'scheduled')
    const unknown = await openUnknown(db, state)
    if (unknown !== undefined) return await this.#settle(unknown, null, measured.value)
    await this.#judge(state, measured.value)
  }

  /** Work for a clock that is off, and none for any other. */
  async #judge(device: ClockDevice, measured: Measured): Promise<void> {
    const { clock, propose } = this.#options
    const verdict = verdictOf(device.kind, measured)
    if (verdict === 'good' || verdict === 'watched') return
    if (await isWornOut(this.#options, device, measured)) return
    await propose(device, clock.now())
  }

  async #note(device: ClockDevice, measured: Measured, source: 'scheduled' | 'order') {
    const { db, doubts } = this.#options
    const row = this.#rowOf(device, measured, source)
    await writeMeasurements(db, [row])
    if (row.kind === 'meter') doubts.noted(row.id, row.isDoubtful, row.measuredAt)
  }

  #rowOf(
    { kind, id }: ClockDevice,
    measured: Measured,
    source: MeasuredRow['source'],
  ): MeasuredRow {
    const isGood = verdictOf(kind, measured) === 'good'
    const every = clockRules.measureEvery[isGood ? 'good' : 'doubtful']
    const nextAt = instant(measured.measuredAt + every)
    return { ...measured, kind, id, source, nextAt, isDoubtful: isDoubtful(measured) }
  }

  async #correct({ id, device, channelId, how, requestedBy, approvers, peopleNeeded }: Correction) {
    const { db, clock, civil, talk } = this.#options
    const dayBegan = civil.startOf(civil.dateOf(clock.now()))
    if (how === 'broadcast' && !(await isBroadcastDue(db, channelId, dayBegan))) {
      return await writeWaiting(db, [id], toldToday, instant(clock.now() + SILENT))
    }
    const order = { reference: `clock-correction/${id}`, requestedBy, approvers }
    const corrected = await talk.correct(device, how, order, async (before) => {
      await this.#note(device, before, 'order')
      const { offsetMs } = before
      // It is told from what is true now, not from what was when it was asked for.
      const verdict = verdictOf(device.kind, before)
      if (verdict === 'good') return false
      if (peopleNeeded < 2 && (verdict === 'needs-two' || verdict === 'impossible')) return false
      if (!isClear(clock.now(), offsetMs, civil)) return false
      const isNear = offsetMs !== null && Math.abs(offsetMs) < clockRules.broadcastMaxMs
      if (how === 'broadcast' && !isNear) return false
      return await markSending(db, id, before, clock.now())
    })
    if (!corrected.ok) {
      // Nothing was sent; it is tried again, but for what will not come by itself.
      const { error } = corrected
      if (error.code !== 'field.not-offered') return await this.#expireIfStale(id, device, error)
      return await endCorrection(db, id, 'refused', error, null, clock.now())
    }
    const { refusal, after } = corrected.value
    if (after) await this.#note(device, after, 'order')
    await this.#settle(id, refusal, after)
  }

  /** A clock that is right by now, or off in another way, needs another decision. */
  async #expireIfStale(id: number, device: ClockDevice, reason: ClockFailure): Promise<void> {
    const { db, clock } = this.#options
    const isStale = await isOutdated(db, id, device, {
      before: instant(clock.now() - clockRules.measureEvery.doubtful),
      goodMs: clockRules.goodMs[device.kind],
      approveFromMs: clockRules.approveFromMs,
    })
    if (isStale) return await endCorrection(db, id, 'expired', reason, null, clock.now())
    const pause = reason.code === 'clock.not-now' ? WAITING : SILENT
    await writeWaiting(db, [id], reason, instant(clock.now() + pause))
  }

  /** By what the clock shows now; where nobody could read it nobody knows. */
  async #settle(id: number, refusal: ClockFailure | null, after: Measured | null): Promise<void> {
    const { db, clock } = this.#options
    const end = (state: 'done' | 'failed' | 'unknown', reason: ClockFailure | null) =>
      endCorrection(db, id, state, reason, after, clock.now())
    if (!after) return await end('unknown', refusal ?? unreadable)
    if (isTaken(after)) return await end('done', null)
    await end('failed', refusal ?? notTaken)
  }
}
