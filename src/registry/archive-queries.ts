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

export interface KnownMeter {
  readonly id: number
  readonly address: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
  readonly maker: string | null
  readonly channel_id: number
  readonly channel: string
  readonly wiring: string | null
  readonly nominal_voltage: string | null
  readonly basic_current: string | null
  readonly max_current: string | null
  readonly register_digits: number | null
}

export async function selectKnownMeters(
  db: Db,
  addresses: readonly string[],
): Promise<KnownMeter[]> {
  return await db.query<KnownMeter>(
    `select m.id, m.address, m.protocol, m.profile, m.model, m.maker, m.channel_id,
       c.name as channel, m.wiring, trim_scale(m.nominal_voltage)::text as nominal_voltage,
       trim_scale(m.basic_current)::text as basic_current,
       trim_scale(m.max_current)::text as max_current, m.register_digits
     from meter m join channel c on c.id = m.channel_id where m.address = any($1::text[])
       and m.retired_at is null`,
    [addresses],
  )
}

export type MeterWrite = Omit<KnownMeter, 'channel'>

const plateColumns = 'wiring, nominal_voltage, basic_current, max_current, register_digits'

const plateOf = (rows: readonly Omit<MeterWrite, 'id'>[]) => [
  rows.map(({ wiring }) => wiring),
  rows.map(({ nominal_voltage }) => nominal_voltage),
  rows.map(({ basic_current }) => basic_current),
  rows.map(({ max_current }) => max_current),
  rows.map(({ register_digits }) => register_digits),
]

export async function insertMeters(
  db: Db,
  rows: readonly Omit<MeterWrite, 'id'>[],
): Promise<{ id: number; address: string; protocol: ProtocolName; channel_id: number }[]> {
  return await db.query(
    `insert into meter (address, protocol, profile, model, channel_id, maker, ${plateColumns})
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[],
       $7::text[], $8::numeric[], $9::numeric[], $10::numeric[], $11::smallint[])
     returning id, address, protocol, channel_id`,
    [
      rows.map(({ address }) => address),
      rows.map(({ protocol }) => protocol),
      rows.map(({ profile }) => profile),
      rows.map(({ model }) => model),
      rows.map(({ channel_id }) => channel_id),
      rows.map(({ maker }) => maker),
      ...plateOf(rows),
    ],
  )
}

export async function updateMeters(db: Db, rows: readonly MeterWrite[]): Promise<void> {
  await db.query(
    `update meter m set profile = u.profile, model = u.model, channel_id = u.channel_id,
       maker = u.maker, wiring = u.wiring, nominal_voltage = u.nominal_voltage,
       basic_current = u.basic_current, max_current = u.max_current,
       register_digits = u.register_digits
     from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
         $7::numeric[], $8::numeric[], $9::numeric[], $10::smallint[])
       as u (id, profile, model, channel_id, maker, ${plateColumns})
     where m.id = u.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ profile }) => profile),
      rows.map(({ model }) => model),
      rows.map(({ channel_id }) => channel_id),
      rows.map(({ maker }) => maker),
      ...plateOf(rows),
    ],
  )
}
