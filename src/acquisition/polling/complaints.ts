import { toHex } from '#protocols/bytes'
import type { MeterId } from '#src/core'
import type { CounterMetric, Logger, Metrics } from '#src/observe'
import type { MeterReadout } from '../readers/index.ts'
import type { ExchangeFailure, LineCounters } from '../wire/index.ts'
import type { PolledMeter } from './rounds.ts'

/** Failures in a row before a person is told: one lost or damaged frame is everyday life. */
const FAILURES_QUIET = 1

interface Streak {
  failures: number
  code: string
}

/** Counts what goes wrong on the lines, and tells of the changes: who went wrong, how, with bytes. */
export class Complaints {
  readonly #log: Logger
  readonly #failures: CounterMetric<'code' | 'protocol'>
  readonly #refusals: CounterMetric<'protocol'>
  readonly #unusable: CounterMetric<'flag' | 'protocol'>
  readonly #streaks = new Map<MeterId, Streak>()
  /** Items of meters whose values were none when last read. */
  readonly #odd = new Map<MeterId, Set<string>>()

  constructor(options: {
    readonly log: Logger
    readonly metrics: Metrics
    readonly counters: LineCounters
  }) {
    const { log, metrics, counters } = options
    this.#log = log
    this.#failures = metrics.counter({
      name: 'hes_exchange_failures_total',
      help: 'Exchanges that brought nothing, by reason',
      labels: ['code', 'protocol'],
    })
    this.#refusals = metrics.counter({
      name: 'hes_refusals_total',
      help: 'Items that devices said no to',
      labels: ['protocol'],
    })
    this.#unusable = metrics.counter({
      name: 'hes_values_unusable_total',
      help: 'Values in good frames that are none: not decimal, or an impossible date',
      labels: ['flag', 'protocol'],
    })
    metrics.tally(
      { name: 'hes_line_sent_frames_total', help: 'Requests sent to devices' },
      () => counters.sentFrames,
    )
    metrics.tally(
      { name: 'hes_line_answers_total', help: 'Requests that were answered' },
      () => counters.answers,
    )
    metrics.tally(
      {
        name: 'hes_line_strays_total',
        help: 'Good frames that answer nothing we asked: late, from another address or item',
      },
      () => counters.strays,
    )
    metrics.tally(
      { name: 'hes_line_skipped_bytes_total', help: 'Received bytes that make no good frame' },
      () => counters.skippedBytes,
    )
  }

  /** Takes note of one visit, whoever wanted it. */
  visited(channel: string, meter: PolledMeter, readout: MeterReadout): void {
    const { failure, refusals, unusable } = readout
    const { protocol } = meter
    if (refusals.length > 0) this.#refusals.add({ protocol }, refusals.length)
    for (const { flag } of unusable) this.#unusable.add({ flag, protocol })
    if (failure) {
      this.#failures.add({ code: failure.code, protocol })
      this.#failed(channel, meter, failure)
      return
    }
    this.#answered(channel, meter)
    this.#judged(channel, meter, readout)
  }

  #failed(channel: string, meter: PolledMeter, failure: ExchangeFailure): void {
    const { code, fault, message, raw } = failure
    const line = {
      event: 'exchange.failed',
      channel,
      meter: meter.address,
      code,
      ...(fault === null ? {} : { fault }),
      raw: toHex(raw),
    }
    // Of a line that broke the channel tells; a meter has no part in it.
    if (code === 'exchange.transport' || code === 'exchange.aborted') {
      this.#log.debug(line, message)
      return
    }
    const streak = this.#streaks.get(meter.id) ?? { failures: 0, code }
    const wasToldOf = streak.failures > FAILURES_QUIET && streak.code === code
    this.#streaks.set(meter.id, { failures: streak.failures + 1, code })
    if (streak.failures >= FAILURES_QUIET && !wasToldOf) this.#log.warn(line, message)
    else this.#log.debug(line, message)
  }

  #answered(channel: string, { id, address }: PolledMeter): void {
    const streak = this.#streaks.get(id)
    if (!streak) return
    this.#streaks.delete(id)
    if (streak.failures <= FAILURES_QUIET) return
    const { failures } = streak
    this.#log.info({ event: 'meter.answers', channel, meter: address, failures }, 'answers again')
  }

  #judged(channel: string, meter: PolledMeter, { readings, unusable }: MeterReadout): void {
    const known = this.#odd.get(meter.id)
    if (unusable.length === 0 && !known) return
    const odd = known ?? new Set<string>()
    const isNew = unusable.some(({ dataId }) => !odd.has(dataId))
    for (const { dataId, value } of readings) if (value.kind !== 'missing') odd.delete(dataId)
    for (const { dataId } of unusable) odd.add(dataId)
    if (odd.size > 0) this.#odd.set(meter.id, odd)
    else this.#odd.delete(meter.id)
    const [first] = unusable
    if (!first) return
    const line = {
      event: 'value.unusable',
      channel,
      meter: meter.address,
      code: `value.${first.flag}`,
      items: unusable.map(({ dataId, flag }) => `${dataId} ${flag}`).join(', '),
      raw: toHex(first.raw),
    }
    if (isNew) this.#log.warn(line, 'the meter sent values that are none')
    else this.#log.debug(line, 'the meter sent values that are none')
  }
}
