import { type Clock, fail, type Instant, ok, plainCode, type Result } from '#src/core'
import { type Database, type Db, timestamptz } from '#src/db'
import type { BadCursor, Page, PageRequest } from './types.ts'

/** Words of which one is had, by attribute; and the capacity of the contract, in kVA. */
export type GroupFilter = Readonly<Record<string, readonly string[] | string>>

/** A group of usage points of one's own, for statistics, forecasts and reports. */
export interface UsageGroup {
  readonly id: number
  readonly name: string
  readonly note: string
  /** Who has all of these attributes is in it, from that day on; null where only listed ones are. */
  readonly filter: GroupFilter | null
  readonly filterFrom: Instant | null
  /** Listed by hand now. */
  readonly listed: number
  readonly retiredAt: Instant | null
}

export interface NewUsageGroup {
  readonly name: string
  readonly note?: string
  readonly filter?: GroupFilter
  /** From when the filter holds; always where it is not said. */
  readonly from?: Instant
}

export type GroupRefusal =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'name-taken' }
  | { readonly kind: 'unknown-points'; readonly codes: readonly string[] }
  /** There is no such account, or it uses nothing at that moment. */
  | { readonly kind: 'unknown-accounts'; readonly accounts: readonly string[] }
  /** The group is something else since a later moment. */
  | { readonly kind: 'too-early'; readonly since: Instant }

/** Usage points by their codes, or what accounts (户号) use at the moment from which it holds. */
export type GroupMembers =
  | { readonly usagePoints: readonly string[] }
  | { readonly accounts: readonly string[] }

type Changed = Promise<Result<UsageGroup, GroupRefusal>>
type Also = (tx: Db) => Promise<void>

export interface UsageGroups {
  list(page: PageRequest): Promise<Result<Page<UsageGroup>, BadCursor>>
  get(id: number): Promise<UsageGroup | undefined>
  create(group: NewUsageGroup, by: string, also?: Also): Changed
  /** From a moment on; null leaves only those listed. */
  filter(id: number, filter: GroupFilter | null, from: Instant, also?: Also): Changed
  add(id: number, who: GroupMembers, from: Instant, also?: Also): Changed
  remove(id: number, who: GroupMembers, from: Instant, also?: Also): Changed
  /** It stays for what was reported of it. */
  retire(id: number, also?: Also): Changed
  /** Codes of the usage points that are in it at a moment, in their order. */
  points(
    id: number,
    at: Instant,
    page: PageRequest,
  ): Promise<Result<Page<string>, GroupRefusal | BadCursor>>
}

const always = '2000-01-01T00:00:00Z'
const nothing: Also = async () => {}

interface Row {
  readonly id: number
  readonly name: string
  readonly note: string
  readonly filter: GroupFilter | null
  readonly filter_from: Instant | null
  readonly listed: number
  readonly retired_at: Instant | null
}

export function createUsageGroups(db: Database, clock: Clock): UsageGroups {
  const changed = (
    id: number,
    also: Also,
    work: (tx: Db) => Promise<Result<void, GroupRefusal>>,
  ): Changed =>
    db.transaction(async (tx) => {
      const [known] = await tx.query(`select from usage_group where id = $1::int for update`, [id])
      if (!known) return fail({ kind: 'not-found' })
      const done = await work(tx)
      if (!done.ok) return done
      await also(tx)
      return await found(tx, id)
    })

  return {
    async list({ limit, cursor = '0' }) {
      if (!/^\d{1,9}$/.test(cursor)) return fail({ kind: 'bad-cursor' })
      const rows = await selectGroups(db, { after: Number(cursor), limit: limit + 1 })
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return ok({ items, next: rows.length > limit && last ? String(last.id) : null })
    },
    async get(id) {
      return (await selectGroups(db, { id }))[0]
    },
    create: ({ name, note = '', filter, from }, by, also = nothing) =>
      db.transaction(async (tx): Changed => {
        const [made] = await tx.query<{ id: number }>(
          `insert into usage_group (name, note, created_by, created_at)
           values ($1::text, $2::text, $3::text, $4::timestamptz)
           on conflict (name) do nothing returning id`,
          [name, note, by, timestamptz(clock.now())],
        )
        if (!made) return fail({ kind: 'name-taken' })
        if (filter) {
          const since = from === undefined ? always : timestamptz(from)
          await insertRule(tx, made.id, filter, since)
        }
        await also(tx)
        return await found(tx, made.id)
      }),
    filter: (id, filter, from, also = nothing) =>
      changed(id, also, async (tx) => {
        const [open] = await tx.query<{ valid_from: Instant }>(
          `select valid_from from usage_group_rule where group_id = $1::int
           order by valid_from desc limit 1`,
          [id],
        )
        if (open && open.valid_from > from) return tooEarly(open.valid_from)
        const at = timestamptz(from)
        await tx.query(
          `delete from usage_group_rule where group_id = $1::int and valid_from = $2::timestamptz`,
          [id, at],
        )
        await tx.query(
          `update usage_group_rule set valid_to = $2::timestamptz
           where group_id = $1::int and (valid_to is null or valid_to > $2::timestamptz)`,
          [id, at],
        )
        if (filter) await insertRule(tx, id, filter, at)
        return ok(undefined)
      }),
    add: (id, who, from, also = nothing) =>
      changed(id, also, async (tx) => {
        const points = await membersOf(tx, who, from)
        if (!points.ok) return points
        const late = await latest(tx, id, points.value)
        if (late !== undefined && late > from) return tooEarly(late)
        await tx.query(
          `insert into usage_group_member (group_id, usage_point_id, valid_from)
           select $1::int, u.id, $3::timestamptz from unnest($2::int[]) as u (id)
           where not exists (select from usage_group_member m where m.group_id = $1::int
             and m.usage_point_id = u.id and m.valid_to is null)`,
          [id, points.value, timestamptz(from)],
        )
        return ok(undefined)
      }),
    remove: (id, who, from, also = nothing) =>
      changed(id, also, async (tx) => {
        const points = await membersOf(tx, who, from)
        if (!points.ok) return points
        const at = timestamptz(from)
        // One that would never have been in it was listed by mistake.
        await tx.query(
          `delete from usage_group_member where group_id = $1::int
             and usage_point_id = any($2::int[]) and valid_to is null
             and valid_from >= $3::timestamptz`,
          [id, points.value, at],
        )
        await tx.query(
          `update usage_group_member set valid_to = $3::timestamptz where group_id = $1::int
             and usage_point_id = any($2::int[]) and valid_to is null`,
          [id, points.value, at],
        )
        return ok(undefined)
      }),
    retire: (id, also = nothing) =>
      changed(id, also, async (tx) => {
        await tx.query(
          `update usage_group set retired_at = coalesce(retired_at, $2::timestamptz)
           where id = $1::int`,
          [id, timestamptz(clock.now())],
        )
        return ok(undefined)
      }),
    async points(id, at, { limit, cursor = '' }) {
      if ((await selectGroups(db, { id })).length === 0) return fail({ kind: 'not-found' })
      const rows = await db.query<{ code: string }>(
        `select p.code from usage_group_point($1::int, $2::timestamptz) g
         join usage_point p on p.id = g.usage_point_id
         where p.code > $3::text collate "C" order by p.code collate "C" limit $4::int`,
        [id, timestamptz(at), cursor, limit + 1],
      )
      const items = rows.slice(0, limit).map(({ code }) => code)
      return ok({ items, next: rows.length > limit ? (items.at(-1) ?? null) : null })
    },
  }
}

const tooEarly = (since: Instant) => fail({ kind: 'too-early' as const, since })

async function found(tx: Db, id: number): Changed {
  const [group] = await selectGroups(tx, { id })
  return group ? ok(group) : fail({ kind: 'not-found' })
}

async function insertRule(tx: Db, id: number, filter: GroupFilter, from: string): Promise<void> {
  await tx.query(
    `insert into usage_group_rule (group_id, filter, valid_from)
     values ($1::int, $2::jsonb, $3::timestamptz)`,
    [id, JSON.stringify(filter), from],
  )
}

async function membersOf(
  tx: Db,
  who: GroupMembers,
  at: Instant,
): Promise<Result<readonly number[], GroupRefusal>> {
  if ('usagePoints' in who) return await pointsOf(tx, who.usagePoints)
  const accounts = who.accounts.map(plainCode)
  const rows = await tx.query<{ id: number; no: string }>(
    `select h.usage_point_id as id, a.no from account a
     join account_usage_point h on h.account_id = a.id and h.valid_from <= $2::timestamptz
       and (h.valid_to is null or h.valid_to > $2::timestamptz)
     where a.no = any($1::text[])`,
    [accounts, timestamptz(at)],
  )
  const known = new Set(rows.map(({ no }) => no))
  const unknown = accounts.filter((no) => !known.has(no))
  return unknown.length > 0
    ? fail({ kind: 'unknown-accounts', accounts: unknown })
    : ok([...new Set(rows.map(({ id }) => id))])
}

async function pointsOf(
  tx: Db,
  written: readonly string[],
): Promise<Result<readonly number[], GroupRefusal>> {
  const codes = written.map(plainCode)
  const rows = await tx.query<{ id: number; code: string }>(
    `select id, code from usage_point where code = any($1::text[])`,
    [codes],
  )
  const known = new Set(rows.map(({ code }) => code))
  const unknown = codes.filter((code) => !known.has(code))
  return unknown.length > 0
    ? fail({ kind: 'unknown-points', codes: unknown })
    : ok(rows.map(({ id }) => id))
}

/** When the last of an ended membership of these points ended. */
async function latest(tx: Db, id: number, points: readonly number[]): Promise<Instant | undefined> {
  const [row] = await tx.query<{ at: Instant | null }>(
    `select max(valid_to) as at from usage_group_member
     where group_id = $1::int and usage_point_id = any($2::int[])`,
    [id, points],
  )
  return row?.at ?? undefined
}

async function selectGroups(
  db: Db,
  of: { readonly id: number } | { readonly after: number; readonly limit: number },
): Promise<UsageGroup[]> {
  const rows = await db.query<Row>(
    `select g.id, g.name, g.note, r.filter, r.valid_from as filter_from, g.retired_at,
       (select count(*)::int from usage_group_member m
         where m.group_id = g.id and m.valid_to is null) as listed
     from usage_group g
     left join usage_group_rule r on r.group_id = g.id and r.valid_to is null
     where ($1::int is null or g.id = $1::int)
       and ($2::int is null or (g.id > $2::int and g.retired_at is null))
     order by g.id limit $3::int`,
    'id' in of ? [of.id, null, 1] : [null, of.after, of.limit],
  )
  return rows.map(({ filter_from, retired_at, ...row }) => ({
    ...row,
    filterFrom: filter_from,
    retiredAt: retired_at,
  }))
}
