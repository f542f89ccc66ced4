import type { ProtocolName } from '#protocols/model'
import { type ChannelId, type ConcentratorId, type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Compared, FoundMeter } from './compare.ts'
import type {
  Commission,
  CommissionedMeter,
  CommissionId,
  CommissionState,
  CommissionVerdict,
  CommissionWay,
  Match,
  NewCommission,
  Remark,
} from './types.ts'

interface JobRow {
  readonly id: number
  readonly channel_id: number
  readonly concentrator_id: number | null
  readonly state: CommissionState
  readonly ways: readonly CommissionWay[]
  readonly ways_done: number
  readonly adopts_all: boolean
  readonly profile: string | null
  readonly trying: string
  readonly requested_by: string
  readonly requested_at: Instant
  readonly finished_at: Instant | null
  readonly failure: string | null
  readonly verdict: CommissionVerdict | null
}

const jobSelect = `select id, channel_id, concentrator_id, state, ways, ways_done, adopts_all,
  profile, trying, requested_by, requested_at, finished_at, failure, verdict from commission_job`

function commissionOf(row: JobRow, meters: readonly CommissionedMeter[]): Commission {
  const channelId: ChannelId = idOf(row.channel_id)
  const concentratorId: ConcentratorId | null =
    row.concentrator_id === null ? null : idOf(row.concentrator_id)
  return {
    id: idOf(row.id),
    channelId,
    concentratorId,
    state: row.state,
    ways: row.ways,
    waysDone: row.ways_done,
    adoptsAll: row.adopts_all,
    profile: row.profile,
    trying: row.trying,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    finishedAt: row.finished_at,
    failure: row.failure,
    verdict: row.verdict,
    meters,
  }
}

/** Undefined where the channel has a job that is not at its end. */
export async function insertJob(
  tx: Db,
  commission: NewCommission,
  now: Instant,
): Promise<CommissionId | undefined> {
  const { channelId, concentratorId, ways, adoptsAll, profile, requestedBy } = commission
  const [row] = await tx.query<{ id: number }>(
    `insert into commission_job (channel_id, concentrator_id, state, ways, adopts_all, profile,
       requested_by, requested_at)
     values ($1::int, $2::int, 'searching', $3::jsonb, $4::boolean, $5::text, $6::text,
       $7::timestamptz)
     on conflict (channel_id) where state in ('searching', 'reading') do nothing returning id`,
    [
      channelId,
      concentratorId,
      JSON.stringify(ways),
      adoptsAll,
      profile,
      requestedBy,
      timestamptz(now),
    ],
  )
  return row === undefined ? undefined : idOf(row.id)
}

export async function selectJob(db: Db, id: CommissionId): Promise<Commission | undefined> {
  const [row] = await db.query<JobRow>(`${jobSelect} where id = $1::int`, [id])
  return row === undefined ? undefined : commissionOf(row, await selectMeters(db, id))
}

export async function lockJob(tx: Db, id: CommissionId): Promise<void> {
  await tx.query(`select from commission_job where id = $1::int for update`, [id])
}

export async function selectJobs(
  db: Db,
  before: number | null,
  limit: number,
): Promise<Commission[]> {
  const rows = await db.query<JobRow>(
    `${jobSelect} where $1::int is null or id < $1::int order by id desc limit $2::int`,
    [before, limit],
  )
  return rows.map((row) => commissionOf(row, []))
}

export async function selectUnfinished(db: Db): Promise<CommissionId[]> {
  const rows = await db.query<{ id: number }>(
    `select id from commission_job where state in ('searching', 'reading') order by id`,
  )
  return rows.map(({ id }) => idOf(id))
}

interface MeterRow {
  readonly address: string
  readonly protocol: ProtocolName
  readonly place: string
  readonly match: Match | null
  readonly meter_id: number | null
  readonly adopted_at: Instant | null
  readonly read_id: string | null
  readonly verdict: CommissionVerdict | null
  readonly remarks: readonly Remark[]
}

async function selectMeters(db: Db, id: CommissionId): Promise<CommissionedMeter[]> {
  const rows = await db.query<MeterRow>(
    `select address, protocol, place, match, meter_id, adopted_at, read_id::text as read_id,
       verdict, remarks
     from commission_meter where job_id = $1::int
     order by address collate "C", protocol, place`,
    [id],
  )
  return rows.map((row) => ({
    address: row.address,
    protocol: row.protocol,
    place: row.place,
    match: row.match,
    meterId: row.meter_id === null ? null : idOf(row.meter_id),
    adoptedAt: row.adopted_at,
    readId: row.read_id,
    verdict: row.verdict,
    remarks: row.remarks,
  }))
}

export async function noteFound(
  db: Db,
  id: CommissionId,
  { address, protocol, place }: FoundMeter,
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into commission_meter (job_id, address, protocol, place, found_at)
     values ($1::int, $2::text, $3::text, $4::text, $5::timestamptz) on conflict do nothing`,
    [id, address, protocol, place, timestamptz(now)],
  )
}

export async function noteTrying(db: Db, id: CommissionId, text: string): Promise<void> {
  await db.query(`update commission_job set trying = $2::text where id = $1::int`, [id, text])
}

export async function noteWayDone(db: Db, id: CommissionId, done: number): Promise<void> {
  await db.query(`update commission_job set ways_done = $2::int, trying = '' where id = $1::int`, [
    id,
    done,
  ])
}

/** The comparison, over what was compared before; what was adopted stays adopted. */
export async function writeCompared(
  tx: Db,
  id: CommissionId,
  compared: readonly Compared[],
): Promise<void> {
  await tx.query(`delete from commission_meter where job_id = $1::int and match = 'missing'`, [id])
  await tx.query(
    `insert into commission_meter as m (job_id, address, protocol, place, match, meter_id)
     select $1::int, u.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
       as u (address, protocol, place, match, meter_id)
     on conflict (job_id, address, protocol, place) do update set
       meter_id = excluded.meter_id,
       match = case when m.adopted_at is null then excluded.match else m.match end`,
    [
      id,
      compared.map(({ address }) => address),
      compared.map(({ protocol }) => protocol),
      compared.map(({ place }) => place),
      compared.map(({ match }) => match),
      compared.map(({ meterId }) => meterId),
    ],
  )
}

export async function markAdopted(
  tx: Db,
  id: CommissionId,
  addresses: readonly string[],
  now: Instant,
): Promise<void> {
  await tx.query(
    `update commission_meter set adopted_at = $3::timestamptz
     where job_id = $1::int and address = any($2::text[]) and adopted_at is null
       and match = 'new'`,
    [id, addresses, timestamptz(now)],
  )
}

/** Gives the read of each protocol an id before it is asked for: after a crash it is the same. */
export async function planReads(tx: Db, id: CommissionId): Promise<void> {
  await tx.query(
    `update commission_meter m set read_id = r.read_id
     from (
       select a.protocol, gen_random_uuid() as read_id
       from (
         select distinct k.protocol from commission_meter c join meter k on k.id = c.meter_id
         where c.job_id = $1::int) as a) as r, meter k
     where m.job_id = $1::int and k.id = m.meter_id and k.protocol = r.protocol
       and m.read_id is null and m.match in ('known', 'new', 'missing')`,
    [id],
  )
}

const open = ['searching', 'reading'] as const

/** False where it is not in such a state any more: somebody cancelled it meanwhile. */
export async function moveJob(
  tx: Db,
  id: CommissionId,
  state: CommissionState,
  end: {
    readonly at: Instant | null
    readonly failure: string | null
    readonly verdict: CommissionVerdict | null
  } = { at: null, failure: null, verdict: null },
  from: readonly CommissionState[] = open,
): Promise<boolean> {
  const rows = await tx.query(
    `update commission_job set state = $2::text, finished_at = $3::timestamptz,
       failure = $4::text, verdict = $5::text, trying = ''
     where id = $1::int and state = any($6::text[]) returning 1`,
    [id, state, end.at === null ? null : timestamptz(end.at), end.failure, end.verdict, from],
  )
  return rows.length > 0
}

export async function writeVerdicts(
  tx: Db,
  id: CommissionId,
  judged: readonly (CommissionedMeter & {
    readonly verdict: CommissionVerdict
    readonly remarks: readonly Remark[]
  })[],
): Promise<void> {
  await tx.query(
    `update commission_meter m set verdict = u.verdict, remarks = u.remarks
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
       as u (address, protocol, place, verdict, remarks)
     where m.job_id = $1::int and m.address = u.address and m.protocol = u.protocol
       and m.place = u.place`,
    [
      id,
      judged.map(({ address }) => address),
      judged.map(({ protocol }) => protocol),
      judged.map(({ place }) => place),
      judged.map(({ verdict }) => verdict),
      judged.map(({ remarks }) => JSON.stringify(remarks)),
    ],
  )
}
