import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { ArchiveChange } from './import-work.ts'

/** Who changed the archive, by which file and when; without a time it is that of the transaction. */
export interface ChangeOrigin {
  readonly importId: number | null
  readonly by: string
  readonly at: Instant | null
}

/** In one statement: a first archive of many thousand rows never stands as one text in memory. */
const BATCH = 5_000

/** Writes down what became of the archive, in the transaction that makes it so. */
export async function writeChanges(
  tx: Db,
  changes: readonly ArchiveChange[],
  origin: ChangeOrigin,
): Promise<void> {
  for (let at = 0; at < changes.length; at += BATCH) {
    await insertChanges(tx, changes.slice(at, at + BATCH), origin)
  }
}

/** As one JSON text: what is told of a row is JSON anyway, and arrays of it are escaped again. */
async function insertChanges(
  tx: Db,
  changes: readonly ArchiveChange[],
  { importId, by, at }: ChangeOrigin,
): Promise<void> {
  await tx.query(
    `insert into archive_change (import_id, line, subject, key, action, valid_from, before, after,
       usage_point, changed_by, changed_at)
     select $1::int, u.line, u.subject, u.key, u.action, to_timestamp(u."validFrom" / 1000),
       u.before, u.after, u."usagePoint", $2::text,
       coalesce(to_timestamp($3::float8 / 1000), now())
     from rows from (json_to_recordset($4::json) as (line int, subject text, key text, action text,
         "validFrom" float8, before jsonb, after jsonb, "usagePoint" text)) with ordinality
       as u (line, subject, key, action, "validFrom", before, after, "usagePoint", position)
     order by u.position`,
    [importId, by, at, JSON.stringify(changes)],
  )
}
