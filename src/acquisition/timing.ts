import type { ChannelFacts } from '#drivers/channel'
import { type Duration, milliseconds } from '#src/core'

/** How long an exchange waits. */
export interface ExchangeLimits {
  /** From the end of the request to the first byte of the answer. */
  readonly firstByte: Duration
  /** Between two bytes of an answer; longer silence means nothing more will come. */
  readonly gap: Duration
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

/** The limits that suit a line when nothing better is configured. */
export function limitsFor(facts: ChannelFacts, requestBytes: number): ExchangeLimits {
  if (facts.baud === null) return networkLimits
  const transmitMs = (requestBytes * BITS_PER_CHARACTER * 1_000) / facts.baud
  return {
    firstByte: milliseconds(Math.ceil(transmitMs) + SLAVE_DELAY_MS_MAX + WIRED_MARGIN_MS),
    gap: milliseconds(SLAVE_DELAY_MS_MAX),
  }
}
