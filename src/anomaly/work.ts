import type { Cases, Finding } from '#src/cases'
import { idOf } from '#src/core'
import type { Database, Db } from '#src/db'

const MERGED_MAX = 1_000

interface Row {
  readonly id: number
  readonly code: string
  readonly severity: Finding['severity']
  readonly findings: readonly Readonly<Record<string, unknown>>[]
  readonly ids: readonly number[]
}

/** What is raised of a usage point is one case, and the case ends with the last of it. */
export async function mergeIntoCases(db: Database, cases: Cases): Promise<void> {
  for (let taken = MERGED_MAX; taken === MERGED_MAX; ) {
    taken = await db.transaction(async (tx) => {
      const rows = await pointsToMerge(tx, null)
      await open(tx, cases, rows)
      return rows.length
    })
  }
  for (let taken = MERGED_MAX; taken === MERGED_MAX; ) {
    taken = await db.transaction(async (tx) => {
      const rows = await tx.query<{ key: string; last: string; reason: string }>(
        `select a.case_key as key, max(coalesce(a.ended_on, a.last_on))::text as last,
           string_agg(distinct a.state, ', ') as reason
         from anomaly a where a.case_key is not null and not a.case_is_over
         group by a.case_key
         having bool_and(a.state in ('dismissed', 'cleared')) limit ${MERGED_MAX}`,
      )
      await cases.settled(
        rows.map(({ key, last, reason }) => ({ key, evidence: { overOn: last, because: reason } })),
        tx,
      )
      await tx.query('update anomaly set case_is_over = true where case_key = any($1::text[])', [
        rows.map(({ key }) => key),
      ])
      return rows.length
    })
  }
}

/** Makes work of one finding, whether its rule does so by itself or not. */
export async function sendToCase(tx: Db, cases: Cases, anomalyId: number): Promise<void> {
  await open(tx, cases, await pointsToMerge(tx, anomalyId))
}

async function open(tx: Db, cases: Cases, rows: readonly Row[]): Promise<void> {
  await cases.found(
    rows.map(({ id, code, severity, findings }) => ({
      kind: 'anomaly.point',
      key: keyOf(id),
      subject: { kind: 'usage-point', id: idOf<'usage_point'>(id) },
      severity,
      evidence: { usagePoint: code, findings },
    })),
    tx,
  )
  await tx.query(
    `update anomaly a set case_key = k.key
     from unnest($1::int[], $2::text[]) as k (usage_point_id, key)
     where a.usage_point_id = k.usage_point_id and a.state in ('open', 'confirmed')
       and (a.id = any($3::int[]))`,
    [
      rows.map(({ id }) => id),
      rows.map(({ id }) => keyOf(id)),
      rows.flatMap(({ ids }) => [...ids]),
    ],
  )
}

const keyOf = (usagePointId: number) => `anomaly:point:${usagePointId}`

/** Points of which something that is work is raised and in no case yet, with all that is raised. */
async function pointsToMerge(tx: Db, anomalyId: number | null): Promise<Row[]> {
  return await tx.query<Row>(
    `select u.id, u.code,
       (array['low', 'medium', 'high', 'critical'])[max(
         array_position(array['low', 'medium', 'high', 'critical'], r.severity))] as severity,
       jsonb_agg(jsonb_build_object('id', a.id, 'code', a.code, 'version', a.version, 'score',
         a.score, 'since', a.began_on, 'until', a.last_on, 'kWh', round(a.energy / 1e6, 2))
         order by a.score desc, a.id) as findings,
       array_agg(a.id) as ids
     from (
       select distinct a.usage_point_id from anomaly a
       join anomaly_rule r on r.code = a.code and r.version = a.version
       where a.state in ('open', 'confirmed') and a.case_key is null
         and case when $1::int is null then r.opens_case else a.id = $1::int end
       limit ${MERGED_MAX}) p
     join usage_point u on u.id = p.usage_point_id
     join anomaly a on a.usage_point_id = u.id and a.state in ('open', 'confirmed')
     join anomaly_rule r on r.code = a.code and r.version = a.version
     group by u.id, u.code`,
    [anomalyId],
  )
}
