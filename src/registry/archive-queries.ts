import type { ProtocolName } from '#protocols/model'
import type { Db } from '#src/db'
import type { ChannelKind, ChannelSettings } from './types.ts'

/** Two imports at once would each see a half of the other. */
export async function lockArchive(db: Db): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtext('archive import'))`)
}

/** Read by running head-ends, which take the archive in anew when it has moved. */
export async function selectRevision(db: Db): Promise<bigint | undefined> {
  const rows = await db.query<{ revision: bigint }>(`select revision from archive_revision`)
  return rows[0]?.revision
}

export async function moveRevision(db: Db): Promise<void> {
  await db.query(`update archive_revision set revision = revision + 1`)
}

export interface KnownPlace {
  readonly id: number
  readonly code: string
  readonly parent_id: number | null
}

/** Inserts the codes that are new; all of the given ones come back with their ids. */
export async function ensureFeeders(db: Db, codes: readonly string[]): Promise<KnownPlace[]> {
  await db.query(
    `insert into feeder (code) select unnest($1::text[]) on conflict (code) do nothing`,
    [codes],
  )
  return await db.query<KnownPlace>(
    `select id, code, null::int as parent_id from feeder where code = any($1::text[])`,
    [codes],
  )
}

export async function ensureTransformers(db: Db, codes: readonly string[]): Promise<KnownPlace[]> {
  await db.query(
    `insert into transformer (code) select unnest($1::text[]) on conflict (code) do nothing`,
    [codes],
  )
  return await db.query<KnownPlace>(
    `select id, code, feeder_id as parent_id from transformer where code = any($1::text[])`,
    [codes],
  )
}

export async function updateTransformerFeeders(
  db: Db,
  changes: readonly { readonly id: number; readonly feederId: number }[],
): Promise<void> {
  await db.query(
    `update transformer t set feeder_id = u.feeder_id
     from unnest($1::int[], $2::int[]) as u (id, feeder_id) where t.id = u.id`,
    [changes.map(({ id }) => id), changes.map(({ feederId }) => feederId)],
  )
}

export interface KnownChannel {
  readonly id: number
  readonly name: string
  readonly kind: ChannelKind
  readonly settings: ChannelSettings
}

export async function selectKnownChannels(db: Db): Promise<KnownChannel[]> {
  return await db.query<KnownChannel>(`select id, name, kind, settings from channel`)
}

export async function insertChannels(
  db: Db,
  channels: readonly Omit<KnownChannel, 'id'>[],
): Promise<{ id: number; name: string }[]> {
  return await db.query(
    `insert into channel (name, kind, settings)
     select * from unnest($1::text[], $2::text[], $3::jsonb[]) returning id, name`,
    [
      channels.map(({ name }) => name),
      channels.map(({ kind }) => kind),
      channels.map(({ settings }) => JSON.stringify(settings)),
    ],
  )
}

export async function updateChannelSettings(
  db: Db,
  changes: readonly { readonly id: number; readonly settings: ChannelSettings }[],
): Promise<void> {
  await db.query(
    `update channel c set settings = u.settings
     from unnest($1::int[], $2::jsonb[]) as u (id, settings) where c.id = u.id`,
    [changes.map(({ id }) => id), changes.map(({ settings }) => JSON.stringify(settings))],
  )
}

export interface KnownConcentrator {
  readonly id: number
  readonly address: string
  readonly name: string
  readonly maker: string | null
  readonly channel_id: number
  readonly transformer_id: number | null
}

export async function selectKnownConcentrators(db: Db): Promise<KnownConcentrator[]> {
  return await db.query<KnownConcentrator>(
    `select id, address, name, maker, channel_id, transformer_id from concentrator`,
  )
}

/** Inserts or brings up to date, by address. */
export async function upsertConcentrators(
  db: Db,
  rows: readonly Omit<KnownConcentrator, 'id'>[],
): Promise<void> {
  await db.query(
    `insert into concentrator (address, name, channel_id, transformer_id, maker)
     select * from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[])
     on conflict (address) do update set name = excluded.name, maker = excluded.maker,
       channel_id = excluded.channel_id, transformer_id = excluded.transformer_id`,
    [
      rows.map(({ address }) => address),
      rows.map(({ name }) => name),
      rows.map(({ channel_id }) => channel_id),
      rows.map(({ transformer_id }) => transformer_id),
      rows.map(({ maker }) => maker),
    ],
  )
}

export interface KnownAccount {
  readonly id: number
  readonly no: string
  readonly customer_id: number
  readonly name: string
  readonly class: string
}

export async function selectKnownAccounts(
  db: Db,
  numbers: readonly string[],
): Promise<KnownAccount[]> {
  return await db.query<KnownAccount>(
    `select a.id, a.no, a.customer_id, c.name, c.class
     from account a join customer c on c.id = a.customer_id where a.no = any($1::text[])`,
    [numbers],
  )
}

/** Each new account gets a customer of its own. */
export async function insertAccounts(
  db: Db,
  rows: readonly { readonly no: string; readonly name: string; readonly class: string }[],
): Promise<{ id: number; no: string }[]> {
  return await db.query(
    `with ids as materialized (
       select pg_get_serial_sequence('customer', 'id')::regclass as sequence
     ), rows as (
       select no, name, class, nextval(sequence)::int as customer_id
       from ids, unnest($1::text[], $2::text[], $3::text[]) as u (no, name, class)
     ), customers as (
       insert into customer (id, name, class) overriding system value
       select customer_id, name, class from rows returning id)
     insert into account (no, customer_id)
     select rows.no, customers.id from rows join customers on customers.id = rows.customer_id
     returning id, no`,
    [rows.map(({ no }) => no), rows.map(({ name }) => name), rows.map((row) => row.class)],
  )
}

export async function updateCustomers(
  db: Db,
  rows: readonly { readonly id: number; readonly name: string; readonly class: string }[],
): Promise<void> {
  await db.query(
    `update customer c set name = u.name, class = u.class
     from unnest($1::int[], $2::text[], $3::text[]) as u (id, name, class) where c.id = u.id`,
    [rows.map(({ id }) => id), rows.map(({ name }) => name), rows.map((row) => row.class)],
  )
}

export interface KnownUsagePoint {
  readonly id: number
  readonly code: string
  readonly account_id: number | null
  readonly transformer_id: number | null
}

export async function selectKnownUsagePoints(
  db: Db,
  codes: readonly string[],
): Promise<KnownUsagePoint[]> {
  return await db.query<KnownUsagePoint>(
    `select id, code, account_id, transformer_id from usage_point where code = any($1::text[])`,
    [codes],
  )
}

/** Inserts or brings up to date, by code. */
export async function upsertUsagePoints(
  db: Db,
  rows: readonly Omit<KnownUsagePoint, 'id'>[],
): Promise<{ id: number; code: string }[]> {
  return await db.query(
    `insert into usage_point (code, account_id, transformer_id)
     select * from unnest($1::text[], $2::int[], $3::int[])
     on conflict (code) do update set account_id = excluded.account_id,
       transformer_id = excluded.transformer_id
     returning id, code`,
    [
      rows.map(({ code }) => code),
      rows.map(({ account_id }) => account_id),
      rows.map(({ transformer_id }) => transformer_id),
    ],
  )
}

export interface KnownMeter {
  readonly id: number
  readonly address: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
  readonly maker: string | null
  readonly channel_id: number
  readonly channel: string
}

export async function selectKnownMeters(
  db: Db,
  addresses: readonly string[],
): Promise<KnownMeter[]> {
  return await db.query<KnownMeter>(
    `select m.id, m.address, m.protocol, m.profile, m.model, m.maker, m.channel_id,
       c.name as channel
     from meter m join channel c on c.id = m.channel_id where m.address = any($1::text[])
       and m.retired_at is null`,
    [addresses],
  )
}

export async function insertMeters(
  db: Db,
  rows: readonly Omit<KnownMeter, 'id' | 'channel'>[],
): Promise<{ id: number; address: string; protocol: ProtocolName; channel_id: number }[]> {
  return await db.query(
    `insert into meter (address, protocol, profile, model, channel_id, maker)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[])
     returning id, address, protocol, channel_id`,
    [
      rows.map(({ address }) => address),
      rows.map(({ protocol }) => protocol),
      rows.map(({ profile }) => profile),
      rows.map(({ model }) => model),
      rows.map(({ channel_id }) => channel_id),
      rows.map(({ maker }) => maker),
    ],
  )
}

export async function updateMeters(
  db: Db,
  rows: readonly Pick<KnownMeter, 'id' | 'profile' | 'model' | 'maker' | 'channel_id'>[],
): Promise<void> {
  await db.query(
    `update meter m set profile = u.profile, model = u.model, channel_id = u.channel_id,
       maker = u.maker
     from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[])
       as u (id, profile, model, channel_id, maker)
     where m.id = u.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ profile }) => profile),
      rows.map(({ model }) => model),
      rows.map(({ channel_id }) => channel_id),
      rows.map(({ maker }) => maker),
    ],
  )
}
