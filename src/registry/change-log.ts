import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { ArchiveChange } from './import-work.ts'

/** Who changed the archive, by which file and when; without a time it is that of the transaction. */
export interface ChangeOrigin {
  readonly importId: number | null
  readonly by: string
  readonly at: Instant | null
}

/** Writes down what became of the archive, in the transaction that makes it so. */
export async function writeChanges(
  tx: Db,
  changes: readonly ArchiveChange[],
  { importId, by, at }: ChangeOrigin,
): Promise<void> {
  if (changes.length === 0) return
  await tx.query(
    `insert into archive_change (import_id, line, subject, key, action, valid_from, before, after,
       usage_point, changed_by, changed_at)
     select $1::int, u.line, u.subject, u.key, u.action, to_timestamp(u.from_ms / 1000), u.before,
       u.after, u.usage_point, $2::text, coalesce(to_timestamp($3::float8 / 1000), now())
     from unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::jsonb[],
         $10::jsonb[], $11::text[]) with ordinality
       as u (line, subject, key, action, from_ms, before, after, usage_point, position)
     order by u.position`,
    [
      importId,
      by,
      at,
      changes.map(({ line }) => line),
      changes.map(({ subject }) => subject),
      changes.map(({ key }) => key),
      changes.map(({ action }) => action),
      changes.map(({ validFrom }) => validFrom),
      changes.map(({ before }) => before && JSON.stringify(before)),
      changes.map(({ after }) => after && JSON.stringify(after)),
      changes.map(({ usagePoint }) => usagePoint),
    ],
  )
}
