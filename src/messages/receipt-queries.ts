import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { MessageId, MessageState, Receipt } from './types.ts'

export async function insertReceipts(
  db: Db,
  receipts: readonly Receipt[],
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into message_receipt (ref, outcome, detail, received_at)
     select u.ref, u.outcome, u.detail, $4::timestamptz
     from unnest($1::text[], $2::text[], $3::text[]) as u (ref, outcome, detail)
     on conflict (ref, outcome) do nothing`,
    [
      receipts.map(({ ref }) => ref),
      receipts.map(({ outcome }) => outcome),
      receipts.map(({ detail }) => detail),
      timestamptz(now),
    ],
  )
}

/**
 * What receipts say of these messages, by the provider's number or ours. Delivered is final, and
 * counts also where a failure was told before.
 */
export async function applyReceipts(
  db: Db,
  refs: readonly string[],
  now: Instant,
): Promise<{ readonly id: MessageId; readonly state: MessageState; readonly detail: string }[]> {
  return await db.query<{ id: MessageId; state: MessageState; detail: string }>(
    `with told as (
       select m.id, (array_agg(r.outcome order by r.outcome))[1] as outcome,
         (array_agg(r.detail order by r.outcome))[1] as detail
       from message m join message_receipt r on r.ref = m.provider_ref or r.ref = m.id::text
       where r.ref = any($1::text[]) and m.tried_at is not null group by m.id)
     update message m set state = t.outcome, next_at = null, ended_at = $2::timestamptz,
       lease_until = null, reason = case when t.outcome = 'failed' then t.detail end
     from told t
     where m.id = t.id and m.state <> 'delivered' and m.state <> t.outcome
     returning m.id, m.state, t.detail`,
    [refs, timestamptz(now)],
  )
}
