import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { RegisterShown } from './archive-details.ts'

export interface KnownInstallation {
  readonly id: number
  readonly meter_id: number
  readonly usage_point_id: number
  readonly ct_numerator: bigint
  readonly ct_denominator: bigint
  readonly pt_numerator: bigint
  readonly pt_denominator: bigint
  readonly valid_from: Instant
  readonly valid_to: Instant | null
}

export async function selectKnownInstallations(
  db: Db,
  meterIds: readonly number[],
  usagePointIds: readonly number[],
): Promise<KnownInstallation[]> {
  return await db.query<KnownInstallation>(
    `select id, meter_id, usage_point_id, ct_numerator, ct_denominator, pt_numerator,
       pt_denominator, valid_from, valid_to
     from installation
     where meter_id = any($1::int[]) or usage_point_id = any($2::int[]) order by valid_from`,
    [meterIds, usagePointIds],
  )
}

export async function closeInstallations(
  db: Db,
  rows: readonly { readonly id: number; readonly validTo: Instant }[],
): Promise<void> {
  await db.query(
    `update installation i set valid_to = to_timestamp(u.to_ms / 1000)
     from unnest($1::int[], $2::float8[]) as u (id, to_ms) where i.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ validTo }) => validTo)],
  )
}

export async function insertInstallations(
  db: Db,
  rows: readonly Omit<KnownInstallation, 'id'>[],
): Promise<{ id: number; meter_id: number }[]> {
  return await db.query(
    `insert into installation (meter_id, usage_point_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from, valid_to)
     select u.meter_id, u.usage_point_id, u.ct_n, u.ct_d, u.pt_n, u.pt_d,
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000)
     from unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
       $7::float8[], $8::float8[])
       as u (meter_id, usage_point_id, ct_n, ct_d, pt_n, pt_d, from_ms, to_ms)
     returning id, meter_id`,
    [
      rows.map(({ meter_id }) => meter_id),
      rows.map(({ usage_point_id }) => usage_point_id),
      rows.map(({ ct_numerator }) => ct_numerator),
      rows.map(({ ct_denominator }) => ct_denominator),
      rows.map(({ pt_numerator }) => pt_numerator),
      rows.map(({ pt_denominator }) => pt_denominator),
      rows.map(({ valid_from }) => valid_from),
      rows.map(({ valid_to }) => valid_to),
    ],
  )
}

export type RegisterEnd = 'opening' | 'closing'

export interface KnownShown {
  readonly installation_id: number
  /** Of the meter that hung there. */
  readonly address: string
  /** Null where nothing is known of any. */
  readonly register: string | null
  readonly digits: bigint | null
  readonly scale: number | null
}

export async function selectShown(
  db: Db,
  end: RegisterEnd,
  installationIds: readonly number[],
): Promise<KnownShown[]> {
  return await db.query<KnownShown>(
    `select i.id as installation_id, m.address, r.register, r.${end}_digits as digits,
       r.${end}_scale as scale
     from installation i join meter m on m.id = i.meter_id
     left join installation_register r on r.installation_id = i.id and r.${end}_digits is not null
     where i.id = any($1::int[])`,
    [installationIds],
  )
}

/** What registers showed when their meters were put up, or were taken down. */
export async function writeRegisters(
  db: Db,
  end: RegisterEnd,
  rows: readonly (RegisterShown & { readonly installationId: number })[],
): Promise<void> {
  if (rows.length === 0) return
  await db.query(
    `insert into installation_register (installation_id, register, ${end}_digits, ${end}_scale)
     select * from unnest($1::int[], $2::text[], $3::bigint[], $4::smallint[])
     on conflict (installation_id, register) do update set
       ${end}_digits = excluded.${end}_digits, ${end}_scale = excluded.${end}_scale`,
    [
      rows.map(({ installationId }) => installationId),
      rows.map(({ register }) => register),
      rows.map(({ digits }) => digits),
      rows.map(({ scale }) => scale),
    ],
  )
}
