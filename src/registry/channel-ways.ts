import { type ChannelId, type Instant, idOf } from '#src/core'
import type { Database, Db } from '#src/db'
import { moveRevision } from './archive-queries.ts'
import { type ChannelRow, channelRecord, channelSelect } from './channel-queries.ts'
import type { ChannelRecord, ChannelWay, PermitPool } from './types.ts'

export const poolKinds = ['cell', 'sim-pool', 'gateway'] as const
export type PoolKind = (typeof poolKinds)[number]

/** A pool with what counts to it. */
export interface PoolRecord extends PermitPool {
  readonly kind: PoolKind
  readonly channels: readonly string[]
}

/** A channel goes another way, and why (通道切换). */
export interface ChannelChange {
  readonly channelId: ChannelId
  readonly used: 'primary' | 'backup'
  /** The code of what failed, or `recovered`. */
  readonly reason: string
  readonly message: string
  readonly at: Instant
}

type Also = (tx: Db) => Promise<void>

/** A channel with the way that it goes now. */
export interface ChannelState extends ChannelRecord {
  readonly used: 'primary' | 'backup'
  readonly since: Instant | null
}

/** Second ways of channels (主备通道), which of the two was used when, and what channels share. */
export interface ChannelWays {
  /** Channels by their ids, from the one after `after`. */
  list(after: number, limit: number): Promise<readonly ChannelState[]>
  /** Sets or, with null, takes away the second way of a channel; false where there is no such channel. */
  setBackup(channel: ChannelId, way: ChannelWay | null, also: Also): Promise<boolean>
  /** Keeps that a channel changed its way. */
  changed(changes: readonly ChannelChange[]): Promise<void>
  /** Newest first; of one channel or of all. */
  changes(channel: ChannelId | null, limit: number): Promise<readonly ChannelChange[]>
  pools(): Promise<readonly PoolRecord[]>
  /** Makes or changes a pool; the names of channels that do not exist, and then nothing is changed. */
  setPool(pool: PoolRecord, also: Also): Promise<readonly string[]>
  /** False where there is no such pool. */
  dropPool(name: string, also: Also): Promise<boolean>
}

export function createChannelWays(db: Database): ChannelWays {
  return {
    list: (after, limit) => selectStates(db, after, limit),
    setBackup: (channel, way, also) =>
      db.transaction(async (tx) => {
        const [known] = await tx.query(`select 1 from channel where id = $1::int`, [channel])
        if (known === undefined) return false
        if (way === null)
          await tx.query(`delete from channel_backup where channel_id = $1::int`, [channel])
        else await upsertBackup(tx, channel, way)
        await moveRevision(tx)
        await also(tx)
        return true
      }),
    changed: (changes) => insertChanges(db, changes),
    changes: (channel, limit) => selectChanges(db, channel, limit),
    pools: () => selectPools(db),
    setPool: (pool, also) =>
      db.transaction(async (tx) => {
        const unknown = await selectUnknown(tx, pool.channels)
        if (unknown.length > 0) return unknown
        await upsertPool(tx, pool)
        await moveRevision(tx)
        await also(tx)
        return []
      }),
    dropPool: (name, also) =>
      db.transaction(async (tx) => {
        const gone = await tx.query(`delete from permit_pool where name = $1::text returning 1`, [
          name,
        ])
        if (gone.length === 0) return false
        await moveRevision(tx)
        await also(tx)
        return true
      }),
  }
}

async function selectStates(db: Db, after: number, limit: number): Promise<ChannelState[]> {
  const rows = await db.query<
    ChannelRow & { readonly used: 'primary' | 'backup' | null; readonly since: Instant | null }
  >(
    `select s.*, l.used, l.at as since from (${channelSelect}) s
     left join lateral (select h.used, h.at from channel_change h where h.channel_id = s.id
       order by h.at desc, h.id desc limit 1) l on true
     where s.id > $1::int order by s.id limit $2::int`,
    [after, limit],
  )
  return rows.map(({ used, since, ...row }) => {
    // Without a second way there is only one to go, whatever was before.
    const now = row.backup === null ? null : used
    return { ...channelRecord(row), used: now ?? 'primary', since: now === null ? null : since }
  })
}

async function upsertBackup(tx: Db, channel: ChannelId, { kind, settings }: ChannelWay) {
  await tx.query(
    `insert into channel_backup (channel_id, kind, settings) values ($1::int, $2::text, $3::jsonb)
     on conflict (channel_id) do update set kind = excluded.kind, settings = excluded.settings`,
    [channel, kind, JSON.stringify(settings)],
  )
}

async function insertChanges(db: Db, changes: readonly ChannelChange[]): Promise<void> {
  await db.query(
    `insert into channel_change (channel_id, at, used, reason, message)
     select u.channel_id, to_timestamp(u.at_ms / 1000), u.used, u.reason, u.message
     from unnest($1::int[], $2::float8[], $3::text[], $4::text[], $5::text[])
       as u (channel_id, at_ms, used, reason, message)`,
    [
      changes.map(({ channelId }) => channelId),
      changes.map(({ at }) => at),
      changes.map(({ used }) => used),
      changes.map(({ reason }) => reason),
      changes.map(({ message }) => message),
    ],
  )
}

async function selectChanges(
  db: Db,
  channel: ChannelId | null,
  limit: number,
): Promise<ChannelChange[]> {
  const rows = await db.query<{
    channel_id: number
    at: Instant
    used: 'primary' | 'backup'
    reason: string
    message: string
  }>(
    `select channel_id, at, used, reason, message from channel_change
     where $1::int is null or channel_id = $1::int order by at desc, id desc limit $2::int`,
    [channel, limit],
  )
  return rows.map(({ channel_id, ...row }) => ({ ...row, channelId: idOf(channel_id) }))
}

async function selectPools(db: Db): Promise<PoolRecord[]> {
  const rows = await db.query<{
    name: string
    kind: PoolKind
    visits_max: number
    channels: string[]
  }>(
    `select p.name, p.kind, p.visits_max,
       coalesce(array_agg(c.name order by c.name) filter (where c.name is not null), '{}') as channels
     from permit_pool p
     left join channel_pool m on m.pool = p.name
     left join channel c on c.id = m.channel_id
     group by p.name order by p.name`,
  )
  return rows.map(({ visits_max, ...row }) => ({ ...row, visitsMax: visits_max }))
}

async function selectUnknown(db: Db, names: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select u.name from unnest($1::text[]) as u (name)
     where not exists (select from channel c where c.name = u.name) order by u.name`,
    [names],
  )
  return rows.map(({ name }) => name)
}

async function upsertPool(tx: Db, { name, kind, visitsMax, channels }: PoolRecord): Promise<void> {
  await tx.query(
    `insert into permit_pool (name, kind, visits_max) values ($1::text, $2::text, $3::int)
     on conflict (name) do update set kind = excluded.kind, visits_max = excluded.visits_max`,
    [name, kind, visitsMax],
  )
  await tx.query(`delete from channel_pool where pool = $1::text`, [name])
  await tx.query(
    `insert into channel_pool (channel_id, pool)
     select c.id, $1::text from channel c where c.name = any($2::text[])`,
    [name, channels],
  )
}
