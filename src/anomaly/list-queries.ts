import type { BusinessDate, Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Anomaly, AnomalyFilter, AnomalyPlace } from './types.ts'

const columns = `a.id, a.code, a.version, r.severity, a.usage_point_id as "usagePointId",
  u.code as "usagePoint", a.meter_id as "meterId", m.address as meter, a.node_id as "nodeId",
  n.code as node, a.score, a.state, a.began_on as "beganOn", a.last_on as "lastOn",
  a.ended_on as "endedOn", a.days, a.energy,
  round(a.energy * anomaly_price_of(a.usage_point_id, a.last_on) / 1000000, 2)::text as worth, a.evidence, a.raised_at as "raisedAt",
  a.cleared_at as "clearedAt", a.decided_by as "decidedBy", a.decided_at as "decidedAt", a.reason,
  a.quiet_until as "quietUntil", w.case_id as "caseId"`
const tables = `anomaly a join anomaly_rule r on r.code = a.code and r.version = a.version
  join usage_point u on u.id = a.usage_point_id
  left join meter m on m.id = a.meter_id left join grid_node n on n.id = a.node_id
  left join anomaly_work w on w.case_key = a.case_key`

/** The most worth first, after a place. */
export async function selectAnomalies(
  db: Db,
  { states = ['open', 'confirmed'], code, usagePointId, below, scoreMin = 0 }: AnomalyFilter,
  after: AnomalyPlace | null,
  limit: number,
  now: Instant,
): Promise<Anomaly[]> {
  return await db.query<Anomaly>(
    `select ${columns} from ${tables}
     where a.state = any($1::text[]) and ($2::text is null or a.code = $2)
       and ($3::int is null or a.usage_point_id = $3)
       and ($4::int is null or a.node_id in (select node_id from grid_below($4::int, $9::timestamptz)))
       and a.score >= $5::int
       and ($6::bigint is null or (a.energy, a.id) < ($6::bigint, $7::int))
     order by a.energy desc, a.id desc limit $8`,
    [
      ...[states, code ?? null, usagePointId ?? null, below ?? null, scoreMin],
      ...[after === null ? null : after.energy.toString(), after?.id ?? null, limit],
      timestamptz(now),
    ],
  )
}

export async function selectAnomaly(db: Db, id: number): Promise<Anomaly | undefined> {
  return (await db.query<Anomaly>(`select ${columns} from ${tables} where a.id = $1`, [id]))[0]
}

export async function lockAnomaly(tx: Db, id: number): Promise<void> {
  await tx.query('select from anomaly where id = $1 for update', [id])
}

export async function decide(
  tx: Db,
  id: number,
  decision: {
    readonly state: 'confirmed' | 'dismissed'
    readonly by: string
    readonly at: Instant
    readonly reason: string
    readonly quietUntil: BusinessDate | null
  },
): Promise<void> {
  const { state, by, at, reason, quietUntil } = decision
  await tx.query(
    `update anomaly set state = $2, decided_by = $3, decided_at = $4::timestamptz, reason = $5,
       quiet_until = $6::date where id = $1`,
    [id, state, by, timestamptz(at), reason, quietUntil],
  )
}
