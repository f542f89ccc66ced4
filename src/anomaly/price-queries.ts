import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Price } from './types.ts'

/** Every price there was, the newest first. */
export async function selectPrices(db: Db): Promise<Price[]> {
  return await db.query<Price>(
    `select tariff, nullif(customer_class, '') as "customerClass", valid_from as "validFrom",
       price::text from anomaly_price order by tariff, customer_class, valid_from desc`,
  )
}

/** A price from a day on; the same day again replaces it. */
export async function putPrice(tx: Db, price: Price, by: string, at: Instant): Promise<void> {
  await tx.query(
    `insert into anomaly_price (tariff, customer_class, valid_from, price, changed_by, changed_at)
     values ($1, $2, $3::date, $4::numeric, $5, $6::timestamptz)
     on conflict (tariff, customer_class, valid_from) do update set price = excluded.price,
       changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
    [
      ...[price.tariff, price.customerClass ?? '', price.validFrom, price.price, by],
      timestamptz(at),
    ],
  )
}
