import { toHex } from '#protocols/bytes'
import { isOf, isPresent, itemOf, type Reading, valueText } from '#protocols/model'
import type {
  ItemReading,
  ReadItemOutcome,
  ReadRequest,
  ReadRequestId,
  ReadRequests,
} from '#src/collection'
import { type CivilTime, type Clock, type Instant, instant, type MeterId, minutes } from '#src/core'
import type { Logger } from '#src/observe'
import type { Intake } from '../intake/index.ts'
import type { ChannelWorker, PolledMeter, VisitResult } from '../polling/index.ts'
import type { UnusableValue } from '../readers/index.ts'
import type { ExchangeFailure } from '../wire/index.ts'
import { wrongEdition } from './edition.ts'

/** After a start devices need this long to call again. */
const RESUMED_PATIENCE = minutes(3)

export interface OnDemandOptions {
  readonly requests: Pick<ReadRequests, 'unfinished' | 'start' | 'record'>
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

/**
 * Carries out reads that somebody asked for (召测). The request stands in the database before
 * anything is sent, each result is written as it comes, and what a crash left unfinished is taken
 * up at the next start: reading twice does no harm, forgetting does.
 */
export class OnDemandReads {
  readonly #options: OnDemandOptions
  /** Requests being carried out, so that asking for the same one twice reads once. */
  readonly #begun = new Map<ReadRequestId, Promise<void>>()

  constructor(options: OnDemandOptions) {
    this.#options = options
  }

  /** Takes up what an earlier run left; the devices may still have to call. */
  async resume(): Promise<void> {
    const patientUntil = instant(this.#options.clock.now() + RESUMED_PATIENCE)
    for (const request of await this.#options.requests.unfinished()) {
      this.#begin(request, patientUntil)
    }
  }

  /** Starts the request's waiting items; returns at once. */
  begin(request: ReadRequest): void {
    this.#begin(request, this.#options.clock.now())
  }

  /** Resolves when nothing is being carried out any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#begun.values())
  }

  #begin(request: ReadRequest, patientUntil: Instant): void {
    if (this.#begun.has(request.id)) return
    const waiting = new Map<MeterId, string[]>()
    for (const { meterId, item, state } of request.items) {
      if (state !== 'waiting' && state !== 'running') continue
      const items = waiting.get(meterId)
      if (items) items.push(item)
      else waiting.set(meterId, [item])
    }
    if (waiting.size === 0) return
    const work = this.#work(request.id, waiting, patientUntil)
      .catch((error: unknown) => {
        // The items stay unfinished in the database and are taken up at the next start.
        this.#options.log.error({ event: 'read.failed', err: error, request: request.id })
      })
      .finally(() => this.#begun.delete(request.id))
    this.#begun.set(request.id, work)
  }

  async #work(
    id: ReadRequestId,
    waiting: ReadonlyMap<MeterId, string[]>,
    patientUntil: Instant,
  ): Promise<void> {
    await this.#options.requests.start(id, [...waiting.keys()])
    await Promise.all(
      [...waiting].map(async ([meterId, items]) => {
        const outcomes = await this.#visit(meterId, items, patientUntil, waiting.size)
        await this.#options.requests.record(id, outcomes)
      }),
    )
  }

  /**
   * Nothing when the head-end stops meanwhile: then the items stay unfinished. A silence is looked
   * into where one of `meters` is all that was asked for: of many it would take as long again.
   */
  async #visit(
    meterId: MeterId,
    items: readonly string[],
    patientUntil: Instant,
    meters: number,
  ): Promise<readonly ReadItemOutcome[]> {
    const { clock, find } = this.#options
    const failed = (code: string, message: string): readonly ReadItemOutcome[] =>
      items.map((item) => ({
        kind: 'failed',
        meterId,
        item,
        answeredAt: clock.now(),
        code,
        message,
      }))
    const found = find(meterId)
    if (!found) return failed('read.unknown-meter', 'the meter is not in the archive')
    const { meter, worker } = found
    if (!worker) {
      return failed('read.push-only', `a ${meter.protocol} meter reports by itself, it has no ears`)
    }
    const result = await new Promise<VisitResult>((resolve) => {
      const accepted = worker.visit({ meter, items, patientUntil, done: resolve })
      if (!accepted) resolve({ kind: 'offline', message: 'too many reads wait on this channel' })
    })
    if (result.kind === 'stopped') return []
    if (result.kind === 'offline') return failed('read.offline', result.message)
    const { readout } = result
    const at = clock.now()
    // Whoever is told that the read is done may look the readings up at once, and after a crash.
    if (!(await this.#stored(meterId, readout.readings))) return []
    const firstRefusal = readout.refusals[0]
    const edition = meters === 1 ? await wrongEdition(worker, meter, readout, clock) : null
    const reason = edition ??
      (readout.failure && reasonOf(readout.failure)) ??
      firstRefusal ?? { code: 'read.no-value', message: 'the answer does not hold this item' }
    return items.map((item): ReadItemOutcome => {
      const found = readout.readings.filter((reading) => isOf(reading, item))
      const unusable = readout.unusable.find(({ dataId }) =>
        found.every((reading) => reading.dataId === dataId),
      )
      if (found.length > 0 && unusable) {
        const { code, message } = unusableReason(unusable)
        return { kind: 'failed', meterId, item, answeredAt: at, code, message }
      }
      if (found.length > 0) {
        const readings = found.map((reading) => this.#told(reading, at))
        return { kind: 'answered', meterId, item, answeredAt: at, readings }
      }
      if (readout.unsupported.includes(item)) {
        const message = `${meter.protocol} has no word for ${itemOf(item)?.en ?? item}`
        return { kind: 'failed', meterId, item, answeredAt: at, code: 'read.unsupported', message }
      }
      const { code, message } = reason
      return { kind: 'failed', meterId, item, answeredAt: at, code, message }
    })
  }

  /** False when the head-end stops before the readings are committed. */
  #stored(meterId: MeterId, readings: readonly Reading[]): Promise<boolean> {
    const { intake, stopping } = this.#options
    if (stopping.aborted) return Promise.resolve(false)
    return new Promise((resolve, reject) => {
      const giveUp = () => resolve(false)
      stopping.addEventListener('abort', giveUp, { once: true })
      const committed = () => {
        stopping.removeEventListener('abort', giveUp)
        resolve(true)
      }
      intake.visited({ meterId, readings, source: 'on-demand', outcomes: [] }, { committed }).catch(reject)
    })
  }

  #told(reading: Reading, answeredAt: Instant): ItemReading {
    const { item, name, value, unit } = reading
    return {
      register: item,
      name,
      value: valueText(value),
      unit,
      at: this.#momentOf(reading, answeredAt),
      flag: value.kind === 'missing' ? value.flag : null,
    }
  }

  #momentOf(reading: Reading, answeredAt: Instant): Instant | null {
    const { at: stamp } = reading
    if (stamp === null) return isPresent(reading) ? answeredAt : null
    return stamp.kind === 'epoch'
      ? instant(stamp.ms)
      : (this.#options.civil.toInstant(stamp.time) ?? null)
  }
}

function unusableReason({ dataId, flag, raw }: UnusableValue): Reason {
  const message = `the device sent a value of ${dataId} that is ${flag}`
  return withBytes({ code: `value.${flag}`, message, raw })
}

interface Reason {
  readonly code: string
  readonly message: string
}

/** Who of a terminal and its meter gave no answer is a reason of its own. */
function reasonOf(failure: ExchangeFailure): Reason {
  const { fault } = failure
  return withBytes(fault?.startsWith('via.') ? { ...failure, code: fault } : failure)
}

/** The sentence with what was received behind it, as evidence. */
function withBytes({ code, message, raw }: Reason & { readonly raw: Uint8Array }): Reason {
  return { code, message: raw.length === 0 ? message : `${message}; received ${toHex(raw)}` }
}
