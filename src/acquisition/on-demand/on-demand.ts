import type { ReadHead, ReadItemOutcome, ReadRequestId, ReadRequests } from '#src/collection'
import {
  type ChannelId,
  type CivilTime,
  type Clock,
  type Instant,
  instant,
  type MeterId,
  milliseconds,
  minutes,
  seconds,
  sleep,
} from '#src/core'
import type { Logger } from '#src/observe'
import type { Intake } from '../intake/index.ts'
import type { ChannelWorker, PolledMeter, VisitResult } from '../polling/index.ts'
import type { MeterReadout } from '../readers/index.ts'
import { wrongEdition } from './edition.ts'
import { outcomesOf, type Reason } from './outcomes.ts'
import { Recorder } from './recorder.ts'

/** After a start devices need this long to call again. */
const RESUMED_PATIENCE = minutes(3)
/** Meters taken from the database at once: of all channels together, and of each. */
const METERS_TAKEN_MAX = 4_096
const METERS_OF_CHANNEL_MAX = 16
/** While one of them waits for the database, the other keeps the line busy. */
const HANDS = 2
/** After the database was away, or while a channel is served anew. */
const AGAIN_AFTER = seconds(5)
const CHANNEL_AGAIN_AFTER = milliseconds(200)

export interface OnDemandOptions {
  readonly requests: Pick<ReadRequests, 'unfinished' | 'reopen' | 'take' | 'record' | 'expire'>
  readonly intake: Pick<Intake, 'visited'>
  /** Aborts when the head-end stops; then nothing more is known to be stored. */
  readonly stopping: AbortSignal
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  /** The meter and the worker that can reach it; no worker for meters that only push. */
  readonly find: (
    id: MeterId,
  ) =>
    | { readonly meter: PolledMeter; readonly worker: Pick<ChannelWorker, 'visit' | 'lend'> | null }
    | undefined
}

interface Visited {
  /** When the outcome is written down; rejects where it could not be. */
  readonly recorded: Promise<void>
}

/** One request while it is carried out. */
interface Work {
  readonly head: ReadHead
  readonly patientUntil: Instant
  readonly recorder: Recorder<ReadItemOutcome>
  /** Set once nothing more is to be asked. */
  isOver: boolean
}

/**
 * Carries out reads that somebody asked for (召测). The request stands in the database before
 * anything is sent; meters are taken from there a few at a time for each channel, each result is
 * written as it comes, and what a crash left unfinished is taken up at the next start: what was
 * answered is not asked again, and nothing is forgotten.
 */
export class OnDemandReads {
  readonly #options: OnDemandOptions
  /** Requests being carried out, so that asking for the same one twice reads once. */
  readonly #begun = new Map<ReadRequestId, Work>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: OnDemandOptions) {
    this.#options = options
  }

  /** Takes up what an earlier run left; the devices may still have to call. */
  async resume(): Promise<void> {
    const patientUntil = instant(this.#options.clock.now() + RESUMED_PATIENCE)
    for (const head of await this.#options.requests.unfinished()) this.#begin(head, patientUntil)
  }

  /** Starts the request's waiting items; returns at once. */
  begin(head: ReadHead): void {
    this.#begin(head, this.#options.clock.now())
  }

  /** Asks no more; what is in the air may finish. The request was cancelled in the database. */
  cancel(id: ReadRequestId): void {
    const work = this.#begun.get(id)
    if (work) work.isOver = true
  }

  /** Resolves when nothing is being carried out any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#running)
  }

  #begin(head: ReadHead, patientUntil: Instant): void {
    if (this.#begun.has(head.id)) return
    const work: Work = {
      head,
      patientUntil: head.deadline ?? patientUntil,
      recorder: new Recorder((outcomes) => this.#options.requests.record(head.id, outcomes)),
      isOver: false,
    }
    this.#begun.set(head.id, work)
    const running = this.#carryOut(work).finally(() => {
      this.#begun.delete(head.id)
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /** Until nothing waits any more, also through a database that is away meanwhile. */
  async #carryOut(work: Work): Promise<void> {
    const { requests, stopping, clock, log } = this.#options
    const { id, deadline } = work.head
    const late = deadline === null ? null : milliseconds(Math.max(0, deadline - clock.now()))
    const cancel = late === null ? () => {} : clock.after(late, () => this.#expire(work))
    try {
      for (;;) {
        try {
          const channels = await requests.reopen(id)
          if (channels.length === 0 || stopping.aborted || work.isOver) return
          const each = Math.floor(METERS_TAKEN_MAX / (channels.length * HANDS))
          const meters = Math.min(METERS_OF_CHANNEL_MAX, Math.max(1, each))
          const hands = channels.flatMap((channel) => Array<ChannelId>(HANDS).fill(channel))
          await Promise.all(hands.map((channel) => this.#serve(work, channel, meters)))
          if (!stopping.aborted && !work.isOver) continue
          return
        } catch (error) {
          // The items stay unfinished in the database, and are taken up again.
          log.error({ event: 'read.failed', err: error, request: id })
          if (!(await sleep(clock, AGAIN_AFTER, stopping))) return
        }
      }
    } finally {
      cancel()
    }
  }

  #expire(work: Work): void {
    const { requests, clock, log } = this.#options
    work.isOver = true
    requests.expire(work.head.id, clock.now()).catch((error: unknown) => {
      // Its items stay unfinished: they expire when they are taken up again.
      log.error({ event: 'read.unexpired', err: error, request: work.head.id })
    })
  }

  /** One of the hands that serve a channel: takes some meters, visits them, and takes more. */
  async #serve(work: Work, channel: ChannelId, metersMax: number): Promise<void> {
    const { requests, stopping, clock } = this.#options
    while (!work.isOver && !stopping.aborted) {
      const taken = await requests.take(work.head.id, channel, metersMax, clock.now())
      if (taken.length === 0) return
      const written: Promise<void>[] = []
      for (const { meterId, items } of taken) {
        const { recorded } = await this.#visit(work, meterId, items)
        // Told below, with the others of this handful.
        recorded.catch(() => {})
        written.push(recorded)
      }
      await Promise.all(written)
    }
  }

  /** Resolves once the line is free again. */
  async #visit(work: Work, meterId: MeterId, items: readonly string[]): Promise<Visited> {
    const { clock, find, stopping } = this.#options
    const { recorder, patientUntil } = work
    const ended = (kind: 'failed' | 'cancelled', { code, message }: Reason): Visited => {
      const answeredAt = clock.now()
      const outcomes = items.map((item): ReadItemOutcome => {
        return { kind, meterId, item, answeredAt, code, message }
      })
      return { recorded: recorder.add(outcomes) }
    }
    while (!stopping.aborted) {
      if (work.isOver) return ended('cancelled', notReached)
      const found = find(meterId)
      if (!found) return ended('failed', unknownMeter)
      const { meter, worker } = found
      if (!worker) {
        const message = `a ${meter.protocol} meter reports by itself, it has no ears`
        return ended('failed', { code: 'read.push-only', message })
      }
      const result = await new Promise<VisitResult>((resolve) => {
        const isWanted = () => !work.isOver
        const accepted = worker.visit({ meter, items, patientUntil, isWanted, done: resolve })
        if (!accepted) resolve({ kind: 'offline', message: 'too many reads wait on this channel' })
      })
      if (result.kind === 'offline') {
        return ended('failed', { code: 'read.offline', message: result.message })
      }
      if (result.kind === 'read') {
        const { readout } = result
        const at = clock.now()
        // Of many, looking into each silence would take as long again.
        const isOne = work.head.meters === 1
        const why = isOne ? await wrongEdition(worker, meter, readout, clock) : null
        const outcomes = outcomesOf(meter, items, readout, at, this.#options.civil, why)
        return { recorded: this.#record(work, meterId, readout, outcomes) }
      }
      // The channel is served anew: its next worker is asked.
      if (result.kind === 'stopped') await sleep(clock, CHANNEL_AGAIN_AFTER, stopping)
    }
    return { recorded: Promise.resolve() }
  }

  /** Whoever is told that a read is done may look the readings up at once, also after a crash. */
  async #record(
    { recorder }: Work,
    meterId: MeterId,
    readout: MeterReadout,
    outcomes: readonly ReadItemOutcome[],
  ): Promise<void> {
    if (await this.#stored(meterId, readout)) await recorder.add(outcomes)
  }

  /** False when the head-end stops before the readings are committed. */
  #stored(meterId: MeterId, { readings, frames = [] }: MeterReadout): Promise<boolean> {
    const { intake, stopping } = this.#options
    if (stopping.aborted) return Promise.resolve(false)
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(false)
      stopping.addEventListener('abort', giveUp, { once: true })
      const committed = () => {
        stopping.removeEventListener('abort', giveUp)
        resolve(true)
      }
      intake
        .visited({ meterId, readings, source: 'on-demand', outcomes: [], frames }, { committed })
        .catch(reject)
    })
  }
}

const unknownMeter = { code: 'read.unknown-meter', message: 'the meter is not in the archive' }
const notReached = { code: 'read.cancelled', message: 'the read was over before its turn came' }
