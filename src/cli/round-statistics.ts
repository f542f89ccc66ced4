import type { MeterReadout } from '#src/acquisition'

/** Round trips kept for the percentiles; the oldest go first. */
const ROUND_TRIPS_MAX = 10_000

/** What repeated reading of one device amounts to, in the way of `ping`. */
export class RoundStatistics {
  readonly #items: number
  readonly #roundTripsMs: number[] = []
  #rounds = 0
  #answered = 0
  #damaged = 0

  constructor(items: number) {
    this.#items = items
  }

  get anyAnswered(): boolean {
    return this.#answered > 0
  }

  take(readout: MeterReadout): void {
    this.#rounds++
    if (readout.failure === null) {
      this.#answered++
      this.#roundTripsMs.push(readout.roundTripMs)
      if (this.#roundTripsMs.length > ROUND_TRIPS_MAX) this.#roundTripsMs.shift()
    } else if (/damaged|unreadable/.test(readout.failure.code)) {
      this.#damaged++
    }
  }

  summary(): string {
    const lost = this.#rounds - this.#answered
    const lossPercent = this.#rounds === 0 ? '0.0' : ((100 * lost) / this.#rounds).toFixed(1)
    const sorted = this.#roundTripsMs.toSorted((a, b) => a - b)
    const percentile = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
    const times =
      sorted.length === 0 ? '' : `, p50 ${percentile(0.5)} ms, p95 ${percentile(0.95)} ms`
    return (
      `--- ${this.#rounds} rounds of ${this.#items} item(s): ${this.#answered} answered, ` +
      `${this.#damaged} damaged, loss ${lossPercent} %${times}`
    )
  }
}
