import type { DeviceEvent, Reading, Refusal } from '#protocols/model'

/** Why an exchange brought nothing. The three kinds of "no" stay apart up to the screen. */
export interface ExchangeFailure {
  readonly code:
    | 'exchange.timeout'
    | 'exchange.damaged'
    /** A good frame in which the item asked for is not what the standard says. */
    | 'exchange.unreadable'
    | 'exchange.mismatch'
    | 'exchange.transport'
    /** A device on the way does not pass it on, or not what came of it. */
    | 'exchange.denied'
    | 'exchange.gate'
    | 'exchange.aborted'
  readonly message: string
  readonly retry: 'now' | 'later' | 'never'
  /** What was received, as far as it was kept. */
  readonly raw: Uint8Array
  /** The protocol's own code of what is wrong with it, where there is one: `dlt645.checksum`. */
  readonly fault: string | null
}

export type ExchangeOutcome =
  | {
      readonly kind: 'answered'
      readonly readings: readonly Reading[]
      /** What it tells of that happened. */
      readonly events: readonly DeviceEvent[]
      readonly roundTripMs: number
      /** What was received, as far as it was kept. */
      readonly raw: Uint8Array
    }
  | {
      readonly kind: 'refused'
      readonly refusal: Refusal
      readonly roundTripMs: number
      /** What was received, as far as it was kept. */
      readonly raw: Uint8Array
    }
  | { readonly kind: 'failed'; readonly failure: ExchangeFailure }

/** An outcome in a word, for the gate's journal. */
export function inAWord(outcome: ExchangeOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return 'answered'
    case 'refused':
      return `refused ${outcome.refusal.code}`
    case 'failed':
      return `failed ${outcome.failure.code}`
  }
}
