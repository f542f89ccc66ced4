import { type ConcentratorId, type Instant, idOf } from '#src/core'
import type { Db } from '#src/db'
import type { FrameDirection, FrameLogSwitch, FrameQuery, LoggedFrame } from './types.ts'

interface SwitchRow {
  readonly concentrator_id: number
  readonly since: Instant
  readonly until: Instant
  readonly switched_by: string
}

const switchOf = (row: SwitchRow): FrameLogSwitch => ({
  concentratorId: idOf(row.concentrator_id),
  since: row.since,
  until: row.until,
  by: row.switched_by,
})

export async function selectSwitch(
  db: Db,
  id: ConcentratorId,
): Promise<FrameLogSwitch | undefined> {
  const rows = await db.query<SwitchRow>(
    `select concentrator_id, since, until, switched_by from frame_log_switch
     where concentrator_id = $1::int`,
    [id],
  )
  return rows.map(switchOf)[0]
}

export async function selectSwitches(db: Db, now: Instant): Promise<FrameLogSwitch[]> {
  const rows = await db.query<SwitchRow>(
    `select concentrator_id, since, until, switched_by from frame_log_switch
     where until > to_timestamp($1::float8 / 1000)`,
    [now],
  )
  return rows.map(switchOf)
}

export async function upsertSwitch(db: Db, logSwitch: FrameLogSwitch): Promise<void> {
  const { concentratorId, since, until, by } = logSwitch
  await db.query(
    `insert into frame_log_switch (concentrator_id, since, until, switched_by)
     values ($1::int, to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000), $4::text)
     on conflict (concentrator_id) do update set
       since = excluded.since, until = excluded.until, switched_by = excluded.switched_by`,
    [concentratorId, since, until, by],
  )
}

export async function deleteSwitch(db: Db, id: ConcentratorId): Promise<boolean> {
  const rows = await db.query(
    `delete from frame_log_switch where concentrator_id = $1::int returning concentrator_id`,
    [id],
  )
  return rows.length > 0
}

export async function insertFrames(db: Db, frames: readonly LoggedFrame[]): Promise<void> {
  await db.query(
    `insert into frame_log (at, concentrator_id, seq, direction, frame)
     select to_timestamp(u.at_ms / 1000), u.id, u.seq, u.direction, u.frame
     from unnest($1::float8[], $2::int[], $3::int[], $4::text[], $5::text[])
       as u (at_ms, id, seq, direction, frame)`,
    [
      frames.map(({ at }) => at),
      frames.map(({ concentratorId }) => concentratorId),
      frames.map(({ seq }) => seq),
      frames.map(({ direction }) => direction),
      frames.map(({ frame }) => frame),
    ],
  )
}

/** Newest first. */
export async function selectFrames(
  db: Db,
  id: ConcentratorId,
  query: FrameQuery,
): Promise<LoggedFrame[]> {
  const { from, to, direction, contains, before, limit } = query
  // Hex digits only: they mean themselves in a pattern, and only whole bytes are found.
  const patterns = contains.map((hex) => `^(..)*${hex}`)
  const rows = await db.query<{
    at: Instant
    seq: number
    direction: FrameDirection
    frame: string
  }>(
    `select at, seq, direction, frame from frame_log
     where concentrator_id = $1::int and at >= to_timestamp($2::float8 / 1000)
       and at < to_timestamp($3::float8 / 1000)
       and ($4::text is null or direction = $4::text)
       and frame ~ all ($5::text[])
       and ($6::float8 is null or (at, seq) < (to_timestamp($6::float8 / 1000), $7::int))
     order by at desc, seq desc limit $8::int`,
    [id, from, to, direction, patterns, before?.at ?? null, before?.seq ?? null, limit],
  )
  return rows.map((row) => ({ concentratorId: id, ...row }))
}

export async function dropOldChunks(db: Db, table: string, before: Instant): Promise<void> {
  await db.query(
    `select drop_chunks($1::regclass, older_than => to_timestamp($2::float8 / 1000))`,
    [table, before],
  )
}
