import { fail, type MeterId, ok, type Result } from '#src/core'
import type { Db } from '#src/db'
import type { BadDevice, ReadSources, ResolvedSources } from './read-request-types.ts'

type Missing = 'group' | 'concentrator' | 'area'

/** One statement each, however many meters are named. */
export async function resolveSources(
  db: Db,
  { devices = [], group, concentrator, area }: ReadSources,
): Promise<Result<ResolvedSources, Missing>> {
  const found = new Set<MeterId>()
  const bad = await named(db, devices, found)
  const sources = [
    ['group', group],
    ['concentrator', concentrator],
    ['area', area],
  ] as const
  for (const [kind, name] of sources) {
    if (name === undefined) continue
    const rows = await db.query<{ meter_id: MeterId | null }>(members[kind], [name])
    if (rows.length === 0) return fail(kind)
    for (const { meter_id } of rows) if (meter_id !== null) found.add(meter_id)
  }
  return ok({ meterIds: [...found], bad })
}

/** One row without a meter for a source that is there and has none. */
const members: Readonly<Record<Missing, string>> = {
  group: `select gm.meter_id from meter_group g
    left join meter_group_member gm on gm.group_id = g.id where g.name = $1::text`,
  concentrator: `select t.meter_id from concentrator c
    left join read_target t on t.concentrator = c.address where c.address = $1::text`,
  area: `select t.meter_id from transformer tr
    left join read_target t on t.area = tr.code where tr.code = $1::text`,
}

async function named(
  db: Db,
  devices: readonly (number | string)[],
  found: Set<MeterId>,
): Promise<readonly BadDevice[]> {
  if (devices.length === 0) return []
  const ids = devices.map((device) => (typeof device === 'number' ? device : null))
  const addresses = devices.map((device) => (typeof device === 'string' ? device : null))
  const rows = await db.query<{ index: number; count: number; id: MeterId | null }>(
    `with d as (
       select id, address, index::int - 1 as index
       from unnest($1::int[], $2::text[]) with ordinality as u (id, address, index))
     select f.index, count(f.meter_id)::int as count, min(f.meter_id) as id
     from (
       select d.index, m.id as meter_id from d left join meter m on m.id = d.id
       where d.id is not null
       union all
       select d.index, m.id from d left join meter m on m.address = d.address
       where d.id is null) as f
     group by f.index order by f.index`,
    [ids, addresses],
  )
  const bad: BadDevice[] = []
  for (const { index, count, id } of rows) {
    if (count === 1 && id !== null) found.add(id)
    else {
      const why = count === 0 ? 'unknown' : 'ambiguous'
      bad.push({ index, device: String(devices[index]), why })
    }
  }
  return bad
}
