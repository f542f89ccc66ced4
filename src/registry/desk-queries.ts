import type { Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { ArchiveFinding, ArchiveImport } from './desk-types.ts'
import type { ArchiveChange } from './import-work.ts'

export interface NewImport {
  readonly kind: ArchiveImport['kind']
  readonly state: ArchiveImport['state']
  readonly fileName: string
  readonly sha256: string
  /** Packed. */
  readonly file: Uint8Array
  readonly options: Readonly<Record<string, unknown>>
  readonly rows: number
  readonly created: number
  readonly changed: number
  readonly digest: string
  readonly by: string
  readonly at: Instant
}

export async function insertImport(tx: Db, entry: NewImport): Promise<number | undefined> {
  const at = timestamptz(entry.at)
  const [row] = await tx.query<{ id: number }>(
    `insert into archive_import (kind, state, file_name, sha256, file, options, row_count, created,
       changed, digest, proposed_by, proposed_at, applied_by, applied_at)
     values ($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::jsonb, $7::int, $8::int,
       $9::int, $10::text, $11::text, $12::timestamptz,
       case when $2::text = 'applied' then $11::text end,
       case when $2::text = 'applied' then $12::timestamptz end)
     returning id`,
    [
      entry.kind,
      entry.state,
      entry.fileName,
      entry.sha256,
      Buffer.from(entry.file),
      JSON.stringify(entry.options),
      entry.rows,
      entry.created,
      entry.changed,
      entry.digest,
      entry.by,
      at,
    ],
  )
  return row?.id
}

export async function insertFindings(
  tx: Db,
  importId: number,
  findings: readonly ArchiveFinding[],
): Promise<void> {
  if (findings.length === 0) return
  await tx.query(
    `insert into archive_finding (import_id, kind, line, field, value, message)
     select $1::int, u.kind, u.line, u.field, u.value, u.message
     from unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[]) with ordinality
       as u (kind, line, field, value, message, position) order by u.position`,
    [
      importId,
      findings.map(({ kind }) => kind),
      findings.map(({ line }) => line),
      findings.map(({ field }) => field),
      findings.map(({ value }) => value),
      findings.map(({ message }) => message),
    ],
  )
}

interface ImportRow {
  readonly id: number
  readonly kind: ArchiveImport['kind']
  readonly state: ArchiveImport['state']
  readonly file_name: string
  readonly sha256: string
  readonly row_count: number
  readonly created: number
  readonly changed: number
  readonly proposed_by: string
  readonly proposed_at: Instant
  readonly applied_by: string | null
  readonly applied_at: Instant | null
  readonly counts: Readonly<Record<string, number>> | null
}

/** Imports older than an id, newest first; or one. */
export async function selectImports(
  db: Db,
  of: { readonly before: number; readonly limit: number } | { readonly id: number },
): Promise<ArchiveImport[]> {
  const rows = await db.query<ImportRow>(
    `select i.id, i.kind, i.state, i.file_name, i.sha256, i.row_count, i.created, i.changed,
       i.proposed_by, i.proposed_at, i.applied_by, i.applied_at,
       (select jsonb_object_agg(c.word, c.count) from (
          select action as word, count(*)::int from archive_change where import_id = i.id group by 1
          union all
          select kind, count(*)::int from archive_finding where import_id = i.id group by 1)
        as c (word, count)) as counts
     from archive_import i
     where ($1::int is null or i.id = $1::int) and ($2::int is null or i.id < $2::int)
     order by i.id desc limit $3::int`,
    'id' in of ? [of.id, null, 1] : [null, of.before, of.limit],
  )
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    fileName: row.file_name,
    sha256: row.sha256,
    rows: row.row_count,
    created: row.created,
    changed: row.changed,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    appliedBy: row.applied_by,
    appliedAt: row.applied_at,
    counts: row.counts ?? {},
  }))
}

/** What is kept of an import to apply it; its row stays locked for the transaction. */
export async function lockImport(tx: Db, id: number) {
  const [row] = await tx.query<{
    kind: ArchiveImport['kind']
    state: ArchiveImport['state']
    file_name: string
    file: Uint8Array | null
    options: Readonly<Record<string, unknown>>
    digest: string
    proposed_by: string
    created: number
    changed: number
  }>(
    `select kind, state, file_name, file, options, digest, proposed_by, created, changed
     from archive_import
     where id = $1::int for update`,
    [id],
  )
  return row
}

export async function updateState(
  tx: Db,
  id: number,
  state: 'applied' | 'withdrawn',
  by: string,
  at: Instant,
): Promise<void> {
  await tx.query(
    `update archive_import set state = $2::text,
       applied_by = case when $2::text = 'applied' then $3::text end,
       applied_at = case when $2::text = 'applied' then $4::timestamptz end
     where id = $1::int`,
    [id, state, by, timestamptz(at)],
  )
}

interface ChangeRow {
  readonly id: bigint
  readonly line: number | null
  readonly subject: ArchiveChange['subject']
  readonly key: string
  readonly action: ArchiveChange['action']
  readonly valid_from: Instant | null
  readonly before: ArchiveChange['before']
  readonly after: ArchiveChange['after']
  readonly usage_point: string | null
}

/** Changes of an import after an id, in their order; all without a limit. */
export async function selectChanges(
  db: Db,
  importId: number,
  after: bigint,
  limit: number | null,
): Promise<{ readonly id: bigint; readonly change: ArchiveChange }[]> {
  const rows = await db.query<ChangeRow>(
    `select id, line, subject, key, action, valid_from, before, after, usage_point
     from archive_change where import_id = $1::int and id > $2::bigint
     order by id limit $3::int`,
    [importId, after, limit],
  )
  return rows.map(({ id, valid_from, usage_point, ...change }) => ({
    id,
    change: { ...change, validFrom: valid_from, usagePoint: usage_point },
  }))
}

export async function selectFindings(
  db: Db,
  importId: number,
  after: bigint,
  limit: number,
): Promise<(ArchiveFinding & { readonly id: bigint })[]> {
  return await db.query(
    `select id, kind, line, field, value, message from archive_finding
     where import_id = $1::int and id > $2::bigint order by id limit $3::int`,
    [importId, after, limit],
  )
}
