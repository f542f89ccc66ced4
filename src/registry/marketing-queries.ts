import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { MarketingRow } from './marketing-file.ts'

/** Accounts that use a point now and that a batch does not name. */
export async function selectOursOnly(
  db: Db,
  named: readonly string[],
): Promise<{ readonly no: string; readonly points: string }[]> {
  return await db.query(
    `select a.no, string_agg(p.code, ', ' order by p.code) as points
     from account_usage_point_now h join account a on a.id = h.account_id
     join usage_point p on p.id = h.usage_point_id
     where not exists (select from unnest($1::text[]) as u (no) where u.no = a.no)
     group by a.no order by a.no`,
    [named],
  )
}

/** Keeps what the marketing system says; a complete batch is all that it says. */
export async function keepRecords(
  tx: Db,
  importId: number,
  rows: readonly MarketingRow[],
  complete: boolean,
  at: Instant,
): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `delete from marketing_record r where $1::bool or exists (
       select from unnest($2::text[]) as u (no) where u.no = r.account_no)`,
    [complete, [...new Set(rows.map(({ account }) => account))]],
  )
  await tx.query(
    `insert into marketing_record (account_no, usage_point, import_id, line, customer, class,
       contract_no, tariff, trade, capacity_kva, generates, area, feeder, meter, ct, pt, valid_from,
       closed_at, received_at)
     select u.account, coalesce(u.point, ''), $1::int, u.line, u.customer, u.class, u.contract,
       u.tariff, u.trade, u.kva, u.generates, u.area, u.feeder, u.meter, u.ct, u.pt,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.closed_ms / 1000), $2::timestamptz
     from unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
         $10::text[], $11::numeric[], $12::bool[], $13::text[], $14::text[], $15::text[],
         $16::text[], $17::text[], $18::float8[], $19::float8[])
       as u (account, point, line, customer, class, contract, tariff, trade, kva, generates, area,
         feeder, meter, ct, pt, from_ms, closed_ms)`,
    [
      importId,
      timestamptz(at),
      rows.map(({ account }) => account),
      rows.map(({ usagePoint }) => usagePoint),
      rows.map(({ line }) => line),
      rows.map(({ customer }) => customer),
      rows.map(({ customerClass }) => customerClass),
      rows.map(({ contract }) => contract ?? null),
      rows.map(({ tariff }) => tariff ?? null),
      rows.map(({ trade }) => trade ?? null),
      rows.map(({ capacityKva }) => capacityKva ?? null),
      rows.map(({ generates }) => generates ?? null),
      rows.map(({ area }) => area),
      rows.map(({ feeder }) => feeder),
      rows.map(({ meter }) => meter),
      rows.map(({ ct }) => ct),
      rows.map(({ pt }) => pt),
      rows.map(({ validFrom, effective }) => (effective === undefined ? validFrom : null)),
      rows.map(({ closedAt }) => closedAt),
    ],
  )
}
