import type { ProtocolName } from '#protocols/model'
import {
  type ChannelId,
  type ConcentratorId,
  type Id,
  type Instant,
  idOf,
  type MeterId,
  plainCode,
  type UsagePointId,
} from '#src/core'
import type { Db } from '#src/db'
import { reducedRatio } from './ratio.ts'
import type {
  Account,
  ChannelKind,
  ConcentratorRecord,
  ConcentratorSighting,
  CustomerClass,
  Installation,
  MeterFilter,
  MeterRecord,
} from './types.ts'

interface MeterRow {
  readonly id: number
  readonly address: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
  readonly channel_id: number
  readonly channel_name: string
  readonly channel_kind: ChannelKind
  readonly concentrator_id: number | null
  readonly concentrator: string | null
  readonly usage_point: string | null
  readonly account: string | null
  readonly removed: boolean
  readonly since: Instant | null
}

const meterRecord = (row: MeterRow): MeterRecord => ({
  id: idOf(row.id),
  address: row.address,
  protocol: row.protocol,
  profile: row.profile,
  model: row.model,
  channelId: idOf(row.channel_id),
  channelName: row.channel_name,
  channelKind: row.channel_kind,
  concentratorId: row.concentrator_id === null ? null : idOf(row.concentrator_id),
  concentrator: row.concentrator,
  usagePoint: row.usage_point,
  account: row.account,
  ...(row.removed && { removed: true }),
  ...(row.since !== null && { since: row.since }),
})

/** Where a meter is installed now; one that is yet to be hung up hangs nowhere. */
const meterSelect = `
  select m.id, m.address, m.protocol, m.profile, m.model, m.channel_id,
    ch.name as channel_name, ch.kind as channel_kind,
    co.id as concentrator_id, co.address as concentrator,
    up.code as usage_point, ac.no as account,
    i.meter_id is null
      and exists (select from installation e where e.meter_id = m.id) as removed,
    i.valid_from as since
  from meter m
  join channel ch on ch.id = m.channel_id
  left join concentrator co on co.channel_id = m.channel_id
  left join installation_now i on i.meter_id = m.id
  left join usage_point up on up.id = i.usage_point_id
  left join account ac on ac.id = up.account_id`

export async function selectAllMeters(db: Db): Promise<MeterRecord[]> {
  const rows = await db.query<MeterRow>(
    `${meterSelect} where m.retired_at is null order by m.channel_id, m.address`,
  )
  return rows.map(meterRecord)
}

export async function selectMetersOfChannel(db: Db, id: ChannelId): Promise<MeterRecord[]> {
  const rows = await db.query<MeterRow>(
    `${meterSelect} where m.channel_id = $1::int and m.retired_at is null order by m.address`,
    [id],
  )
  return rows.map(meterRecord)
}

export async function selectMeter(db: Db, id: MeterId): Promise<MeterRecord | undefined> {
  const rows = await db.query<MeterRow>(`${meterSelect} where m.id = $1::int`, [id])
  return rows.map(meterRecord)[0]
}

export async function selectMetersByAddress(
  db: Db,
  protocol: ProtocolName,
  address: string,
): Promise<MeterRecord[]> {
  const rows = await db.query<MeterRow>(
    `${meterSelect} where m.protocol = $1::text and m.address = $2::text
       and m.retired_at is null order by m.id`,
    [protocol, address],
  )
  return rows.map(meterRecord)
}

/** In any protocol: addresses are read by people, too. */
export async function selectMetersByAddresses(
  db: Db,
  addresses: readonly string[],
): Promise<MeterRecord[]> {
  const rows = await db.query<MeterRow>(
    `${meterSelect} where m.address = any($1::text[]) and m.retired_at is null order by m.id`,
    [addresses],
  )
  return rows.map(meterRecord)
}

/** Meters after an id, in the order of their ids. */
export async function selectMeterPage(
  db: Db,
  after: number,
  limit: number,
  filter: MeterFilter,
): Promise<MeterRecord[]> {
  const rows = await db.query<MeterRow>(
    `${meterSelect}
     where m.id > $1::int
       and ($3::int is null or co.id = $3::int)
       and ($4::int is null or m.channel_id = $4::int)
       and ($5::text is null or m.protocol = $5::text)
       and ($6::text is null or m.address = $6::text)
       and ($7::text is null or ac.no = $7::text)
     order by m.id limit $2::int`,
    [
      after,
      limit,
      filter.concentratorId ?? null,
      filter.channelId ?? null,
      filter.protocol ?? null,
      filter.address ?? null,
      filter.account === undefined ? null : plainCode(filter.account),
    ],
  )
  return rows.map(meterRecord)
}

interface ConcentratorRow {
  readonly id: number
  readonly address: string
  readonly name: string
  readonly channel_id: number
  readonly transformer: string | null
  readonly meters: number
  readonly online: boolean
  readonly last_heard_at: Instant | null
  readonly remote_address: string | null
  readonly signal: number | null
}

const concentratorRecord = (row: ConcentratorRow): ConcentratorRecord => ({
  id: idOf(row.id),
  address: row.address,
  name: row.name,
  channelId: idOf(row.channel_id),
  transformer: row.transformer,
  meters: row.meters,
  online: row.online,
  lastHeardAt: row.last_heard_at,
  remoteAddress: row.remote_address,
  signal: row.signal,
})

const concentratorSelect = `
  select c.id, c.address, c.name, c.channel_id, t.code as transformer,
    (select count(*)::int from meter m
      where m.channel_id = c.channel_id and m.retired_at is null) as meters,
    coalesce(s.online, false) as online, s.last_heard_at, s.remote_address, s.signal
  from concentrator c
  left join transformer t on t.id = c.transformer_id
  left join concentrator_state s on s.concentrator_id = c.id`

/** Concentrators after an id, in the order of their ids; all of them without a limit. */
export async function selectConcentrators(
  db: Db,
  after: number,
  limit: number | null,
): Promise<ConcentratorRecord[]> {
  const rows = await db.query<ConcentratorRow>(
    `${concentratorSelect} where c.id > $1::int order by c.id limit $2::int`,
    [after, limit],
  )
  return rows.map(concentratorRecord)
}

export async function selectConcentrator(
  db: Db,
  id: ConcentratorId,
): Promise<ConcentratorRecord | undefined> {
  const rows = await db.query<ConcentratorRow>(`${concentratorSelect} where c.id = $1::int`, [id])
  return rows.map(concentratorRecord)[0]
}

export async function selectConcentratorByAddress(
  db: Db,
  address: string,
): Promise<ConcentratorRecord | undefined> {
  const rows = await db.query<ConcentratorRow>(`${concentratorSelect} where c.address = $1::text`, [
    address,
  ])
  return rows.map(concentratorRecord)[0]
}

/** One row a concentrator; what is null keeps the stored value. */
export async function upsertSightings(
  db: Db,
  sightings: readonly ConcentratorSighting[],
): Promise<void> {
  await db.query(
    `insert into concentrator_state as s
       (concentrator_id, online, last_heard_at, remote_address, signal)
     select u.id, u.online, to_timestamp(u.heard_ms / 1000), u.remote_address, u.signal
     from unnest($1::int[], $2::bool[], $3::float8[], $4::text[], $5::smallint[])
       as u (id, online, heard_ms, remote_address, signal)
     on conflict (concentrator_id) do update set
       online = excluded.online,
       last_heard_at = greatest(excluded.last_heard_at, s.last_heard_at),
       remote_address = coalesce(excluded.remote_address, s.remote_address),
       signal = coalesce(excluded.signal, s.signal)`,
    [
      sightings.map(({ id }) => id),
      sightings.map(({ online }) => online),
      sightings.map(({ lastHeardAt }) => lastHeardAt ?? null),
      sightings.map(({ remoteAddress }) => remoteAddress ?? null),
      sightings.map(({ signal }) => signal ?? null),
    ],
  )
}

export async function updateAllOffline(db: Db): Promise<void> {
  await db.query(`update concentrator_state set online = false where online`)
}

export async function selectAccount(db: Db, no: string): Promise<Account | undefined> {
  const rows = await db.query<{
    id: number
    no: string
    name: string
    class: CustomerClass
  }>(
    `select a.id, a.no, c.name, c.class from account a join customer c on c.id = a.customer_id
     where a.no = $1::text`,
    [plainCode(no)],
  )
  const row = rows[0]
  if (row === undefined) return undefined
  const id: Id<'account'> = idOf(row.id)
  return { id, no: row.no, customerName: row.name, customerClass: row.class }
}

export async function selectInstallations(
  db: Db,
  of: { readonly account: Id<'account'> } | { readonly meter: MeterId },
  from: Instant,
  to: Instant,
): Promise<Installation[]> {
  const account = 'account' in of ? of.account : null
  const meter = 'meter' in of ? of.meter : null
  const rows = await db.query<{
    meter_id: number
    usage_point_id: number
    numerator: string
    denominator: string
    valid_from: Instant
    valid_to: Instant | null
  }>(
    `select i.meter_id, i.usage_point_id, i.valid_from, i.valid_to,
       (i.ct_numerator::numeric * i.pt_numerator)::text as numerator,
       (i.ct_denominator::numeric * i.pt_denominator)::text as denominator
     from installation i join usage_point p on p.id = i.usage_point_id
     where ($1::int is null or p.account_id = $1)
       and ($4::int is null or i.meter_id = $4)
       and i.valid_from < to_timestamp($3::float8 / 1000)
       and (i.valid_to is null or i.valid_to > to_timestamp($2::float8 / 1000))
     order by i.valid_from, i.id`,
    [account, from, to, meter],
  )
  return rows.map((row) => {
    const meterId: MeterId = idOf(row.meter_id)
    const usagePointId: UsagePointId = idOf(row.usage_point_id)
    const ratio = reducedRatio(BigInt(row.numerator), BigInt(row.denominator))
    return { meterId, usagePointId, ratio, from: row.valid_from, to: row.valid_to }
  })
}
