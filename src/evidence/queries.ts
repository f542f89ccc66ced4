import type { Instant } from '#src/core'
import { compressChunks, type Db } from '#src/db'
import type {
  EventFrame,
  EvidentReading,
  EvidentSlot,
  FrameEvidence,
  ReadingEvidence,
  WireFrame,
} from './types.ts'

const SENT = 1
const RECEIVED = 2

export async function insertFrames(db: Db, evidence: readonly FrameEvidence[]): Promise<void> {
  const rows = evidence.flatMap(({ meterId, receivedAt, frames, brought = null }) =>
    frames.map((frame, position) => {
      const first = position === 0 ? brought : null
      return { meterId, receivedAt, position, first, ...frame }
    }),
  )
  await db.query(
    `insert into frame_evidence
       (received_at, at, meter_id, position, direction, cut, frame, masked,
        measured_from, measured_to, items)
     select to_timestamp(u.received_ms / 1000), to_timestamp(u.at_ms / 1000), u.meter_id,
       u.position, u.direction, u.cut, u.frame, u.masked::smallint[],
       to_timestamp(u.from_ms / 1000), to_timestamp(u.to_ms / 1000), u.items::text[]
     from unnest($1::float8[], $2::float8[], $3::int[], $4::smallint[], $5::smallint[],
         $6::boolean[], $7::bytea[], $8::text[], $9::float8[], $10::float8[], $11::text[])
       as u (received_ms, at_ms, meter_id, position, direction, cut, frame, masked,
         from_ms, to_ms, items)`,
    [
      rows.map(({ receivedAt }) => receivedAt),
      rows.map(({ at }) => at),
      rows.map(({ meterId }) => meterId),
      rows.map(({ position }) => position),
      rows.map(({ direction }) => (direction === 'sent' ? SENT : RECEIVED)),
      rows.map(({ isCut }) => isCut),
      rows.map(({ bytes }) => Buffer.from(bytes)),
      rows.map(({ masked }) => maskOf(masked)),
      rows.map(({ first }) => first?.from ?? null),
      rows.map(({ first }) => first?.to ?? null),
      // Codes of items are letters, digits, dots and dashes.
      rows.map(({ first }) => first && `{${first.items.map((item) => `"${item}"`).join(',')}}`),
    ],
  )
}

function maskOf(masked: WireFrame['masked']): string | null {
  if (masked.length === 0) return null
  return `{${masked.flatMap(({ from, to }) => [from, to]).join(',')}}`
}

interface WireRow {
  readonly at: Instant | null
  readonly direction: number | null
  readonly frame: Uint8Array | null
  readonly masked: readonly number[] | null
  readonly cut: boolean | null
}

interface EvidenceRow extends WireRow {
  readonly plan_id: number | null
  readonly slot_start: Instant | null
  readonly due: Instant | null
  readonly answered_at: Instant | null
  readonly attempts: number | null
}

export async function selectEvidence(db: Db, reading: EvidentReading): Promise<ReadingEvidence> {
  const { meterId, item, measuredAt, receivedAt } = reading
  const rows = await db.query<EvidenceRow>(
    `with asked as (
       select $1::int as meter_id, to_timestamp($2::float8 / 1000) as measured_at,
         to_timestamp($3::float8 / 1000) as received_at),
     visit as (
       select a.meter_id, a.measured_at, coalesce(
         (select v.received_at from frame_evidence v
          where v.meter_id = a.meter_id and v.received_at >= a.received_at and v.position = 0
            and a.measured_at between v.measured_from and v.measured_to
            and $4::text = any(v.items)
          order by v.received_at limit 1), a.received_at) as received_at
       from asked a)
     select s.plan_id, s.slot_start, s.due, s.answered_at, s.attempts,
       f.position, f.at, f.direction, f.frame, f.masked, f.cut
     from visit
     left join lateral (
       select c.plan_id, c.slot_start, c.due, c.answered_at, c.attempts
       from collection_slot c
       where c.meter_id = visit.meter_id and c.answered_at = visit.received_at
         -- For the planner: no catch-up reaches further, and no slot begins after its answer.
         and c.slot_start between visit.received_at - interval '70 days' and visit.received_at
       order by (c.slot_start <= visit.measured_at) desc,
         abs(extract(epoch from c.slot_start - visit.measured_at)), c.plan_id
       limit 1) as s on true
     left join frame_evidence f
       on f.meter_id = visit.meter_id and f.received_at = visit.received_at
     order by f.at, f.position`,
    [meterId, measuredAt, receivedAt, item],
  )
  return { slot: rows[0] ? slotOf(rows[0]) : null, frames: rows.flatMap(frameOf) }
}

function slotOf(row: EvidenceRow): EvidentSlot | null {
  const { plan_id, slot_start, due, answered_at, attempts } = row
  if (plan_id === null || slot_start === null || due === null || answered_at === null) return null
  const planId = plan_id
  return { planId, slotStart: slot_start, due, answeredAt: answered_at, attempts: attempts ?? 0 }
}

function frameOf({ at, direction, frame, masked, cut }: WireRow): readonly WireFrame[] {
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

export async function selectEventFrames(db: Db, id: bigint): Promise<EventFrame[]> {
  const rows = await db.query<WireRow & { readonly edge: 'began' | 'ended' }>(
    `select edge, at, direction, frame, masked, cut from event_evidence
     where event_id = $1::bigint order by received_at, at, position`,
    [String(id)],
  )
  return rows.flatMap((row) => frameOf(row).map((frame) => ({ ...frame, edge: row.edge })))
}

export const compressFrames = (db: Db, before: Instant): Promise<number> =>
  compressChunks(db, ['frame_evidence'], before)

export async function dropFrames(db: Db, before: Instant): Promise<number> {
  const dropped = await db.query(
    `select drop_chunks('frame_evidence', older_than => to_timestamp($1::float8 / 1000))`,
    [before],
  )
  return dropped.length
}
