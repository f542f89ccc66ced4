import { createHash } from 'node:crypto'
import { assert, type Clock, fail, hours, instant, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import {
  insertEvents,
  insertMessage,
  selectByKey,
  selectEvents,
  selectMessage,
  selectMessages,
  selectTemplate,
} from './queries.ts'
import { applyReceipts, insertReceipts } from './receipt-queries.ts'
import { rendered } from './rules.ts'
import type { Message, MessageId, MessageRefusal, Messages, NewMessage, Receipt } from './types.ts'

const BODY_MAX = 2_000
/** How long words that are sent once more are worth sending. */
const RESEND_VALID = hours(24)

export function createMessages(db: Database, clock: Clock): Messages {
  const within = <T>(tx: Db | undefined, work: (tx: Db) => Promise<T>): Promise<T> =>
    tx === undefined ? db.transaction(work) : work(tx)

  async function put(
    tx: Db,
    message: NewMessage,
    body: string,
    event: string,
    detail: string,
  ): Promise<Result<Message, MessageRefusal>> {
    const now = clock.now()
    const { validFor, ...given } = message
    const id = idOfKey(message.key)
    const expiresAt = instant(now + validFor)
    const row = { byRule: null, ...given, id, body, createdAt: now, expiresAt }
    if (await insertMessage(tx, row)) await insertEvents(tx, [{ id, event, detail }], now)
    const kept = await selectByKey(tx, message.key)
    assert(kept !== undefined, 'a message that was put in is there')
    if (kept.recipient === message.recipient && kept.body === body) return ok(kept)
    return refused('key-reused', `the key ${message.key} stands for another message`)
  }

  return {
    post: (message, tx) =>
      within(tx, async (inner) => {
        const template = await selectTemplate(inner, message.template, message.locale)
        if (template === undefined) {
          return refused('no-template', `there is no ${message.template} in ${message.locale}`)
        }
        const { text, missing } = rendered(template, message.parameters)
        if (missing !== null) {
          return refused('missing-parameter', `${message.template} needs the parameter ${missing}`)
        }
        return await put(inner, message, text.slice(0, BODY_MAX), 'queued', '')
      }),
    get: (id) => selectMessage(db, id),
    events: (id) => selectEvents(db, id),
    list: (filter, before, limit) => selectMessages(db, filter, before, limit),
    resend: (id, reason, by, also = async () => {}) =>
      db.transaction(async (tx) => {
        const known = await selectMessage(tx, id)
        if (!known) return refused('not-found', `there is no message ${id}`)
        const { state } = known
        if (state === 'queued' || state === 'sending') {
          return refused('not-now', `it is ${state}: it leaves by itself`)
        }
        const { key, body, ...same } = known
        // One more of each message at a time: a second click asks for the same.
        const again = `${key.slice(0, 180)}+${known.tries}.${known.state}`
        const next = { ...same, key: again, requestedBy: by, validFor: RESEND_VALID }
        const sent = await put(tx, next, body, 'resent', `${reason} (${id})`)
        if (sent.ok) await also(tx)
        return sent
      }),
    received: (receipts, also = async () => {}) =>
      db.transaction(async (tx) => {
        const now = clock.now()
        await insertReceipts(tx, onePerOutcome(receipts), now)
        const changed = await settleByReceipts(
          tx,
          receipts.map(({ ref }) => ref),
          now,
        )
        await also(tx)
        return changed
      }),
  }
}

/** Brings what receipts say to the messages that they are of. */
export async function settleByReceipts(
  tx: Db,
  refs: readonly string[],
  now: ReturnType<Clock['now']>,
): Promise<number> {
  const changed = await applyReceipts(tx, refs, now)
  const events = changed.map(({ id, state, detail }) => ({ id, event: state, detail }))
  if (events.length > 0) await insertEvents(tx, events, now)
  return changed.length
}

function onePerOutcome(receipts: readonly Receipt[]): readonly Receipt[] {
  return [...new Map(receipts.map((one) => [`${one.outcome} ${one.ref}`, one])).values()]
}

/** A key gives the same id every time, so that the provider sees one message, too. */
function idOfKey(key: string): MessageId {
  const hex = createHash('sha256').update(`message ${key}`).digest('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`]
  return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-') as MessageId
}

function refused(kind: MessageRefusal['kind'], message: string): Result<never, MessageRefusal> {
  return fail({ kind, message })
}
