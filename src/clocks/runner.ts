import { type Instant, idOf, instant, minutes, type Result, seconds, sleep } from '#src/core'
import type { Doubts } from './book.ts'
import type { ClockOptions } from './clocks.ts'
import {
  countDone,
  endCorrection,
  isBroadcastDue,
  isOutdated,
  markSending,
  markUnknown,
  openUnknown,
  selectReady,
} from './correction-queries.ts'
import {
  bringForward,
  claimDue,
  followDevices,
  selectPolicy,
  writeFailure,
  writeMeasurements,
} from './queries.ts'
import { clockRules, isClear, isDoubtful, isTaken, type Measured, verdictOf } from './rules.ts'
import type { ClockDevice, ClockRefusal, ClockState, Correction } from './types.ts'

const LOOK_EVERY = seconds(20)
/** Clocks measured at the same time; one for each channel. */
const MEASURED_AT_ONCE = 256
const CORRECTED_AT_ONCE = 64
const FOLLOW_EVERY = minutes(10)
/** One channel may have to wait for its turn; then the next look takes the device again. */
const FAILURES_PATIENT = 7

interface RunnerOptions extends ClockOptions {
  readonly doubts: Doubts
  readonly propose: (device: ClockDevice, at: Instant) => Promise<Result<Correction, ClockRefusal>>
}

/** Measures whose turn it is, and carries out what was approved, one for each channel at a time. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #stop = new AbortController()
  readonly #busy = new Map<number, Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  #followAt = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** What was on its way when the last process died is measured before anything else. */
  async begin(): Promise<void> {
    const { db, clock } = this.#options
    const devices = await markUnknown(db)
    if (devices.length > 0) await bringForward(db, devices, clock.now())
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#busy.values())
  }

  async once(): Promise<void> {
    await this.#look()
    await Promise.all(this.#busy.values())
  }

  async #run(): Promise<void> {
    const { clock, report } = this.#options
    do {
      // The database may be away for a while; the next look finds what is due then.
      await this.#look().catch((error: unknown) => report({ event: 'clocks.failed', error }))
    } while (await sleep(clock, LOOK_EVERY, this.#stop.signal))
  }

  async #look(): Promise<void> {
    const { db, clock } = this.#options
    const now = clock.now()
    if (now >= this.#followAt) {
      await followDevices(db, now, clockRules.measureEvery.good)
      this.#followAt = now + FOLLOW_EVERY
    }
    const ready = await selectReady(db, [...this.#busy.keys()], CORRECTED_AT_ONCE)
    const isRight = ready.length > 0 && (await this.#isHostRight())
    for (const one of isRight ? ready : []) {
      if (isClear(now, one.offsetMs, this.#options.civil)) {
        this.#begin(one.channelId, () => this.#correct(one))
      }
    }
    const room = MEASURED_AT_ONCE - this.#busy.size
    if (room <= 0) return
    const again = clockRules.measureEvery.failed
    const due = await claimDue(db, now, again, [...this.#busy.keys()], room)
    for (const one of due) this.#begin(one.channelId, () => this.#measure(one))
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

  async #measure(state: ClockState): Promise<void> {
    const { db, clock, talk, propose } = this.#options
    const measured = await talk.measure(state)
    if (!measured.ok) {
      const times = Math.min(state.failures + 1, FAILURES_PATIENT)
      const next = instant(clock.now() + clockRules.measureEvery.failed * times)
      return await writeFailure(db, state, measured.error.code, next)
    }
    await this.#note(state, measured.value, 'scheduled')
    const unknown = await openUnknown(db, state)
    if (unknown !== undefined) return await this.#settle(unknown, null, measured.value)
    const verdict = verdictOf(state.kind, measured.value)
    if (verdict !== 'correctable' && verdict !== 'needs-two') return
    if (await this.#isWornOut(state, measured.value)) return
    await propose(state, clock.now())
  }

  async #note(device: ClockDevice, measured: Measured, source: 'scheduled' | 'order') {
    const { db, doubts } = this.#options
    const doubtful = isDoubtful(measured)
    const verdict = verdictOf(device.kind, measured)
    const every = clockRules.measureEvery[verdict === 'good' ? 'good' : 'doubtful']
    const nextAt = instant(measured.measuredAt + every)
    const { kind, id } = device
    await writeMeasurements(db, [{ ...measured, kind, id, source, nextAt, isDoubtful: doubtful }])
    if (kind === 'meter') doubts.noted(id, doubtful, measured.measuredAt)
  }

  async #correct({ id, device, channelId, how, requestedBy, approvers, peopleNeeded }: Correction) {
    const { db, clock, civil, talk } = this.#options
    const dayBegan = civil.startOf(civil.dateOf(clock.now()))
    if (how === 'broadcast' && !(await isBroadcastDue(db, channelId, dayBegan))) return
    const order = { reference: `clock-correction/${id}`, requestedBy, approvers }
    const corrected = await talk.correct(device, how, order, async (before) => {
      await this.#note(device, before, 'order')
      const { offsetMs } = before
      // It is told from what is true now, not from what was when it was asked for.
      if (offsetMs === null || verdictOf(device.kind, before) === 'good') return false
      if (peopleNeeded < 2 && verdictOf(device.kind, before) === 'needs-two') return false
      if (!isClear(clock.now(), offsetMs, civil)) return false
      if (how === 'broadcast' && Math.abs(offsetMs) >= clockRules.broadcastMaxMs) return false
      return await markSending(db, id, before, clock.now())
    })
    if (!corrected.ok) {
      // Nothing was sent; it is tried again, but for what will not come by itself.
      const { code, message } = corrected.error
      if (code !== 'field.not-offered') return await this.#expireIfStale(id, device, message)
      return await endCorrection(db, id, 'refused', message, null, clock.now())
    }
    const { refusal, after } = corrected.value
    if (after) await this.#note(device, after, 'order')
    await this.#settle(id, refusal?.message ?? null, after)
  }

  /** A clock that is right by now, or off in another way, needs another decision. */
  async #expireIfStale(id: number, device: ClockDevice, reason: string): Promise<void> {
    const { db, clock } = this.#options
    const isStale = await isOutdated(db, id, device, {
      before: instant(clock.now() - clockRules.measureEvery.doubtful),
      goodMs: clockRules.goodMs[device.kind],
      approveFromMs: clockRules.approveFromMs,
    })
    if (isStale) await endCorrection(db, id, 'expired', reason, null, clock.now())
  }

  /** By what the clock shows now; where nobody could read it nobody knows. */
  async #settle(id: number, refusal: string | null, after: Measured | null): Promise<void> {
    const { db, clock } = this.#options
    const end = (state: 'done' | 'failed' | 'unknown', reason: string | null) =>
      endCorrection(db, id, state, reason, after, clock.now())
    if (!after) return await end('unknown', refusal ?? 'the clock could not be read afterwards')
    if (isTaken(after)) return await end('done', null)
    await end('failed', refusal ?? 'the time was sent, but the clock does not show it')
  }

  /** Corrected often enough and off again: only another meter helps. */
  async #isWornOut(device: ClockDevice, measured: Measured): Promise<boolean> {
    const { db, clock, cases } = this.#options
    if (!isDoubtful(measured)) return false
    const since = instant(clock.now() - clockRules.month)
    const times = await countDone(db, device, since)
    if (times < clockRules.correctionsMonthly) return false
    const { kind, id } = device
    await cases.found([
      {
        kind: 'clock.replace',
        key: `clock.replace/${kind}/${id}`,
        subject: kind === 'meter' ? { kind, id: idOf(id) } : { kind: 'concentrator', id: idOf(id) },
        severity: 'medium',
        evidence: { corrections: times, offsetMs: measured.offsetMs, at: measured.measuredAt },
      },
    ])
    return true
  }
}
