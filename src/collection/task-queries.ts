import type { ProtocolName, TaskClass } from '#protocols/model'
import { type BusinessDate, idOf } from '#src/core'
import type { Db } from '#src/db'
import type {
  GroupFilter,
  MeterGroup,
  MeterGroupId,
  NewMeterGroup,
  NewTask,
  Task,
} from './task-types.ts'
import type { PlanId } from './types.ts'

interface TaskRow {
  id: number
  name: string
  name_zh: string
  protocol: ProtocolName
  data_class: TaskClass
  items: string[]
  cycle_seconds: number
  offset_seconds: number
  priority: number
  enabled: boolean
  group_name: string | null
  window_seconds: number | null
  timely_seconds: number
  valid_from: BusinessDate | null
  valid_to: BusinessDate | null
  catch_up_seconds: number
  catch_up_items: string[]
  catch_up_slots: number
  meters: bigint
}

/** `id` null: all of them. */
export async function selectTasks(db: Db, id: PlanId | null): Promise<Task[]> {
  const rows = await db.query<TaskRow>(
    `select p.id, p.name, p.name_zh, p.protocol, p.data_class, p.items, p.cycle_seconds,
       p.offset_seconds, p.priority, p.enabled, g.name as group_name, p.window_seconds,
       p.timely_seconds, p.valid_from, p.valid_to, p.catch_up_seconds, p.catch_up_items,
       p.catch_up_slots, coalesce(c.meters, 0)::bigint as meters
     from poll_plan p
     left join meter_group g on g.id = p.group_id
     left join (select plan_id, count(*) as meters from plan_meter group by plan_id) c
       on c.plan_id = p.id
     where $1::int is null or p.id = $1::int
     order by p.priority, p.name`,
    [id],
  )
  return rows.map(taskOf)
}

const taskOf = (row: TaskRow): Task => ({
  id: idOf(row.id),
  name: row.name,
  nameZh: row.name_zh,
  protocol: row.protocol,
  dataClass: row.data_class,
  items: row.items,
  cycleSeconds: row.cycle_seconds,
  offsetSeconds: row.offset_seconds,
  priority: row.priority,
  enabled: row.enabled,
  group: row.group_name,
  windowSeconds: row.window_seconds,
  timelySeconds: row.timely_seconds,
  validFrom: row.valid_from,
  validTo: row.valid_to,
  catchUpSeconds: row.catch_up_seconds,
  catchUpItems: row.catch_up_items,
  catchUpSlots: row.catch_up_slots,
  meters: Number(row.meters),
})

const valuesOf = (task: NewTask, groupId: MeterGroupId | null): readonly unknown[] => [
  ...[task.name, task.nameZh, task.protocol, task.dataClass, task.items, task.cycleSeconds],
  ...[task.offsetSeconds, task.priority, task.enabled, groupId, task.windowSeconds],
  ...[task.validFrom, task.validTo, task.catchUpSeconds, task.catchUpItems, task.catchUpSlots],
]

/** Undefined where the name is taken. */
export async function insertTask(
  db: Db,
  task: NewTask,
  groupId: MeterGroupId | null,
): Promise<PlanId | undefined> {
  const [row] = await db.query<{ id: number }>(
    `insert into poll_plan (name, name_zh, protocol, data_class, items, cycle_seconds,
       offset_seconds, priority, enabled, group_id, window_seconds, valid_from, valid_to,
       catch_up_seconds, catch_up_items, catch_up_slots, revision)
     values ($1::text, $2::text, $3::text, $4::text, $5::text[], $6::int, $7::int, $8::smallint,
       $9::boolean, $10::int, $11::int, $12::date, $13::date, $14::int, $15::text[], $16::smallint, 1)
     on conflict (name) do nothing returning id`,
    valuesOf(task, groupId),
  )
  return row === undefined ? undefined : idOf(row.id)
}

export async function updateTask(
  db: Db,
  id: PlanId,
  task: NewTask,
  groupId: MeterGroupId | null,
): Promise<void> {
  await db.query(
    `update poll_plan set name = $1::text, name_zh = $2::text, protocol = $3::text,
       data_class = $4::text, items = $5::text[], cycle_seconds = $6::int,
       offset_seconds = $7::int, priority = $8::smallint, enabled = $9::boolean,
       group_id = $10::int, window_seconds = $11::int, valid_from = $12::date,
       valid_to = $13::date, catch_up_seconds = $14::int, catch_up_items = $15::text[],
       catch_up_slots = $16::smallint, revision = revision + 1
     where id = $17::int`,
    [...valuesOf(task, groupId), id],
  )
}

export async function isTaskNameTaken(db: Db, name: string, but: PlanId): Promise<boolean> {
  const rows = await db.query(`select from poll_plan where name = $1::text and id <> $2::int`, [
    name,
    but,
  ])
  return rows.length > 0
}

export async function selectGroups(db: Db, id: MeterGroupId | null): Promise<MeterGroup[]> {
  const rows = await db.query<{
    id: number
    name: string
    filter: GroupFilter | null
    listed: number[]
    meters: bigint
  }>(
    `select g.id, g.name, g.filter,
       (select coalesce(array_agg(l.meter_id order by l.meter_id), '{}')
        from meter_group_meter l where l.group_id = g.id) as listed,
       (select count(*) from meter_group_member m where m.group_id = g.id) as meters
     from meter_group g where $1::int is null or g.id = $1::int order by g.name`,
    [id],
  )
  return rows.map((row) => ({
    id: idOf(row.id),
    name: row.name,
    filter: row.filter,
    meterIds: row.listed.map((meter) => idOf<'meter'>(meter)),
    meters: Number(row.meters),
  }))
}

export async function groupNamed(db: Db, name: string): Promise<MeterGroupId | undefined> {
  const [row] = await db.query<{ id: number }>(`select id from meter_group where name = $1::text`, [
    name,
  ])
  return row === undefined ? undefined : idOf(row.id)
}

/** Undefined where the name is taken. */
export async function insertGroup(
  db: Db,
  { name, filter }: NewMeterGroup,
): Promise<MeterGroupId | undefined> {
  const [row] = await db.query<{ id: number }>(
    `insert into meter_group (name, filter) values ($1::text, $2::jsonb)
     on conflict (name) do nothing returning id`,
    [name, filter === null ? null : JSON.stringify(filter)],
  )
  return row === undefined ? undefined : idOf(row.id)
}

export async function updateGroup(
  db: Db,
  id: MeterGroupId,
  { name, filter }: NewMeterGroup,
): Promise<void> {
  await db.query(
    `update meter_group set name = $2::text, filter = $3::jsonb, revision = revision + 1
     where id = $1::int`,
    [id, name, filter === null ? null : JSON.stringify(filter)],
  )
}

/** Returns those that no meter has. */
export async function listMeters(
  db: Db,
  id: MeterGroupId,
  meterIds: readonly number[],
): Promise<number[]> {
  await db.query(`delete from meter_group_meter where group_id = $1::int`, [id])
  const unknown = await db.query<{ id: number }>(
    `with given as (select distinct unnest($2::int[]) as id),
     listed as (
       insert into meter_group_meter (group_id, meter_id)
       select $1::int, g.id from given g join meter m on m.id = g.id returning meter_id)
     select g.id from given g left join meter m on m.id = g.id where m.id is null order by g.id`,
    [id, meterIds],
  )
  return unknown.map((row) => row.id)
}

export async function tasksOfGroup(db: Db, id: MeterGroupId): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select name from poll_plan where group_id = $1::int order by name`,
    [id],
  )
  return rows.map(({ name }) => name)
}

export async function deleteGroup(db: Db, id: MeterGroupId): Promise<void> {
  await db.query(`delete from meter_group where id = $1::int`, [id])
}
