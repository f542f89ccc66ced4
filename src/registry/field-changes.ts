import type { ProtocolName } from '#protocols/model'
import {
  type ChannelId,
  type ConcentratorId,
  fail,
  type Instant,
  idOf,
  type MeterId,
  ok,
  type Result,
  type UsagePointId,
} from '#src/core'
import { type Db, timestamptz } from '#src/db'
import { lockArchive, moveRevision } from './archive-queries.ts'
import { reachTo } from './archive-turn.ts'
import { type MovedMeters, type RegistersAtChange, recordChange } from './field-records.ts'

/** An exact ratio of current or voltage transformers. */
export interface TransformerRatio {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** A meter that is put up. */
export interface NewMeter {
  readonly address: string
  readonly protocol: ProtocolName
  readonly profile: string | null
  readonly model: string | null
}

export interface InstalledMeter {
  readonly meterId: MeterId
  readonly address: string
  readonly protocol: ProtocolName
  readonly channelId: ChannelId
  readonly usagePointId: UsagePointId
  readonly ct: TransformerRatio
  readonly pt: TransformerRatio
  readonly from: Instant
}

export interface ChangeRefusal {
  readonly kind: 'not-installed' | 'occupied' | 'too-early' | 'address-taken' | 'unknown'
  readonly message: string
}

type Changed<T> = Result<T, ChangeRefusal>
/** What registers showed, and who did it. */
interface Recorded {
  readonly registers: RegistersAtChange
  readonly by: string
}
type Ratios = { readonly ct: TransformerRatio | null; readonly pt: TransformerRatio | null }

/** The installation of a meter that lasts; undefined where it hangs nowhere. */
export async function installedMeter(
  db: Db,
  meterId: MeterId,
): Promise<InstalledMeter | undefined> {
  return (await selectInstalled(db, 'i.meter_id', meterId))[0]
}

/** The meter that hangs at a usage point now. */
export async function meterAtPoint(
  db: Db,
  usagePointId: UsagePointId,
): Promise<InstalledMeter | undefined> {
  return (await selectInstalled(db, 'i.usage_point_id', usagePointId))[0]
}

/**
 * One meter in the place of another, at one instant: the old installation ends where the new one
 * begins. Ratios are kept where none are given. In the transaction of the caller.
 */
export async function replaceMeter(
  tx: Db,
  old: MeterId,
  meter: NewMeter,
  at: Instant,
  ratios: Ratios,
  { registers, by }: Recorded,
): Promise<Changed<InstalledMeter>> {
  await lockArchive(tx)
  const was = await installedMeter(tx, old)
  if (!was) return refused('not-installed', `meter ${old} hangs nowhere`)
  const ended = await endAt(tx, was, at)
  if (!ended.ok) return ended
  const { ct, pt } = { ct: ratios.ct ?? was.ct, pt: ratios.pt ?? was.pt }
  const hung = await hang(tx, meter, was.channelId, was.usagePointId, at, { ct, pt })
  if (!hung.ok) return hung
  await recordChange(tx, { came: hung.value.meterId, gone: old, at, registers, by })
  return hung
}

/** A meter at a usage point where none is. */
export async function installMeter(
  tx: Db,
  meter: NewMeter,
  channelId: ChannelId,
  usagePointId: UsagePointId,
  at: Instant,
  ratios: { readonly ct: TransformerRatio; readonly pt: TransformerRatio },
  { registers, by }: Recorded,
): Promise<Changed<InstalledMeter>> {
  await lockArchive(tx)
  const there = await meterAtPoint(tx, usagePointId)
  if (there) return refused('occupied', `meter ${there.address} hangs there`)
  const hung = await hang(tx, meter, channelId, usagePointId, at, ratios)
  if (!hung.ok) return hung
  await recordChange(tx, { came: hung.value.meterId, gone: null, at, registers, by })
  return hung
}

/** Takes a meter away for good: it is asked no more, and what it told stays. */
export async function retireMeter(
  tx: Db,
  meterId: MeterId,
  at: Instant,
  { registers, by }: Recorded,
): Promise<Changed<InstalledMeter>> {
  await lockArchive(tx)
  const was = await installedMeter(tx, meterId)
  if (!was) return refused('not-installed', `meter ${meterId} hangs nowhere`)
  const ended = await endAt(tx, was, at)
  if (!ended.ok) return ended
  await reachTo(tx, at)
  await recordChange(tx, { came: null, gone: meterId, at, registers, by })
  await moveRevision(tx)
  return ok(was)
}

/**
 * All meters of a concentrator behind another one, which takes its place in the area. Meters that
 * are named by their terminal (`RRRR-TTTT/N`) are named by the new one then.
 */
export async function moveMeters(
  tx: Db,
  from: ConcentratorId,
  address: string,
): Promise<Changed<MovedMeters>> {
  await lockArchive(tx)
  const [old] = await tx.query<{ address: string; channel_id: number; kind: string }>(
    `select c.address, c.channel_id, h.kind from concentrator c
     join channel h on h.id = c.channel_id where c.id = $1::int`,
    [from],
  )
  if (!old) return refused('unknown', `there is no concentrator ${from}`)
  const [taken] = await tx.query(`select 1 as one from concentrator where address = $1::text`, [
    address,
  ])
  if (taken) return refused('address-taken', `concentrator ${address} is in the archive already`)
  if (old.kind !== 'dialin') return refused('unknown', 'only concentrators that call are replaced')
  const [made] = await tx.query<{ id: number; channel_id: number }>(
    `with h as (
       insert into channel (name, kind, settings)
       select 'dialin-' || $2::text, kind, settings || jsonb_build_object('identity', $2::text)
       from channel where id = $1::int returning id)
     insert into concentrator (address, name, channel_id, transformer_id)
     select $2::text, c.name, h.id, c.transformer_id from concentrator c, h
     where c.channel_id = $1::int returning id, channel_id`,
    [old.channel_id, address],
  )
  if (!made) return refused('unknown', `concentrator ${from} has no channel`)
  const moved = await tx.query(
    `update meter set channel_id = $2::int, address = case
       when left(address, char_length($3::text) + 1) = $3::text || '/'
       then $4::text || substr(address, char_length($3::text) + 1) else address end
     where channel_id = $1::int and retired_at is null returning 1`,
    [old.channel_id, made.channel_id, old.address, address],
  )
  await moveRevision(tx)
  return ok({
    concentratorId: idOf(made.id),
    channelId: idOf(made.channel_id),
    meters: moved.length,
  })
}

async function selectInstalled(
  db: Db,
  column: 'i.meter_id' | 'i.usage_point_id',
  id: number,
): Promise<InstalledMeter[]> {
  const rows = await db.query<{
    meter_id: number
    address: string
    protocol: ProtocolName
    channel_id: number
    usage_point_id: number
    ct_numerator: bigint
    ct_denominator: bigint
    pt_numerator: bigint
    pt_denominator: bigint
    valid_from: Instant
  }>(
    `select i.meter_id, m.address, m.protocol, m.channel_id, i.usage_point_id, i.ct_numerator,
       i.ct_denominator, i.pt_numerator, i.pt_denominator, i.valid_from
     from installation_now i join meter m on m.id = i.meter_id
     where ${column} = $1::int`,
    [id],
  )
  return rows.map((row) => ({
    meterId: idOf(row.meter_id),
    address: row.address,
    protocol: row.protocol,
    channelId: idOf(row.channel_id),
    usagePointId: idOf(row.usage_point_id),
    ct: { numerator: row.ct_numerator, denominator: row.ct_denominator },
    pt: { numerator: row.pt_numerator, denominator: row.pt_denominator },
    from: row.valid_from,
  }))
}

async function endAt(tx: Db, was: InstalledMeter, at: Instant): Promise<Changed<void>> {
  if (at <= was.from) return refused('too-early', `meter ${was.address} was not there yet`)
  await tx.query(
    `update installation i set valid_to = $2::timestamptz
     from installation_now n where n.meter_id = $1::int and n.id = i.id`,
    [was.meterId, timestamptz(at)],
  )
  await tx.query(`update meter set retired_at = $2::timestamptz where id = $1::int`, [
    was.meterId,
    timestamptz(at),
  ])
  return ok(undefined)
}

async function hang(
  tx: Db,
  meter: NewMeter,
  channelId: ChannelId,
  usagePointId: UsagePointId,
  at: Instant,
  { ct, pt }: { readonly ct: TransformerRatio; readonly pt: TransformerRatio },
): Promise<Changed<InstalledMeter>> {
  const meterId = await meterFor(tx, meter, channelId)
  if (meterId === null) return refused('address-taken', `meter ${meter.address} hangs elsewhere`)
  const [overlap] = await tx.query(
    `select 1 as one from installation where (meter_id = $1::int or usage_point_id = $2::int)
       and tstzrange(valid_from, valid_to) @> $3::timestamptz`,
    [meterId, usagePointId, timestamptz(at)],
  )
  if (overlap) return refused('too-early', 'place or meter had another installation at that time')
  await tx.query(
    `insert into installation (meter_id, usage_point_id, ct_numerator, ct_denominator,
       pt_numerator, pt_denominator, valid_from, valid_to)
     select $1::int, $2::int, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::timestamptz,
       min(n.valid_from) from installation n
     where (n.meter_id = $1::int or n.usage_point_id = $2::int)
       and n.valid_from > $7::timestamptz`,
    [
      meterId,
      usagePointId,
      ct.numerator,
      ct.denominator,
      pt.numerator,
      pt.denominator,
      timestamptz(at),
    ],
  )
  await reachTo(tx, at)
  await moveRevision(tx)
  const hung = await installedMeter(tx, meterId)
  return hung ? ok(hung) : refused('unknown', 'the installation was not written')
}

/** A row of its own, one from the store that hung nowhere yet, or null where it hangs elsewhere. */
async function meterFor(tx: Db, meter: NewMeter, channelId: ChannelId): Promise<MeterId | null> {
  const { address, protocol, profile, model } = meter
  const [known] = await tx.query<{ id: number; hangs: boolean }>(
    `select m.id, exists (select from installation_now i where i.meter_id = m.id) as hangs
     from meter m where m.protocol = $1::text and m.address = $2::text and m.retired_at is null
       and (m.channel_id = $3::int
         or $1::text in ('dlt645-2007', 'dlt645-1997', 'gdw376', 'dlt698'))`,
    [protocol, address, channelId],
  )
  if (known?.hangs) return null
  if (known) {
    await tx.query(
      `update meter set channel_id = $2::int, profile = $3::text,
         model = coalesce($4::text, model) where id = $1::int`,
      [known.id, channelId, profile, model],
    )
    return idOf(known.id)
  }
  const [made] = await tx.query<{ id: number }>(
    `insert into meter (address, protocol, profile, model, channel_id)
     values ($1::text, $2::text, $3::text, $4::text, $5::int) returning id`,
    [address, protocol, profile, model, channelId],
  )
  return made ? idOf(made.id) : null
}

function refused(kind: ChangeRefusal['kind'], message: string): Result<never, ChangeRefusal> {
  return fail({ kind, message })
}
