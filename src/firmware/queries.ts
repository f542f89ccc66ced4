import { Value } from '@sinclair/typebox/value'
import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import {
  type Campaign,
  type CampaignId,
  type CampaignState,
  CampaignTarget,
  type DeviceState,
  type Firmware,
  type FirmwareFile,
  type FirmwareId,
  type NewCampaign,
  type TerminalProtocolName,
} from './types.ts'

interface FirmwareRow {
  readonly id: number
  readonly name: string
  readonly protocol: TerminalProtocolName
  readonly maker: string | null
  readonly model: string | null
  readonly version: string
  readonly size: number
  readonly sha256: string
  readonly uploaded_by: string
  readonly uploaded_at: Instant
}

const fileColumns = `id, name, protocol, maker, model, version, size, sha256, uploaded_by,
  uploaded_at`

function firmwareOf({ id, uploaded_by, uploaded_at, ...row }: FirmwareRow): Firmware {
  return { ...row, id: idOf(id), uploadedBy: uploaded_by, uploadedAt: uploaded_at }
}

/** False where it is there already. */
export async function insertFirmware(
  db: Db,
  { name, protocol, maker, model, version, bytes }: FirmwareFile,
  sums: { readonly sha256: string; readonly md5: Uint8Array },
  by: string,
  now: Instant,
): Promise<boolean> {
  const rows = await db.query(
    `insert into firmware
       (name, protocol, maker, model, version, size, sha256, md5, bytes, uploaded_by, uploaded_at)
     values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::int, $7::text, $8::bytea,
       $9::bytea, $10::text, $11::timestamptz)
     on conflict (sha256, protocol, version) do nothing returning 1 as one`,
    [
      ...[name, protocol, maker, model, version, bytes.length, sums.sha256],
      ...[Buffer.from(sums.md5), Buffer.from(bytes), by, timestamptz(now)],
    ],
  )
  return rows.length > 0
}

export async function selectFirmwareBySum(
  db: Db,
  sha256: string,
  { protocol, version }: Pick<FirmwareFile, 'protocol' | 'version'>,
): Promise<Firmware | undefined> {
  const rows = await db.query<FirmwareRow>(
    `select ${fileColumns} from firmware
     where sha256 = $1::text and protocol = $2::text and version = $3::text`,
    [sha256, protocol, version],
  )
  return rows.map(firmwareOf)[0]
}

export async function selectFirmware(db: Db, id: FirmwareId): Promise<Firmware | undefined> {
  const rows = await db.query<FirmwareRow>(
    `select ${fileColumns} from firmware where id = $1::int`,
    [id],
  )
  return rows.map(firmwareOf)[0]
}

export async function selectFirmwares(
  db: Db,
  before: number | null,
  limit: number,
): Promise<Firmware[]> {
  const rows = await db.query<FirmwareRow>(
    `select ${fileColumns} from firmware where ($1::int is null or id < $1::int)
     order by id desc limit $2::int`,
    [before, limit],
  )
  return rows.map(firmwareOf)
}

/** One block of a file, from 0. */
export async function selectBlock(
  db: Db,
  id: FirmwareId,
  block: number,
  blockBytes: number,
): Promise<Uint8Array> {
  const [row] = await db.query<{ part: Uint8Array }>(
    `select substring(bytes from $2::int for $3::int) as part from firmware where id = $1::int`,
    [id, block * blockBytes + 1, blockBytes],
  )
  return row?.part ?? new Uint8Array(0)
}

interface CampaignRow {
  readonly id: number
  readonly firmware_id: number
  readonly state: CampaignState
  readonly target: unknown
  readonly canary: number
  readonly batch: number
  readonly block_bytes: number
  readonly from_hour: number
  readonly to_hour: number
  readonly failure_percent_max: number
  readonly stage: number
  readonly requested_by: string
  readonly requested_at: Instant
  readonly approved_by: string | null
  readonly approved_at: Instant | null
  readonly ended_at: Instant | null
  readonly reason: string | null
  readonly counts: Readonly<Record<string, number>>
}

const campaignColumns = `c.id, c.firmware_id, c.state, c.target, c.canary, c.batch, c.block_bytes,
  c.from_hour, c.to_hour, c.failure_percent_max, c.stage, c.requested_by, c.requested_at,
  c.approved_by, c.approved_at, c.ended_at, c.reason,
  coalesce((select jsonb_object_agg(s.state, s.count) from (
    select d.state, count(*)::int as count from firmware_device d where d.campaign_id = c.id
    group by d.state) s), '{}') as counts`

const noDevices: Readonly<Record<DeviceState, number>> = {
  waiting: 0,
  sending: 0,
  sent: 0,
  verifying: 0,
  done: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
}

function campaignOf(row: CampaignRow): Campaign {
  return {
    id: idOf(row.id),
    firmwareId: idOf(row.firmware_id),
    state: row.state,
    target: Value.Parse(CampaignTarget, row.target),
    canary: row.canary,
    batch: row.batch,
    blockBytes: row.block_bytes,
    fromHour: row.from_hour,
    toHour: row.to_hour,
    failurePercentMax: row.failure_percent_max,
    stage: row.stage,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    endedAt: row.ended_at,
    reason: row.reason,
    counts: { ...noDevices, ...row.counts },
  }
}

export async function insertCampaign(
  db: Db,
  campaign: NewCampaign,
  now: Instant,
): Promise<CampaignId | null> {
  const { key, firmwareId, target, canary, batch, blockBytes, fromHour, toHour } = campaign
  const [row] = await db.query<{ id: number }>(
    `insert into firmware_campaign (idempotency_key, firmware_id, state, target, canary, batch,
       block_bytes, from_hour, to_hour, failure_percent_max, requested_by, requested_at)
     values ($1::text, $2::int, 'requested', $3::jsonb, $4::int, $5::int, $6::int, $7::smallint,
       $8::smallint, $9::int, $10::text, $11::timestamptz)
     on conflict (idempotency_key) do nothing returning id`,
    [
      ...[key, firmwareId, JSON.stringify(target), canary, batch, blockBytes, fromHour, toHour],
      ...[campaign.failurePercentMax, campaign.requestedBy, timestamptz(now)],
    ],
  )
  return row ? idOf(row.id) : null
}

/** Every device of the target with its stage; returns how many. */
export async function insertDevices(
  db: Db,
  id: CampaignId,
  { target, canary, batch }: Pick<NewCampaign, 'target' | 'canary' | 'batch'>,
  blocks: number,
): Promise<number> {
  const rows = await db.query(
    `insert into firmware_device (campaign_id, concentrator_id, stage, blocks)
     select $1::int, t.id,
       case when t.nth <= $2::int then 0 else 1 + (t.nth - $2::int - 1) / $3::int end, $4::int
     from (select co.id, row_number() over (order by co.id)::int as nth from concentrator co
       where ($5::int[] is not null and co.id = any($5::int[]))
         or $7::boolean
         or ($6::text is not null and exists (select from meter_group g
           join meter_group_member gm on gm.group_id = g.id join meter m on m.id = gm.meter_id
           where g.name = $6::text and m.channel_id = co.channel_id))) t
     returning 1 as one`,
    [
      ...[id, canary, batch, blocks],
      ...[target.concentrators ?? null, target.group ?? null, target.all ?? false],
    ],
  )
  return rows.length
}

export async function selectCampaignByKey(db: Db, key: string): Promise<Campaign | undefined> {
  const rows = await db.query<CampaignRow>(
    `select ${campaignColumns} from firmware_campaign c where c.idempotency_key = $1::text`,
    [key],
  )
  return rows.map(campaignOf)[0]
}

export async function selectCampaign(db: Db, id: CampaignId): Promise<Campaign | undefined> {
  const rows = await db.query<CampaignRow>(
    `select ${campaignColumns} from firmware_campaign c where c.id = $1::int`,
    [id],
  )
  return rows.map(campaignOf)[0]
}

/** Locked until the transaction ends. */
export async function lockCampaign(db: Db, id: CampaignId): Promise<Campaign | undefined> {
  await db.query(`select 1 as one from firmware_campaign where id = $1::int for update`, [id])
  return selectCampaign(db, id)
}

export async function selectCampaigns(
  db: Db,
  before: number | null,
  limit: number,
): Promise<Campaign[]> {
  const rows = await db.query<CampaignRow>(
    `select ${campaignColumns} from firmware_campaign c where ($1::int is null or c.id < $1::int)
     order by c.id desc limit $2::int`,
    [before, limit],
  )
  return rows.map(campaignOf)
}

export async function selectRunning(db: Db): Promise<Campaign[]> {
  const rows = await db.query<CampaignRow>(
    `select ${campaignColumns} from firmware_campaign c where c.state = 'running' order by c.id`,
  )
  return rows.map(campaignOf)
}

export async function updateCampaign(
  db: Db,
  id: CampaignId,
  change: {
    readonly state: CampaignState
    readonly reason: string | null
    readonly endedAt: Instant | null
  },
): Promise<void> {
  const { state, reason, endedAt } = change
  await db.query(
    `update firmware_campaign set state = $2::text, reason = $3::text, ended_at = $4::timestamptz
     where id = $1::int`,
    [id, state, reason, endedAt === null ? null : timestamptz(endedAt)],
  )
}

export async function approveCampaign(
  db: Db,
  id: CampaignId,
  by: string,
  now: Instant,
): Promise<void> {
  await db.query(
    `update firmware_campaign set state = 'running', approved_by = $2::text,
       approved_at = $3::timestamptz where id = $1::int`,
    [id, by, timestamptz(now)],
  )
}

export async function updateStage(db: Db, id: CampaignId, stage: number): Promise<void> {
  await db.query(`update firmware_campaign set stage = $2::int where id = $1::int`, [id, stage])
}
