import { type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import { type Database, DatabaseFailure, type Db, timestamptz } from '#src/db'
import { mistakeInDays } from './energy.ts'
import { compileQuery } from './query-compile.ts'
import { pointDimensions, sources } from './query-sources.ts'
import type { QueryAnswer, QueryDesk, QueryRefusal, SavedQuery } from './query-types.ts'

/** Of PostgreSQL's own units; some ten seconds of one processor. */
const COST_MAX = 20_000_000
const STATEMENT_TIMEOUT_MS = 10_000

/** A query builder within bounds (自定义查询), and queries by name. */
export function createQueryDesk(db: Database, civil: CivilTime, clock: Clock): QueryDesk {
  const now = () => timestamptz(clock.now())
  return {
    catalogue: () =>
      Object.entries(sources).map(([source, { measures, dimensions, day }]) => ({
        source,
        measures: Object.keys(measures),
        dimensions: [
          ...(day === null ? [] : ['day', 'week', 'month', 'quarter', 'year']),
          ...Object.keys(dimensions),
          ...Object.keys(pointDimensions),
        ],
      })),
    async run(query, limit) {
      const wrong = mistakeInDays(civil, query.from, query.to)
      if (wrong !== null) return fail({ kind: 'wrong', message: wrong })
      const compiled = compileQuery(query, civil.zone, limit)
      if (!compiled.ok) return compiled
      const { text, values, columns } = compiled.value
      return await bounded(db, async (tx) => {
        const cost = await costOf(tx, text, values)
        if (cost > COST_MAX) return fail(tooCostly(cost))
        const found = await tx.query<Record<string, unknown>>(text, values)
        const rows = found.map((row) =>
          columns.map((_, index) => {
            const cell = row[`c${index + 1}`]
            return cell === null || cell === undefined ? null : String(cell)
          }),
        )
        return ok({ columns, rows: rows.slice(0, limit), isCut: rows.length > limit })
      })
    },
    saved: (who) => select(db, `where ${visible}`, [who]),
    async get(who, id) {
      return (await select(db, `where ${visible} and q.id = $2::int`, [who, id]))[0]
    },
    revisions: (who, id) =>
      select(db, `where ${visible} and q.id = $2::int`, [who, id], 'saved_query_id = q.id'),
    async save(who, { name, isShared, definition }, note) {
      return await unique(name, () =>
        db.transaction(async (tx) => {
          const [made] = await tx.query<{ id: number }>(
            `insert into saved_query (name, owner, is_shared, revision)
             values ($1, $2, $3::boolean, 1) returning id`,
            [name, who, isShared],
          )
          const id = made?.id ?? 0
          await addRevision(tx, id, definition, who, now())
          await note(tx, { target: `query/${id}`, detail: { name, isShared } })
          return await kept(tx, who, id)
        }),
      )
    },
    async change(who, id, given, note) {
      return await unique(given.name ?? '', () =>
        db.transaction(async (tx) => {
          const [known] = await select(tx, `where ${visible} and q.id = $2::int for update of q`, [
            who,
            id,
          ])
          if (known === undefined || known.owner !== who) return fail(notFound)
          const definition = given.definition ?? known.definition
          await tx.query(
            `update saved_query set name = $2, is_shared = $3::boolean, revision = revision + 1
             where id = $1::int`,
            [id, given.name ?? known.name, given.isShared ?? known.isShared],
          )
          await addRevision(tx, id, definition, who, now())
          await note(tx, { target: `query/${id}`, detail: { ...given } })
          return await kept(tx, who, id)
        }),
      )
    },
    async remove(who, id, note) {
      return await db.transaction(async (tx) => {
        const gone = await tx.query(
          `update saved_query set removed_at = $3::timestamptz
           where id = $1::int and owner = $2 and removed_at is null returning id`,
          [id, who, now()],
        )
        if (gone.length > 0) await note(tx, { target: `query/${id}` })
        return gone.length > 0
      })
    },
  }
}

/** With a limit of time; nothing it does may write. */
async function bounded(
  db: Database,
  work: (tx: Db) => Promise<Result<QueryAnswer, QueryRefusal>>,
): Promise<Result<QueryAnswer, QueryRefusal>> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query('set transaction read only')
      await tx.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`)
      return await work(tx)
    })
  } catch (error) {
    // Whoever asked too much is told so; anything else is a fault.
    if (error instanceof DatabaseFailure && error.kind === 'timeout') {
      const seconds = STATEMENT_TIMEOUT_MS / 1_000
      const message = `it took longer than ${seconds} s: ${narrower}`
      return fail({ kind: 'too-slow', message })
    }
    throw error
  }
}

const narrower = 'ask for fewer days, fewer dimensions, or filter by area, trade or group'

const tooCostly = (cost: number): QueryRefusal => ({
  kind: 'costly',
  message: `it would cost ${Math.round(cost / 1e6)} of ${COST_MAX / 1e6} units: ${narrower}`,
})

/** What the planner expects, before anything is read. */
async function costOf(tx: Db, text: string, values: readonly unknown[]): Promise<number> {
  const [row] = await tx.query<Record<string, unknown>>(`explain (format json) ${text}`, values)
  const told = row?.['QUERY PLAN']
  const plan: unknown = typeof told === 'string' ? JSON.parse(told) : told
  const cost = /"Total Cost":\s*([\d.]+)/.exec(JSON.stringify(plan))?.[1]
  return Number(cost ?? 0)
}

const visible = '(q.owner = $1 or q.is_shared) and q.removed_at is null'
const notFound: QueryRefusal = { kind: 'not-found', message: 'there is no such query of yours' }

async function select(
  db: Db,
  where: string,
  values: readonly unknown[],
  revision = 'saved_query_id = q.id and r.revision = q.revision',
): Promise<readonly SavedQuery[]> {
  return await db.query<SavedQuery>(
    `select q.id, q.name, q.owner, q.is_shared as "isShared", r.revision, r.definition,
       r.changed_by as "changedBy", r.changed_at as "changedAt"
     from saved_query q join saved_query_revision r on r.${revision}
     ${where.includes('for update') ? where : `${where} order by q.name, q.id, r.revision desc`}`,
    values,
  )
}

async function kept(tx: Db, who: string, id: number): Promise<Result<SavedQuery, QueryRefusal>> {
  const [query] = await select(tx, `where ${visible} and q.id = $2::int`, [who, id])
  return query === undefined ? fail(notFound) : ok(query)
}

async function addRevision(tx: Db, id: number, definition: object, who: string, at: string) {
  await tx.query(
    `insert into saved_query_revision (saved_query_id, revision, definition, changed_by, changed_at)
     select id, revision, $2::jsonb, $3, $4::timestamptz from saved_query where id = $1::int`,
    [id, JSON.stringify(definition), who, at],
  )
}

async function unique(
  name: string,
  work: () => Promise<Result<SavedQuery, QueryRefusal>>,
): Promise<Result<SavedQuery, QueryRefusal>> {
  try {
    return await work()
  } catch (error) {
    // Two people may choose a name at the same time; the database decides.
    if (error instanceof DatabaseFailure && error.constraint === 'saved_query_name') {
      return fail({ kind: 'name-taken', message: `another query of yours is called ${name}` })
    }
    throw error
  }
}
