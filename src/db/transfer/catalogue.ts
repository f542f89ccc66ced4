import type { Db } from '../database.ts'

/** A table that a transfer carries, with what is needed to cut it into parts. */
export interface CarriedTable {
  readonly table: string
  /** Ready to stand in SQL. */
  readonly name: string
  readonly columns: readonly string[]
  /** The column a hypertable is divided by, and its chunks' bounds in that column's text form. */
  readonly divided: { readonly column: string; readonly spans: readonly Span[] } | undefined
  readonly blocks: number
  readonly references: readonly string[]
}

/** From inclusive, to exclusive. */
export interface Span {
  readonly from: string
  readonly to: string
}

/** What belongs to one database only and is not carried. */
const NOT_CARRIED = ['schema_migration', 'schema_migration_lease', 'transfer_part']

/** Every table of ours, those that others refer to first. */
export async function carriedTables(db: Db): Promise<readonly CarriedTable[]> {
  const tables = await db.query<Omit<CarriedTable, 'divided'>>(
    `select c.relname as "table", quote_ident(c.relname) as name,
            array(select quote_ident(a.attname) from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                     and a.attgenerated = ''
                   order by a.attnum)::text[] as columns,
            greatest(pg_relation_size(c.oid) / current_setting('block_size')::int, 0)::int as blocks,
            array(select distinct r.relname::text from pg_constraint k
                    join pg_class r on r.oid = k.confrelid
                   where k.conrelid = c.oid and k.contype = 'f' and r.oid <> c.oid) as "references"
       from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not c.relispartition and c.relname <> all($1::text[])
        and not exists (select from pg_depend d
                         where d.classid = 'pg_class'::regclass and d.objid = c.oid
                           and d.deptype = 'e')
      order by c.relname`,
    [NOT_CARRIED],
  )
  const divisions = await divisionsOf(db)
  return referredFirst(tables.map((one) => ({ ...one, divided: divisions.get(one.table) })))
}

async function divisionsOf(db: Db): Promise<ReadonlyMap<string, CarriedTable['divided']>> {
  const chunks = await db.query<{ table: string; column: string; from: string | null; to: string }>(
    `select d.hypertable_name::text as "table", quote_ident(d.column_name) as "column",
            case when d.column_type = 'date'::regtype then c.range_start::date::text
                 else c.range_start::text end as "from",
            case when d.column_type = 'date'::regtype then c.range_end::date::text
                 else c.range_end::text end as "to"
       from timescaledb_information.dimensions d
       left join timescaledb_information.chunks c
         on c.hypertable_schema = d.hypertable_schema and c.hypertable_name = d.hypertable_name
      where d.hypertable_schema = 'public' and d.dimension_number = 1
      order by 1, c.range_start`,
  )
  const divisions = new Map<string, { column: string; spans: Span[] }>()
  for (const { table, column, from, to } of chunks) {
    const division = divisions.get(table) ?? { column, spans: [] }
    divisions.set(table, division)
    if (from !== null && division.spans.at(-1)?.from !== from) division.spans.push({ from, to })
  }
  return divisions
}

/** Tables whose references are all carried already come next; a circle keeps its names' order. */
function referredFirst(tables: readonly CarriedTable[]): readonly CarriedTable[] {
  const ordered: CarriedTable[] = []
  const waiting = [...tables]
  while (waiting.length > 0) {
    const still = new Set(waiting.map(({ table }) => table))
    const free = waiting.findIndex(({ references }) => !references.some((one) => still.has(one)))
    ordered.push(...waiting.splice(Math.max(free, 0), 1))
  }
  return ordered
}

export async function schemaVersion(db: Db): Promise<readonly { name: string; hash: string }[]> {
  return db.query(
    `select name, hash from schema_migration where applied_at is not null order by name`,
  )
}

export const continuousAggregates = (db: Db): Promise<readonly { view: string }[]> =>
  db.query(
    `select format('%I.%I', view_schema, view_name) as view
       from timescaledb_information.continuous_aggregates
      where view_schema = 'public' order by view_name`,
  )

export const sequences = (
  db: Db,
): Promise<readonly { sequence: string; value: string; called: boolean }[]> =>
  db.query(
    `select quote_ident(sequencename) as sequence,
            coalesce(last_value, start_value)::text as value,
            last_value is not null as called
       from pg_sequences where schemaname = 'public' order by sequencename`,
  )

/** Equal for equal rows in any order, on any version and either database. */
export async function fingerprintOf(
  db: Db,
  { name, columns }: Pick<CarriedTable, 'name' | 'columns'>,
  where = '',
): Promise<{ rows: number; fingerprint: string }> {
  const [answer] = await db.query<{ rows: bigint; fingerprint: string }>(
    `select count(*) as rows,
            coalesce(sum(('x' || left(md5(row(${columns.join(', ')})::text), 15))::bit(60)::bigint), 0)
              ::text as fingerprint
       from ${name} ${where}`,
  )
  return { rows: Number(answer?.rows ?? 0n), fingerprint: answer?.fingerprint ?? '0' }
}
