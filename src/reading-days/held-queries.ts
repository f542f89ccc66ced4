import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { HeldPiece, HeldReason, PageAsk } from './types.ts'

interface Row {
  readonly usage_point: string
  readonly account_no: string | null
  readonly meter_address: string | null
  readonly from_at: Instant
  readonly to_at: Instant
  readonly reason: HeldReason
  readonly detail: string
}

/** `after` is how many were on the pages before. */
export async function selectHeld(
  db: Db,
  route: string,
  { after, limit }: PageAsk,
): Promise<readonly HeldPiece[]> {
  const rows = await db.query<Row>(
    `select h.usage_point, h.account_no, h.meter_address, h.from_at, h.to_at, h.reason, h.detail
     from reading_day_held h join reading_route r on r.id = h.route_id
     where r.code = $1::text
     order by h.usage_point collate "C", h.from_at offset $2::int limit $3::int`,
    [route, after ?? 0, limit],
  )
  return rows.map((row) => ({
    ...{ usagePoint: row.usage_point, account: row.account_no, meter: row.meter_address },
    ...{ from: row.from_at, to: row.to_at, reason: row.reason, detail: row.detail },
  }))
}
