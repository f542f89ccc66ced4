import type { Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'
import type { EvidentSlot, FrameEvidence, ReadingEvidence, WireFrame } from './types.ts'

const SENT = 1
const RECEIVED = 2

export async function insertFrames(db: Db, evidence: readonly FrameEvidence[]): Promise<void> {
  const rows = evidence.flatMap(({ meterId, receivedAt, frames }) =>
    frames.map((frame, position) => ({ meterId, receivedAt, position, ...frame })),
  )
  await db.query(
    `insert into frame_evidence
       (received_at, at, meter_id, position, direction, cut, frame, masked)
     select to_timestamp(u.received_ms / 1000), to_timestamp(u.at_ms / 1000), u.meter_id,
       u.position, u.direction, u.cut, u.frame, u.masked::smallint[]
     from unnest($1::float8[], $2::float8[], $3::int[], $4::smallint[], $5::smallint[],
         $6::boolean[], $7::bytea[], $8::text[])
       as u (received_ms, at_ms, meter_id, position, direction, cut, frame, masked)`,
    [
      rows.map(({ receivedAt }) => receivedAt),
      rows.map(({ at }) => at),
      rows.map(({ meterId }) => meterId),
      rows.map(({ position }) => position),
      rows.map(({ direction }) => (direction === 'sent' ? SENT : RECEIVED)),
      rows.map(({ isCut }) => isCut),
      rows.map(({ bytes }) => Buffer.from(bytes)),
      rows.map(({ masked }) => maskOf(masked)),
    ],
  )
}

function maskOf(masked: WireFrame['masked']): string | null {
  if (masked.length === 0) return null
  return `{${masked.flatMap(({ from, to }) => [from, to]).join(',')}}`
}

interface EvidenceRow {
  readonly plan_id: number | null
  readonly slot_start: Instant | null
  readonly due: Instant | null
  readonly answered_at: Instant | null
  readonly attempts: number | null
  readonly at: Instant | null
  readonly direction: number | null
  readonly frame: Uint8Array | null
  readonly masked: readonly number[] | null
  readonly cut: boolean | null
}

export async function selectEvidence(
  db: Db,
  meterId: MeterId,
  measuredAt: Instant,
  receivedAt: Instant,
): Promise<ReadingEvidence> {
  const rows = await db.query<EvidenceRow>(
    `select distinct plan_id, slot_start, due, answered_at, attempts,
       position, at, direction, frame, masked, cut
     from reading_evidence
     where meter_id = $1::int and measured_at = to_timestamp($2::float8 / 1000)
       and received_at = to_timestamp($3::float8 / 1000)
     order by at, position`,
    [meterId, measuredAt, receivedAt],
  )
  return { slot: rows[0] ? slotOf(rows[0]) : null, frames: rows.flatMap(frameOf) }
}

function slotOf(row: EvidenceRow): EvidentSlot | null {
  const { plan_id, slot_start, due, answered_at, attempts } = row
  if (plan_id === null || slot_start === null || due === null || answered_at === null) return null
  const planId = plan_id
  return { planId, slotStart: slot_start, due, answeredAt: answered_at, attempts: attempts ?? 0 }
}

function frameOf({ at, direction, frame, masked, cut }: EvidenceRow): readonly WireFrame[] {
  if (at === null || frame === null) return []
  const pairs = masked ?? []
  const stretches = pairs.flatMap((from, index) => {
    const to = pairs[index + 1]
    return index % 2 === 0 && to !== undefined ? [{ from, to }] : []
  })
  return [
    {
      at,
      direction: direction === SENT ? 'sent' : 'received',
      bytes: frame,
      masked: stretches,
      isCut: cut === true,
    },
  ]
}

export async function compressFrames(db: Db, before: Instant): Promise<number> {
  const chunks = await db.query<{ chunk: string }>(
    `select format('%I.%I', chunk_schema, chunk_name) as chunk
     from timescaledb_information.chunks
     where hypertable_name = 'frame_evidence' and not is_compressed
       and range_end < to_timestamp($1::float8 / 1000)`,
    [before],
  )
  for (const { chunk } of chunks) await db.query(`select compress_chunk($1::regclass)`, [chunk])
  return chunks.length
}

export async function dropFrames(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('frame_evidence', older_than => to_timestamp($1::float8 / 1000))`,
    [before],
  )
  return dropped.length
}
