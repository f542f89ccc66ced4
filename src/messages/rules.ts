import { type Duration, hours, type Instant, instant, milliseconds, minutes } from '#src/core'
import type { Message, MessageState, Provider, QueryOutcome, SendOutcome } from './types.ts'

const RETRY_FIRST = minutes(1)
const RETRY_MAX = hours(1)
/** A request that timed out may still be on its way: only then "I do not know it" means never. */
const SETTLED_AFTER = minutes(2)
/** A receipt that has not come by itself is asked for. */
const ASK_AFTER = minutes(30)
/** Providers keep what became of a message for some days. */
const ASK_UNTIL = hours(72)

/** What a turn makes of a message. `nextAt` null: nobody has to look again. */
export interface Turned {
  readonly state: MessageState
  readonly nextAt: Instant | null
  readonly event: string
  readonly reason: string | null
  readonly ref: string | null
}

/** What to do with a message whose turn it is. */
export type Duty = 'send' | 'ask' | 'expire' | 'wait'

/**
 * Pure: a message that the provider may have is never sent again, unless the provider itself takes
 * the same id twice for one.
 */
export function dutyOf(
  message: Pick<Message, 'state' | 'expiresAt' | 'firstTriedAt'>,
  provider: Pick<Provider, 'query' | 'idempotentFor'>,
  now: Instant,
): Duty {
  switch (message.state) {
    case 'queued':
      return now >= message.expiresAt ? 'expire' : 'send'
    // A lease ran out: whoever sent it died, and nobody knows how far it came.
    case 'sending':
    case 'unknown': {
      if (provider.query !== null) return 'ask'
      const first = message.firstTriedAt ?? now
      const isSafe = provider.idempotentFor !== null && now < first + provider.idempotentFor
      return isSafe && now < message.expiresAt ? 'send' : 'wait'
    }
    case 'sent':
      return provider.query === null ? 'wait' : 'ask'
    case 'delivered':
    case 'failed':
    case 'expired':
      return 'wait'
  }
}

export function afterSending(
  { tries, expiresAt }: Pick<Message, 'tries' | 'expiresAt'>,
  outcome: SendOutcome,
  now: Instant,
): Turned {
  switch (outcome.kind) {
    case 'accepted': {
      const { ref } = outcome
      return {
        state: 'sent',
        nextAt: instant(now + ASK_AFTER),
        event: 'accepted',
        reason: null,
        ref,
      }
    }
    case 'unknown': {
      const { reason } = outcome
      return {
        state: 'unknown',
        nextAt: instant(now + SETTLED_AFTER),
        event: 'unknown',
        reason,
        ref: null,
      }
    }
    case 'refused': {
      const { reason, again, after } = outcome
      const nextAt = instant(now + Math.max(after ?? 0, backOff(tries)))
      if (again === 'never') {
        return { state: 'failed', nextAt: null, event: 'refused', reason, ref: null }
      }
      const isOver = nextAt >= expiresAt
      return isOver
        ? { state: 'expired', nextAt: null, event: 'expired', reason, ref: null }
        : { state: 'queued', nextAt, event: 'refused', reason, ref: null }
    }
  }
}

export function afterAsking(
  { tries, firstTriedAt, triedAt }: Pick<Message, 'tries' | 'firstTriedAt' | 'triedAt'>,
  was: MessageState,
  outcome: QueryOutcome,
  now: Instant,
): Turned {
  const isOld = now >= (firstTriedAt ?? now) + ASK_UNTIL
  const later = isOld ? null : instant(now + Math.max(ASK_AFTER, backOff(tries)))
  const soon = isOld ? null : instant(now + SETTLED_AFTER)
  switch (outcome.kind) {
    case 'delivered':
      return {
        state: 'delivered',
        nextAt: null,
        event: 'delivered',
        reason: null,
        ref: outcome.ref,
      }
    case 'failed': {
      const { ref, reason } = outcome
      return { state: 'failed', nextAt: null, event: 'failed', reason, ref }
    }
    case 'sent':
      return { state: 'sent', nextAt: later, event: 'asked', reason: null, ref: outcome.ref }
    case 'absent': {
      const reason = 'the provider does not know it'
      if (was === 'sent')
        return { state: 'unknown', nextAt: later, event: 'absent', reason, ref: null }
      const isSettled = now >= (triedAt ?? now) + SETTLED_AFTER
      return isSettled
        ? { state: 'queued', nextAt: now, event: 'absent', reason, ref: null }
        : { state: 'unknown', nextAt: soon, event: 'absent', reason, ref: null }
    }
    case 'unknown': {
      const state = was === 'sent' ? 'sent' : 'unknown'
      return { state, nextAt: later, event: 'unanswered', reason: outcome.reason, ref: null }
    }
  }
}

export function backOff(tries: number): Duration {
  return milliseconds(Math.min(RETRY_MAX, RETRY_FIRST * 2 ** Math.max(0, Math.min(tries, 20) - 1)))
}

/** The words of a template with its parameters; the name of one that is missing. */
export function rendered(
  template: string,
  parameters: Readonly<Record<string, string>>,
): { readonly text: string; readonly missing: string | null } {
  let missing: string | null = null
  const text = template.replace(/\{([A-Za-z]\w*)\}/g, (_whole, name: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (value === undefined) missing ??= name
    return value ?? ''
  })
  return { text, missing }
}
