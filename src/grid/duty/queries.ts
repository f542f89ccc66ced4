import { assert, type Instant } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type {
  AreaManager,
  Duty,
  DutyFilter,
  DutyKind,
  DutyNode,
  DutyPage,
  NodeDuty,
} from './types.ts'

interface DutyRow {
  readonly manager: string
  readonly staff_no: string | null
  readonly phone: string | null
  readonly valid_from: Instant
  readonly valid_to: Instant | null
}

const dutyOf = (row: DutyRow): Duty => ({
  manager: { name: row.manager, staffNo: row.staff_no, phone: row.phone },
  from: row.valid_from,
  to: row.valid_to,
})

/** Nodes of the grid of that moment, each with who was responsible for it. */
export async function selectDuties(
  db: Db,
  at: Instant,
  { kind, manager, held }: DutyFilter,
  { after, limit }: DutyPage,
): Promise<NodeDuty[]> {
  const rows = await db.query<
    {
      readonly id: number
      readonly kind: DutyKind
      readonly code: string
      readonly name: string
    } & (DutyRow | { readonly manager: null })
  >(
    `select n.id, n.kind, n.code, n.name, d.name as manager, d.staff_no, d.phone, d.valid_from,
       d.valid_to
     from grid_node n left join area_duty_of d on d.node_id = n.id
       and d.valid_from <= $1::timestamptz and (d.valid_to is null or d.valid_to > $1::timestamptz)
     where n.id > $2::int and n.kind in ('area', 'feeder') and ($3::text is null or n.kind = $3)
       and ($4::text is null or $4 in (d.name, d.staff_no))
       and ($5::boolean is null or (d.node_id is not null) = $5)
     order by n.id limit $6::int`,
    [timestamptz(at), after, kind ?? null, manager ?? null, held ?? null, limit],
  )
  return rows.map((row) => ({
    id: row.id,
    node: { kind: row.kind, code: row.code },
    name: row.name,
    duty: row.manager === null ? null : dutyOf(row),
  }))
}

export async function selectHistory(db: Db, node: number): Promise<Duty[]> {
  const rows = await db.query<DutyRow>(
    `select name as manager, staff_no, phone, valid_from, valid_to from area_duty_of
     where node_id = $1::int order by valid_from`,
    [node],
  )
  return rows.map(dutyOf)
}

/** One entry at a time for a node: who comes later sees what was entered. */
export async function lockNode(tx: Db, { kind, code }: DutyNode): Promise<number | null> {
  const [row] = await tx.query<{ id: number }>(
    `select id from grid_node where kind = $1::text and code = $2::text for no key update`,
    [kind, code],
  )
  return row?.id ?? null
}

export interface HeldRow {
  readonly id: number
  readonly manager_id: number
  readonly manager: AreaManager
  readonly valid_from: Instant
  readonly valid_to: Instant | null
}

/** What holds at a moment, and when the next one begins. */
export async function selectAround(
  tx: Db,
  node: number,
  at: Instant,
): Promise<{ readonly held: HeldRow | undefined; readonly next: Instant | null }> {
  const rows = await tx.query<HeldRow>(
    `select d.id, d.manager_id, d.valid_from, d.valid_to,
       jsonb_build_object('name', m.name, 'staffNo', m.staff_no, 'phone', m.phone) as manager
     from area_duty d join area_manager m on m.id = d.manager_id
     where d.node_id = $1::int and (d.valid_to is null or d.valid_to > $2::timestamptz)
     order by d.valid_from limit 2`,
    [node, timestamptz(at)],
  )
  const held = rows.find(({ valid_from }) => valid_from <= at)
  return { held, next: rows.find(({ valid_from }) => valid_from > at)?.valid_from ?? null }
}

/** Ends it at a moment; what would not have lasted at all goes. */
export async function cutDuty(tx: Db, { id, valid_from }: HeldRow, at: Instant): Promise<void> {
  if (valid_from === at) await tx.query('delete from area_duty where id = $1::int', [id])
  else {
    await tx.query('update area_duty set valid_to = $2::timestamptz where id = $1::int', [
      id,
      timestamptz(at),
    ])
  }
}

export async function insertDuty(
  tx: Db,
  node: number,
  manager: number,
  from: Instant,
  to: Instant | null,
  by: string,
): Promise<void> {
  await tx.query(
    `insert into area_duty (node_id, manager_id, valid_from, valid_to, set_by)
     values ($1::int, $2::int, $3::timestamptz, $4::timestamptz, $5::text)`,
    [node, manager, timestamptz(from), to === null ? null : timestamptz(to), by],
  )
}

export interface KnownManager {
  readonly id: number
  readonly name: string
  readonly phone: string | null
}

/** None or one. */
export async function selectByStaffNo(tx: Db, staffNo: string): Promise<KnownManager[]> {
  return await tx.query<KnownManager>(
    'select id, name, phone from area_manager where staff_no = $1::text',
    [staffNo],
  )
}

export async function selectByName(tx: Db, name: string): Promise<KnownManager[]> {
  return await tx.query<KnownManager>(
    'select id, name, phone from area_manager where name = $1::text order by id',
    [name],
  )
}

/** Two entries of one new person at once: the second waits for the first, and finds the person. */
export async function lockManagers(tx: Db): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('area_manager'))`)
}

export async function insertManager(
  tx: Db,
  { name, staffNo, phone }: AreaManager,
): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    `insert into area_manager (name, staff_no, phone) values ($1::text, $2::text, $3::text)
     returning id`,
    [name, staffNo, phone],
  )
  assert(row !== undefined, 'an insert returns its row')
  return row.id
}

export async function updateManager(
  tx: Db,
  id: number,
  name: string,
  phone: string | null,
): Promise<void> {
  await tx.query('update area_manager set name = $2::text, phone = $3::text where id = $1::int', [
    id,
    name,
    phone,
  ])
}
