import { assert, type Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { ProposalState } from './types.ts'

export interface OpenProposal {
  readonly usagePointId: number
  readonly archivedNode: number
  readonly archivedPhase: string | null
  readonly node: number
  readonly phase: string | null
  readonly state: ProposalState
  readonly askedBy: string | null
  readonly askedSince: Instant | null
}

export async function lockProposal(tx: Db, id: number): Promise<OpenProposal | null> {
  const rows = await tx.query<OpenProposal>(
    `select usage_point_id as "usagePointId", archived_node_id as "archivedNode",
       archived_phase as "archivedPhase", node_id as node, phase, state, asked_by as "askedBy",
       asked_since as "askedSince"
     from place_proposal where id = $1::int for update`,
    [id],
  )
  return rows[0] ?? null
}

/** Somebody asks for it; whoever asked before for another time did not. */
export async function askFor(
  tx: Db,
  id: number,
  since: Instant | null,
  by: string,
  now: Instant,
): Promise<void> {
  await tx.query(
    `update place_proposal set asked_by = $2::text, asked_at = $3::timestamptz,
       asked_since = $4::timestamptz where id = $1::int`,
    [id, by, timestamptz(now), since === null ? null : timestamptz(since)],
  )
}

export interface StandingPlace {
  readonly id: number
  readonly role: string
  readonly phase: string | null
  readonly validFrom: Instant
  readonly validTo: Instant | null
}

/** Where the archive has the point at a node now. */
export async function lockPlace(
  tx: Db,
  point: number,
  node: number,
  now: Instant,
): Promise<StandingPlace | null> {
  const rows = await tx.query<StandingPlace>(
    `select id, role, phase, valid_from as "validFrom", valid_to as "validTo"
     from usage_point_place
     where usage_point_id = $1::int and node_id = $2::int and valid_from <= $3::timestamptz
       and (valid_to is null or valid_to > $3::timestamptz) for update`,
    [point, node, timestamptz(now)],
  )
  return rows[0] ?? null
}

/** Whether the point counts on the node in the time, by another row than that one. */
export async function isPlacedToo(
  tx: Db,
  point: number,
  node: number,
  except: number,
  from: Instant,
  to: Instant | null,
): Promise<boolean> {
  const rows = await tx.query(
    `select from usage_point_place where usage_point_id = $1::int and node_id = $2::int
       and id <> $3::int
       and tstzrange(valid_from, valid_to) && tstzrange($4::timestamptz, $5::timestamptz) limit 1`,
    [point, node, except, timestamptz(from), to === null ? null : timestamptz(to)],
  )
  return rows.length > 0
}

/** It was entered wrongly: it hung there all the time. */
export async function correctPlace(
  tx: Db,
  place: number,
  node: number,
  phase: string | null,
): Promise<void> {
  await tx.query(
    `update usage_point_place set node_id = $2::int, phase = $3::text where id = $1::int`,
    [place, node, phase],
  )
}

/** It hangs elsewhere from then on. */
export async function movePlace(
  tx: Db,
  point: number,
  place: StandingPlace,
  node: number,
  phase: string | null,
  since: Instant,
): Promise<void> {
  await tx.query(`update usage_point_place set valid_to = $2::timestamptz where id = $1::int`, [
    place.id,
    timestamptz(since),
  ])
  await tx.query(
    `insert into usage_point_place (usage_point_id, node_id, role, phase, valid_from, valid_to)
     values ($1::int, $2::int, $3::text, $4::text, $5::timestamptz, $6::timestamptz)`,
    [
      point,
      node,
      place.role,
      phase,
      timestamptz(since),
      place.validTo === null ? null : timestamptz(place.validTo),
    ],
  )
}

/** What it changes, in the words of the archive's history. */
export async function selectMove(
  tx: Db,
  { usagePointId, archivedNode, archivedPhase, node, phase }: OpenProposal,
): Promise<{ readonly point: string; readonly before: Said; readonly after: Said }> {
  const [named] = await tx.query<{ point: string; was: string; is: string }>(
    `select u.code as point, o.kind || ' ' || o.code as was, n.kind || ' ' || n.code as is
     from usage_point u, grid_node o, grid_node n
     where u.id = $1::int and o.id = $2::int and n.id = $3::int`,
    [usagePointId, archivedNode, node],
  )
  assert(named !== undefined, 'a proposal is about a usage point and nodes of the archive')
  const said = (place: string, on: string | null): Said => ({
    ...(named.was !== named.is && { place }),
    ...(archivedPhase !== phase && on !== null && { phase: on }),
  })
  const [before, after] = [said(named.was, archivedPhase), said(named.is, phase)]
  return { point: named.point, before, after }
}

type Said = Readonly<Record<string, string>>

export async function decideProposal(
  tx: Db,
  id: number,
  state: 'adopted' | 'dismissed' | 'withdrawn',
  by: string,
  reason: string,
  now: Instant,
): Promise<void> {
  await tx.query(
    `update place_proposal set state = $2::text, decided_by = $3::text, reason = $4::text,
       decided_at = $5::timestamptz where id = $1::int`,
    [id, state, by, reason, timestamptz(now)],
  )
}
