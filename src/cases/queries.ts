import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { Moved } from './rules.ts'
import {
  type CaseAct,
  type CaseEntry,
  type CaseFilter,
  type CaseId,
  type CaseState,
  type CaseSubject,
  type Evidence,
  type Finding,
  severities,
  type WorkCase,
} from './types.ts'

export const rankOf = (severity: Finding['severity']): number => severities.indexOf(severity) + 1

interface CaseRow {
  readonly id: number
  readonly kind: string
  readonly dedupe_key: string
  readonly meter_id: number | null
  readonly concentrator_id: number | null
  readonly usage_point_id: number | null
  readonly transformer_id: number | null
  readonly severity: number
  readonly state: CaseState
  readonly assignee_id: number | null
  readonly assignee: string | null
  readonly due_at: Instant
  readonly opened_at: Instant
  readonly last_found_at: Instant
  readonly times_found: number
  readonly evidence: Evidence
  readonly ended_at: Instant | null
  readonly muted_until: Instant | null
}

const caseSelect = `
  select c.id, c.kind, c.dedupe_key, c.meter_id, c.concentrator_id, c.usage_point_id,
    c.transformer_id, c.severity, c.state, c.assignee_id, u.username as assignee, c.due_at,
    c.opened_at, c.last_found_at, c.times_found, c.evidence, c.ended_at, c.muted_until
  from work_case c left join app_user u on u.id = c.assignee_id`

function caseOf(row: CaseRow): WorkCase {
  return {
    id: idOf(row.id),
    kind: row.kind,
    key: row.dedupe_key,
    subject: subjectOf(row),
    severity: severities[row.severity - 1] ?? 'low',
    state: row.state,
    assignee:
      row.assignee_id === null
        ? null
        : { id: idOf(row.assignee_id), username: row.assignee ?? String(row.assignee_id) },
    dueAt: row.due_at,
    openedAt: row.opened_at,
    lastFoundAt: row.last_found_at,
    timesFound: row.times_found,
    evidence: row.evidence,
    endedAt: row.ended_at,
    mutedUntil: row.muted_until,
  }
}

function subjectOf(row: CaseRow): CaseSubject {
  if (row.meter_id !== null) return { kind: 'meter', id: idOf(row.meter_id) }
  if (row.concentrator_id !== null) return { kind: 'concentrator', id: idOf(row.concentrator_id) }
  if (row.usage_point_id !== null) return { kind: 'usage-point', id: idOf(row.usage_point_id) }
  return { kind: 'area', id: idOf(row.transformer_id ?? 0) }
}

/** The id where the subject is of this kind. */
const idIf = ({ subject }: Pick<Finding, 'subject'>, kind: CaseSubject['kind']) =>
  subject.kind === kind ? subject.id : null

export type FoundAct = 'opened' | 'reopened' | 'worsened' | 'extended'

/**
 * One statement for all: rows that are locked by a person's move wait for it. What was dismissed
 * and is still muted is only counted.
 */
export async function upsertFindings(
  db: Db,
  findings: readonly (Finding & { readonly times: number; readonly dueAt: Instant })[],
  now: Instant,
): Promise<{ readonly id: number; readonly act: FoundAct; readonly evidence: Evidence }[]> {
  const before = await db.query<{
    id: number
    dedupe_key: string
    ended: boolean
    muted: boolean
    severity: number
  }>(
    `select id, dedupe_key, ended_at is not null as ended, severity,
       coalesce(muted_until > $2::timestamptz, false) as muted
     from work_case where dedupe_key = any($1::text[]) order by dedupe_key for update`,
    [findings.map(({ key }) => key), timestamptz(now)],
  )
  const known = new Map(before.map((row) => [row.dedupe_key, row]))
  const rows = await db.query<{ id: number; dedupe_key: string; fresh: boolean }>(
    `insert into work_case as c
       (kind, dedupe_key, meter_id, concentrator_id, usage_point_id, transformer_id, severity,
        state, due_at, opened_at, last_found_at, times_found, evidence)
     select u.kind, u.key, u.meter, u.concentrator, u.point, u.area, u.severity, 'open',
       u.due, $11::timestamptz, $11::timestamptz, u.times, u.evidence
     from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[],
       $7::smallint[], $8::timestamptz[], $9::int[], $10::jsonb[])
       as u (kind, key, meter, concentrator, point, area, severity, due, times, evidence)
     on conflict (dedupe_key) do update set
       times_found = c.times_found + excluded.times_found,
       last_found_at = greatest(c.last_found_at, excluded.last_found_at),
       evidence = excluded.evidence,
       severity = case when c.ended_at is null
         then greatest(c.severity, excluded.severity) else excluded.severity end,
       due_at = case when c.ended_at is null and excluded.severity <= c.severity then c.due_at
         when c.ended_at is null then least(c.due_at, excluded.due_at)
         when c.muted_until > $11::timestamptz then c.due_at else excluded.due_at end,
       state = case when c.ended_at is null or c.muted_until > $11::timestamptz
         then c.state else 'open' end,
       assignee_id = case when c.ended_at is null or c.muted_until > $11::timestamptz
         then c.assignee_id end,
       muted_until = case when c.muted_until > $11::timestamptz then c.muted_until end,
       ended_at = case when c.muted_until > $11::timestamptz then c.ended_at end
     returning c.id, c.dedupe_key, (xmax = 0) as fresh`,
    [
      findings.map(({ kind }) => kind),
      findings.map(({ key }) => key),
      findings.map((one) => idIf(one, 'meter')),
      findings.map((one) => idIf(one, 'concentrator')),
      findings.map((one) => idIf(one, 'usage-point')),
      findings.map((one) => idIf(one, 'area')),
      findings.map(({ severity }) => rankOf(severity)),
      findings.map(({ dueAt }) => timestamptz(dueAt)),
      findings.map(({ times }) => times),
      findings.map(({ evidence }) => JSON.stringify(evidence)),
      timestamptz(now),
    ],
  )
  const found = new Map(findings.map((one) => [one.key, one]))
  return rows.map(({ id, dedupe_key, fresh }) => {
    const was = known.get(dedupe_key)
    const one = found.get(dedupe_key)
    const evidence = one?.evidence ?? {}
    if (was === undefined) return { id, act: fresh ? 'opened' : 'extended', evidence }
    if (was.ended) return { id, act: was.muted ? 'extended' : 'reopened', evidence }
    const isWorse = one !== undefined && rankOf(one.severity) > was.severity
    return { id, act: isWorse ? 'worsened' : 'extended', evidence }
  })
}

export async function closeByKeys(
  db: Db,
  ends: readonly { readonly key: string; readonly evidence: Evidence }[],
  now: Instant,
): Promise<{ readonly id: number; readonly evidence: Evidence }[]> {
  return await db.query<{ id: number; evidence: Evidence }>(
    `update work_case c set state = 'closed', ended_at = $3::timestamptz
     from unnest($1::text[], $2::jsonb[]) as u (key, evidence)
     where c.dedupe_key = u.key and c.ended_at is null returning c.id, u.evidence`,
    [
      ends.map(({ key }) => key),
      ends.map(({ evidence }) => JSON.stringify(evidence)),
      timestamptz(now),
    ],
  )
}

export async function insertHistory(
  db: Db,
  rows: readonly {
    readonly caseId: number
    readonly actor: string
    readonly act: CaseAct
    readonly note: string
    readonly detail: Evidence
  }[],
  now: Instant,
): Promise<void> {
  await db.query(
    `insert into work_case_history (case_id, at, actor, act, note, detail)
     select u.case_id, $6::timestamptz, u.actor, u.act, u.note, u.detail
     from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
       as u (case_id, actor, act, note, detail)`,
    [
      rows.map(({ caseId }) => caseId),
      rows.map(({ actor }) => actor),
      rows.map(({ act }) => act),
      rows.map(({ note }) => note),
      rows.map(({ detail }) => JSON.stringify(detail)),
      timestamptz(now),
    ],
  )
}

export async function selectCase(db: Db, id: CaseId): Promise<WorkCase | undefined> {
  const rows = await db.query<CaseRow>(`${caseSelect} where c.id = $1::int`, [id])
  return rows.map(caseOf)[0]
}

export async function lockCase(db: Db, id: CaseId): Promise<void> {
  await db.query(`select 1 as one from work_case where id = $1::int for update`, [id])
}

export async function selectCases(
  db: Db,
  { states, kind, assignee, subject, dueBefore }: CaseFilter,
  before: number | null,
  limit: number,
): Promise<WorkCase[]> {
  const of = (wanted: CaseSubject['kind']) => (subject?.kind === wanted ? subject.id : null)
  const rows = await db.query<CaseRow>(
    `${caseSelect}
     where ($1::int is null or c.id < $1::int)
       and ($2::text[] is null or c.state = any($2::text[]))
       and ($3::text is null or c.kind = $3::text)
       and ($4::int is null or c.assignee_id = $4::int)
       and ($5::int is null or c.meter_id = $5::int)
       and ($6::int is null or c.concentrator_id = $6::int)
       and ($7::int is null or c.usage_point_id = $7::int)
       and ($8::int is null or c.transformer_id = $8::int)
       and ($9::timestamptz is null or (c.ended_at is null and c.due_at < $9::timestamptz))
     order by c.id desc limit $10::int`,
    [
      before,
      states === undefined ? null : [...states],
      kind ?? null,
      assignee ?? null,
      of('meter'),
      of('concentrator'),
      of('usage-point'),
      of('area'),
      dueBefore === undefined ? null : timestamptz(dueBefore),
      limit,
    ],
  )
  return rows.map(caseOf)
}

export async function updateCase(db: Db, id: CaseId, { change }: Moved): Promise<void> {
  const { state, severity, dueAt, endedAt, mutedUntil, assigneeId } = change
  const at = (given: Instant | null | undefined) =>
    given === undefined || given === null ? null : timestamptz(given)
  await db.query(
    `update work_case set state = coalesce($2::text, state),
       severity = coalesce($3::smallint, severity), due_at = coalesce($4::timestamptz, due_at),
       ended_at = coalesce($5::timestamptz, ended_at),
       muted_until = coalesce($6::timestamptz, muted_until),
       assignee_id = coalesce($7::int, assignee_id)
     where id = $1::int`,
    [
      id,
      state ?? null,
      severity === undefined ? null : rankOf(severity),
      at(dueAt),
      at(endedAt),
      at(mutedUntil),
      assigneeId ?? null,
    ],
  )
}

export async function isWorker(db: Db, userId: number): Promise<boolean> {
  const rows = await db.query(`select 1 from app_user where id = $1::int and not disabled`, [
    userId,
  ])
  return rows.length > 0
}

export async function selectHistory(db: Db, id: CaseId): Promise<CaseEntry[]> {
  const rows = await db.query<Omit<CaseEntry, 'seq'> & { readonly seq: bigint }>(
    `select seq, at, actor, act, note, detail from work_case_history
     where case_id = $1::int order by seq`,
    [id],
  )
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}
