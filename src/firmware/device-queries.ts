import { type ChannelId, type ConcentratorId, type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { CampaignId, CampaignState, DeviceOfCampaign, DeviceState } from './types.ts'

/** A device in the hands of one process, as long as nobody takes the next turn. */
export interface ClaimedDevice {
  readonly campaignId: CampaignId
  readonly concentratorId: ConcentratorId
  readonly channelId: ChannelId
  readonly turn: number
  readonly state: DeviceState
  readonly block: number
  readonly begun: boolean
  readonly doubt: boolean
  readonly restarts: number
  readonly tries: number
  readonly startedAt: Instant
  readonly sentAt: Instant | null
}

const underWay = `('sending', 'sent', 'verifying')`

/** Devices of these campaigns that are due; none that another campaign is at. */
export async function claimDevices(
  db: Db,
  campaigns: readonly CampaignId[],
  now: Instant,
  leaseUntil: Instant,
  limit: number,
): Promise<ClaimedDevice[]> {
  const rows = await db.query<{
    campaign_id: number
    concentrator_id: number
    channel_id: number
    turn: number
    state: DeviceState
    block: number
    begun: boolean
    doubt: boolean
    restarts: number
    tries: number
    started_at: Instant
    sent_at: Instant | null
  }>(
    `with due as (
       select d.campaign_id, d.concentrator_id from firmware_device d
       join firmware_campaign c on c.id = d.campaign_id
       where c.id = any($1::int[]) and c.state = 'running' and d.ended_at is null
         and d.stage <= c.stage and (d.next_at is null or d.next_at <= $2::timestamptz)
         and (d.lease_until is null or d.lease_until <= $2::timestamptz)
         and not exists (select from firmware_device o
           where o.concentrator_id = d.concentrator_id and o.campaign_id <> d.campaign_id
             and o.state in ${underWay})
       order by d.next_at nulls last, d.concentrator_id limit $4::int for update of d skip locked)
     update firmware_device d set turn = d.turn + 1, lease_until = $3::timestamptz,
       started_at = coalesce(d.started_at, $2::timestamptz)
     from due join concentrator co on co.id = due.concentrator_id
     where d.campaign_id = due.campaign_id and d.concentrator_id = due.concentrator_id
     returning d.campaign_id, d.concentrator_id, co.channel_id, d.turn, d.state, d.block, d.begun,
       d.doubt, d.restarts, d.tries, d.started_at, d.sent_at`,
    [campaigns, timestamptz(now), timestamptz(leaseUntil), limit],
  )
  return rows.map((row) => ({
    campaignId: idOf(row.campaign_id),
    concentratorId: idOf(row.concentrator_id),
    channelId: idOf(row.channel_id),
    turn: row.turn,
    state: row.state,
    block: row.block,
    begun: row.begun,
    doubt: row.doubt,
    restarts: row.restarts,
    tries: row.tries,
    startedAt: row.started_at,
    sentAt: row.sent_at,
  }))
}

export interface DeviceChange {
  readonly state: DeviceState
  readonly block: number
  readonly begun: boolean
  readonly doubt: boolean
  readonly restarts: number
  readonly tries: number
  readonly reason: string | null
  readonly sentAt: Instant | null
  readonly nextAt: Instant | null
  readonly endedAt: Instant | null
  /** What it says that it runs, where it was asked. */
  readonly before?: string
  readonly after?: string
}

type Claim = Pick<ClaimedDevice, 'campaignId' | 'concentratorId' | 'turn'>

/** The state of its campaign; null where another has taken the device meanwhile. */
export async function updateDevice(
  db: Db,
  { campaignId, concentratorId, turn }: Claim,
  change: DeviceChange,
  leaseUntil: Instant,
): Promise<CampaignState | null> {
  const at = (given: Instant | null) => (given === null ? null : timestamptz(given))
  const [row] = await db.query<{ state: CampaignState }>(
    `update firmware_device d set state = $4::text, block = $5::int, begun = $6::boolean,
       doubt = $7::boolean, restarts = $8::int, tries = $9::int, reason = $10::text,
       sent_at = $11::timestamptz, next_at = $12::timestamptz, ended_at = $13::timestamptz,
       version_before = coalesce(d.version_before, $14::text),
       version_after = coalesce($15::text, d.version_after), lease_until = $16::timestamptz
     from firmware_campaign c
     where c.id = d.campaign_id and d.campaign_id = $1::int and d.concentrator_id = $2::int
       and d.turn = $3::int and d.ended_at is null
     returning c.state`,
    [
      ...[campaignId, concentratorId, turn, change.state, change.block, change.begun],
      ...[change.doubt, change.restarts, change.tries, change.reason, at(change.sentAt)],
      ...[at(change.nextAt), at(change.endedAt), change.before ?? null, change.after ?? null],
      timestamptz(leaseUntil),
    ],
  )
  return row?.state ?? null
}

export async function releaseDevice(
  db: Db,
  { campaignId, concentratorId, turn }: Claim,
): Promise<void> {
  await db.query(
    `update firmware_device set lease_until = null
     where campaign_id = $1::int and concentrator_id = $2::int and turn = $3::int`,
    [campaignId, concentratorId, turn],
  )
}

/** Something broke: tried again, ever later. What stands written stays. */
export async function putOff(
  db: Db,
  { campaignId, concentratorId, turn }: Claim,
  nextAt: Instant,
): Promise<void> {
  await db.query(
    `update firmware_device set tries = tries + 1, next_at = $4::timestamptz
     where campaign_id = $1::int and concentrator_id = $2::int and turn = $3::int
       and ended_at is null`,
    [campaignId, concentratorId, turn, timestamptz(nextAt)],
  )
}

/** Nobody works on them any more, also who does at this moment. Returns how many. */
export async function cancelDevices(
  db: Db,
  id: CampaignId,
  reason: string,
  now: Instant,
): Promise<number> {
  const rows = await db.query(
    `update firmware_device set state = 'cancelled', reason = $2::text, turn = turn + 1,
       ended_at = $3::timestamptz, next_at = null, lease_until = null
     where campaign_id = $1::int and ended_at is null returning 1 as one`,
    [id, reason, timestamptz(now)],
  )
  return rows.length
}

/** The first stage with a device that is not finished; null where all are. */
export async function unfinishedStage(db: Db, id: CampaignId): Promise<number | null> {
  const [row] = await db.query<{ stage: number | null }>(
    `select min(stage) as stage from firmware_device
     where campaign_id = $1::int and ended_at is null`,
    [id],
  )
  return row?.stage ?? null
}

export async function selectDevices(
  db: Db,
  id: CampaignId,
  state: DeviceState | null,
  after: number | null,
  limit: number,
): Promise<DeviceOfCampaign[]> {
  const rows = await db.query<{
    concentrator_id: number
    address: string
    stage: number
    state: DeviceState
    block: number
    blocks: number
    restarts: number
    version_before: string | null
    version_after: string | null
    reason: string | null
    started_at: Instant | null
    ended_at: Instant | null
    next_at: Instant | null
  }>(
    `select d.concentrator_id, co.address, d.stage, d.state, d.block, d.blocks, d.restarts,
       d.version_before, d.version_after, d.reason, d.started_at, d.ended_at, d.next_at
     from firmware_device d join concentrator co on co.id = d.concentrator_id
     where d.campaign_id = $1::int and ($2::text is null or d.state = $2::text)
       and ($3::int is null or d.concentrator_id > $3::int)
     order by d.concentrator_id limit $4::int`,
    [id, state, after, limit],
  )
  return rows.map((row) => ({
    concentratorId: idOf(row.concentrator_id),
    address: row.address,
    stage: row.stage,
    state: row.state,
    block: row.block,
    blocks: row.blocks,
    restarts: row.restarts,
    versionBefore: row.version_before,
    versionAfter: row.version_after,
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    nextAt: row.next_at,
  }))
}

export async function insertEvent(
  db: Db,
  event: {
    readonly campaignId: CampaignId
    readonly concentratorId: ConcentratorId | null
    readonly actor: string
    readonly event: string
    readonly detail: Readonly<Record<string, unknown>>
  },
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into firmware_event (campaign_id, concentrator_id, at, actor, event, detail)
     values ($1::int, $2::int, $3::timestamptz, $4::text, $5::text, $6::jsonb)`,
    [
      ...[event.campaignId, event.concentratorId, timestamptz(now), event.actor, event.event],
      JSON.stringify(event.detail),
    ],
  )
}

export async function selectMd5(db: Db, id: CampaignId): Promise<Uint8Array> {
  const [row] = await db.query<{ md5: Uint8Array }>(
    `select f.md5 from firmware f join firmware_campaign c on c.firmware_id = f.id
     where c.id = $1::int`,
    [id],
  )
  return row?.md5 ?? new Uint8Array(0)
}
