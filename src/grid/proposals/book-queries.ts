import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Found } from './decide.ts'
import type { Proposal, ProposalEvidence, ProposalFilter, ProposalState } from './types.ts'

/** What was dismissed is not raised again for so long. */
const DISMISSED_FOR = `interval '180 days'`

/** Keeps what was found of the points that were looked at, and withdraws what was not. */
export async function keepFound(
  tx: Db,
  points: readonly number[],
  found: readonly Found[],
  now: Instant,
): Promise<void> {
  const at = timestamptz(now)
  const columns = [
    found.map(({ pointId }) => pointId),
    found.map(({ archivedArea }) => archivedArea),
    found.map(({ archivedPhase }) => archivedPhase),
    found.map(({ area }) => area),
    found.map(({ phase }) => phase),
    found.map(({ confidence }) => confidence.toFixed(4)),
    found.map(({ evidence }) => JSON.stringify(evidence)),
  ]
  const rows = `unnest($3::int[], $4::int[], $5::text[], $6::int[], $7::text[], $8::numeric[],
    $9::jsonb[]) f (usage_point_id, archived_node_id, archived_phase, node_id, phase, confidence,
    evidence)`
  const same = `(p.archived_node_id, p.archived_phase, p.node_id, p.phase) is not distinct from
    (f.archived_node_id, f.archived_phase, f.node_id, f.phase)`
  await tx.query(
    `update place_proposal p set state = 'withdrawn', seen_at = $1::timestamptz
     where p.state = 'open' and p.usage_point_id = any($2::int[]) and not exists (
       select from ${rows} where f.usage_point_id = p.usage_point_id and ${same})`,
    [at, points, ...columns],
  )
  await tx.query(
    `with seen as (
       update place_proposal p set confidence = f.confidence, evidence = f.evidence,
         seen_at = $1::timestamptz
       from ${rows} where p.state = 'open' and p.usage_point_id = f.usage_point_id
         and f.usage_point_id = any($2::int[])
       returning p.usage_point_id)
     insert into place_proposal (usage_point_id, archived_node_id, archived_phase, node_id, phase,
       confidence, evidence, state, found_at, seen_at)
     select f.usage_point_id, f.archived_node_id, f.archived_phase, f.node_id, f.phase,
       f.confidence, f.evidence, 'open', $1::timestamptz, $1::timestamptz
     from ${rows}
     where f.usage_point_id not in (select usage_point_id from seen)
       and not exists (select from place_proposal p where p.usage_point_id = f.usage_point_id
         and p.state = 'dismissed' and p.decided_at > $1::timestamptz - ${DISMISSED_FOR}
         and ${same})`,
    [at, points, ...columns],
  )
}

export async function countOpen(db: Db, points: readonly number[]): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(
    `select count(*) as count from place_proposal
     where state = 'open' and usage_point_id = any($1::int[])`,
    [points],
  )
  return Number(row?.count ?? 0n)
}

interface ProposalRow {
  readonly id: number
  readonly usage_point: string
  readonly meter: string | null
  readonly account: string | null
  readonly archived_area: string
  readonly archived_phase: string | null
  readonly area: string
  readonly phase: string | null
  readonly confidence: string
  readonly voltage: ProposalEvidence['voltage']
  readonly terminals: readonly string[]
  readonly state: ProposalState
  readonly found_at: Instant
  readonly seen_at: Instant
  readonly decided_by: string | null
  readonly decided_at: Instant | null
  readonly reason: string
  readonly asked_by: string | null
  readonly asked_since: Instant | null
}

const proposalSelect = `
  select p.id, u.code as usage_point, o.code as archived_area, p.archived_phase, n.code as area,
    p.phase, p.confidence, p.evidence -> 'voltage' as voltage, p.state, p.found_at, p.seen_at,
    p.decided_by, p.decided_at, p.reason, p.asked_by, p.asked_since,
    coalesce((select array_agg(t.code order by t.code)
      from jsonb_array_elements_text(p.evidence -> 'terminals') e
      join grid_node t on t.id = e::int), '{}') as terminals,
    (select m.address from installation_now i join meter m on m.id = i.meter_id
       where i.usage_point_id = u.id) as meter,
    (select a.no from account_usage_point_now h join account a on a.id = h.account_id
       where h.usage_point_id = u.id) as account
  from place_proposal p join usage_point u on u.id = p.usage_point_id
  join grid_node o on o.id = p.archived_node_id join grid_node n on n.id = p.node_id`

const proposalOf = (row: ProposalRow): Proposal => ({
  id: row.id,
  usagePoint: row.usage_point,
  meter: row.meter,
  account: row.account,
  archived: { area: row.archived_area, phase: row.archived_phase },
  proposed: { area: row.area, phase: row.phase },
  confidence: row.confidence,
  evidence: { voltage: row.voltage, terminals: row.terminals },
  state: row.state,
  foundAt: row.found_at,
  seenAt: row.seen_at,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
  reason: row.reason,
  askedBy: row.asked_by,
  askedSince: row.asked_since,
})

export async function selectProposal(db: Db, id: number): Promise<Proposal | null> {
  const rows = await db.query<ProposalRow>(`${proposalSelect} where p.id = $1::int`, [id])
  return rows.map(proposalOf)[0] ?? null
}

export async function selectProposals(
  db: Db,
  { state, area }: ProposalFilter,
  after: number,
  limit: number,
): Promise<Proposal[]> {
  const rows = await db.query<ProposalRow>(
    `${proposalSelect}
     where p.id > $1::int and ($2::text is null or p.state = $2::text)
       and ($3::text is null or $3::text in (o.code, n.code))
     order by p.id limit $4::int`,
    [after, state ?? null, area ?? null, limit],
  )
  return rows.map(proposalOf)
}

/** Feeders with areas, those first that were searched longest ago or never. */
export async function selectStaleFeeders(db: Db, now: Instant, limit: number): Promise<string[]> {
  const rows = await db.query<{ code: string }>(
    `select f.code from grid_node f
     left join place_search w on w.node_id = f.id
     where f.kind = 'feeder' and exists (select from grid_link l where l.parent_id = f.id
       and l.valid_from <= $1::timestamptz and (l.valid_to is null or l.valid_to > $1::timestamptz))
     order by w.searched_at nulls first, f.id limit $2::int`,
    [timestamptz(now), limit],
  )
  return rows.map(({ code }) => code)
}

export async function noteSearch(db: Db, node: number, now: Instant): Promise<void> {
  await db.query(
    `insert into place_search (node_id, searched_at) values ($1::int, $2::timestamptz)
     on conflict (node_id) do update set searched_at = excluded.searched_at`,
    [node, timestamptz(now)],
  )
}
