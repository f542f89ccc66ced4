import type { CivilTime } from '#src/core'
import type { Database, Db } from '#src/db'
import { addMoves, type MoveRow, moveOf, movesOf, type SlotMove, undone } from './slot-sums.ts'

/** So many new rows change how they are best looked at. */
export const ANALYZE_FROM = 1_000n

/** What the slots of each meter are told apart by: where it hangs, or hung last. */
const wanted = `(
  select m.id as meter_id, m.channel_id,
    coalesce(up.transformer_id, co.transformer_id, 0) as transformer_id,
    coalesce(m.model, '') as model, coalesce(m.maker, '') as maker
  from meter m
  left join concentrator co on co.channel_id = m.channel_id
  left join (
    select distinct on (meter_id) meter_id, usage_point_id from installation
    where valid_from <= (select as_of from archive_revision)
    order by meter_id, valid_from desc) i on i.meter_id = m.id
  left join usage_point up on up.id = i.usage_point_id)`

/** Those that are counted elsewhere than they should be, or nowhere yet. */
const strayed = `
  select w.meter_id, p.id as place_id, l.place_id as old_id
  from ${wanted} w
  left join collection_place p on p.channel_id = w.channel_id
    and p.transformer_id = w.transformer_id and p.model = w.model and p.maker = w.maker
  left join collection_located l on l.meter_id = w.meter_id
  where p.id is distinct from l.place_id or l.place_id is null`

/**
 * Counts the slots of each meter where the archive has it now, also those of the past: a meter that
 * hangs elsewhere takes its slots along. Nobody changes slots while sums move.
 */
export async function locateMeters(db: Database, civil: CivilTime): Promise<void> {
  const [known] = await db.query<{ count: bigint }>(`select count(*) as count from (${strayed}) s`)
  if (known?.count === 0n) return
  await db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('slot ledger'))`)
    // First of all: whoever changes slots holds the weaker lock from its first statement on.
    await tx.query(`lock table only collection_slot in share row exclusive mode`)
    await tx.query(
      `insert into collection_place (channel_id, transformer_id, model, maker)
       select distinct channel_id, transformer_id, model, maker from ${wanted} w
       on conflict do nothing`,
    )
    const left = (await takenAlong(tx, 'old_id')).map(undone)
    const moves = [...left, ...(await takenAlong(tx, 'place_id'))]
    await tx.query(
      `insert into collection_located (meter_id, place_id)
       select meter_id, place_id from (${strayed}) s
       on conflict (meter_id) do update set place_id = excluded.place_id`,
    )
    await addMoves(tx, civil, moves)
    // A planner that takes a million new rows for none looks at them one by one.
    if (known !== undefined && known.count > ANALYZE_FROM) {
      await tx.query(`analyze collection_located`)
    }
  })
}

/** Slots of meters that nobody counted yet are looked for only where there can be any. */
async function takenAlong(tx: Db, place: 'old_id' | 'place_id'): Promise<SlotMove[]> {
  const rows = await tx.query<MoveRow>(
    `with strays as materialized (
       select s.meter_id, s.place_id, coalesce(s.old_id, 0) as old_id from (${strayed}) s
       where s.old_id is not null or exists (select from collection_day where place_id = 0)),
     taken as (
       select s.meter_id, s.plan_id, s.slot_start, s.state, null::smallint as was, s.attempts,
         s.reason, c.place_id, c.old_id
       from strays c cross join lateral (
         -- Not a scan of all slots: those of few meters.
         select * from collection_slot x where x.meter_id = c.meter_id offset 0) s)
     ${movesOf('taken', `c.${place}`)}`,
  )
  return rows.map(moveOf)
}
