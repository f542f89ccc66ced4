import type { ChannelFacts } from '#drivers/channel'
import { type Duration, milliseconds } from '#src/core'

/** How long an exchange waits. */
export interface ExchangeLimits {
  /** From the end of the request to the first byte of the answer. */
  readonly firstByte: Duration
  /** Between two bytes of an answer; longer silence means nothing more will come. */
  readonly gap: Duration
  /**
   * Who answers in the place of the device, where one on the way does: it waits for the device by
   * itself, so that no experience cuts the wait short.
   */
  readonly by?: string
  /** Set where the one who is asked was silent of late and may sleep: it is woken first. */
  readonly wakes?: true
  /** What is known of the one who is asked; without it, what is known of the line. */
  readonly learned?: RoundTripEstimate
}

/** A slave answers within 500 ms and pauses at most 500 ms between bytes (DL/T 645-2007 §5.2.5). */
const SLAVE_DELAY_MS_MAX = 500
const WIRED_MARGIN_MS = 300
const BITS_PER_CHARACTER = 11

/** Serial servers and gateways in a local network. */
const networkLimits: ExchangeLimits = { firstByte: milliseconds(2_000), gap: milliseconds(600) }

/** Mobile networks: a packet may take seconds, and an answer arrives in pieces. */
export const mobileLimits: ExchangeLimits = {
  firstByte: milliseconds(8_000),
  gap: milliseconds(2_000),
}

/** Never wait less than this for a first byte: devices pause for their own work. */
const LEARNED_MS_MIN = 1_500
/** Shares of the newest round trip in the running mean and deviation (RFC 6298). */
const MEAN_SHARE = 1 / 8
const DEVIATION_SHARE = 1 / 4

/**
 * Learns how long a line or a meter takes, so that a lost frame costs a few round trips and not the longest
 * wait there is. A silence doubles the patience until something answers again.
 */
export class RoundTripEstimate {
  #meanMs: number | null = null
  #deviationMs = 0
  #patience = 1

  /** False before the first answer. */
  get isKnown(): boolean {
    return this.#meanMs !== null
  }

  /** How long to wait for a first byte, at most `ceiling`; the ceiling while nothing is known. */
  wait(ceiling: Duration): Duration {
    if (this.#meanMs === null) return ceiling
    const learnedMs = Math.max(LEARNED_MS_MIN, this.#meanMs + 4 * this.#deviationMs)
    return milliseconds(Math.min(ceiling, learnedMs * this.#patience))
  }

  answered(roundTripMs: number): void {
    this.#patience = 1
    if (this.#meanMs === null) {
      this.#meanMs = roundTripMs
      this.#deviationMs = roundTripMs / 2
      return
    }
    const error = roundTripMs - this.#meanMs
    this.#deviationMs += DEVIATION_SHARE * (Math.abs(error) - this.#deviationMs)
    this.#meanMs += MEAN_SHARE * error
  }

  silent(): void {
    this.#patience *= 2
  }
}

/** The limits that suit a line when nothing better is configured. */
export function limitsFor(facts: ChannelFacts, requestBytes: number): ExchangeLimits {
  if (facts.baud === null) return networkLimits
  const transmitMs = (requestBytes * BITS_PER_CHARACTER * 1_000) / facts.baud
  return {
    firstByte: milliseconds(Math.ceil(transmitMs) + SLAVE_DELAY_MS_MAX + WIRED_MARGIN_MS),
    gap: milliseconds(SLAVE_DELAY_MS_MAX),
  }
}
