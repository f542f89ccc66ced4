import type { Duration, Instant, Result } from '#src/core'
import type { Db } from '#src/db'

export type MessageId = string & { readonly messageId: true }

/**
 * `sent`: the provider has it; `unknown`: nobody can tell whether it has, until it is asked, a
 * receipt comes, or a person decides.
 */
export const messageStates = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'failed',
  'unknown',
  'expired',
] as const
export type MessageState = (typeof messageStates)[number]

export const locales = ['zh', 'en'] as const
export type Locale = (typeof locales)[number]

export interface NewMessage {
  /** The same key is the same message, sent once. */
  readonly key: string
  readonly template: string
  readonly locale: Locale
  readonly parameters: Readonly<Record<string, string>>
  readonly channel: 'sms'
  /** A telephone number, as the provider takes it. */
  readonly recipient: string
  /** Also in quiet hours. */
  readonly urgent: boolean
  /** What it is about: `case/7`. */
  readonly reference: string
  readonly requestedBy: string
  /** After that nobody wants it any more. */
  readonly validFor: Duration
  /** What a rule says of it; absent where a person or a program posts it. */
  readonly byRule?: { readonly rule: string; readonly quiet: QuietHours | null }
}

/** Hours of the utility's day in which people are left alone; over midnight where from > to. */
export interface QuietHours {
  readonly fromHour: number
  readonly toHour: number
}

/** What holds wherever no rule says otherwise. */
export interface MessagePolicy {
  readonly quiet: QuietHours
  /** So many messages to one person an hour. */
  readonly personHourMax: number
}

export interface Message extends Omit<NewMessage, 'validFor' | 'byRule'> {
  readonly id: MessageId
  readonly body: string
  readonly state: MessageState
  readonly tries: number
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly nextAt: Instant | null
  readonly firstTriedAt: Instant | null
  readonly triedAt: Instant | null
  readonly providerRef: string | null
  readonly endedAt: Instant | null
  readonly reason: string | null
}

export interface MessageEvent {
  readonly at: Instant
  readonly event: string
  readonly detail: string
}

/** What a provider did with a message, as far as it can be told. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly ref: string | null }
  /** Certainly not sent. */
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly again: 'later' | 'never'
      readonly after: Duration | null
    }
  | { readonly kind: 'unknown'; readonly reason: string }

export type QueryOutcome =
  | { readonly kind: 'sent' | 'delivered' | 'absent'; readonly ref: string | null }
  | { readonly kind: 'failed'; readonly ref: string | null; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

export interface Receipt {
  /** The provider's number of the message, or ours where it gives that back. */
  readonly ref: string
  readonly outcome: 'delivered' | 'failed'
  readonly detail: string
}

/** A callback as it came. */
export interface SignedCall {
  readonly body: string
  header(name: string): string | undefined
}

/** Carries messages to people. Never rejects for the provider's or the network's fault. */
export interface Provider {
  readonly name: string
  /** How long the same id twice is one message there; null where it never is. */
  readonly idempotentFor: Duration | null
  send(
    message: Pick<Message, 'id' | 'recipient' | 'body'>,
    signal: AbortSignal,
  ): Promise<SendOutcome>
  /** Null where it cannot be asked. */
  readonly query:
    | ((message: Pick<Message, 'id' | 'providerRef'>, signal: AbortSignal) => Promise<QueryOutcome>)
    | null
  /** The receipts in a callback whose signature holds. */
  receipts(call: SignedCall, now: Instant): Result<readonly Receipt[], 'forged' | 'malformed'>
}

export interface MessageRefusal {
  readonly kind: 'not-found' | 'no-template' | 'missing-parameter' | 'key-reused' | 'not-now'
  readonly message: string
}

export interface MessageFilter {
  readonly state?: MessageState
  readonly recipient?: string
  readonly reference?: string
}

type Also = (tx: Db) => Promise<void>

/** The one door through which anything leaves to people. */
export interface Messages {
  /** Puts it into the outbox, in the caller's transaction where one is given. */
  post(message: NewMessage, tx?: Db): Promise<Result<Message, MessageRefusal>>
  get(id: MessageId): Promise<Message | undefined>
  events(id: MessageId): Promise<readonly MessageEvent[]>
  /** Newest first. */
  list(filter: MessageFilter, before: MessageId | null, limit: number): Promise<readonly Message[]>
  /** The same words once more, as a message of its own: a person decided so. */
  resend(
    id: MessageId,
    reason: string,
    by: string,
    also?: Also,
  ): Promise<Result<Message, MessageRefusal>>
  /** Takes receipts in any order and number; returns how many changed a message. */
  received(receipts: readonly Receipt[], also?: Also): Promise<number>
}
