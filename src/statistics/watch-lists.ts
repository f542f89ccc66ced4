import {
  type BusinessDate,
  type CivilTime,
  type Clock,
  fail,
  hours,
  idOf,
  instant,
  ok,
  plainCode,
  type Result,
} from '#src/core'
import { type Database, DatabaseFailure, type Db, timestamptz } from '#src/db'
import type { Readings } from '#src/readings'
import { selectCurves, selectDays } from './curves.ts'
import { selectEvents, selectFindings, selectListed, selectWatched } from './watch-queries.ts'
import { selectSubject } from './watch-subjects.ts'
import type { NewWatchList, Watched, WatchList, WatchLists, WatchRefusal } from './watch-types.ts'

/** More than this nobody watches, and one answer holds. */
const POINTS_MAX = 200
const DAYS_BACK = 31
/** Of what hangs below a feeder the first ones: more is a list, not a look. */
const LOOKED_AT_MAX = 50
const HEARD_WITHIN = hours(24)

const RELAY = '0.0.96.3.10'

/** Lists of key accounts, and all that is known of them in one answer. */
export function createWatchLists(
  db: Database,
  civil: CivilTime,
  clock: Clock,
  readings: Pick<Readings, 'latest'>,
): WatchLists {
  async function view(
    chosen: readonly number[],
    compared: BusinessDate,
  ): Promise<readonly Watched[]> {
    const now = clock.now()
    const today = civil.dateOf(now)
    const points = await selectWatched(db, chosen, timestamptz(now))
    const ids = points.map(({ id }) => id)
    const meterIds = points.flatMap(({ meterId }) => (meterId === null ? [] : [meterId]))
    const dayOf = (date: BusinessDate) => ({
      from: civil.startOf(date),
      to: civil.startOf(civil.addDays(date, 1)),
    })
    const curves = async (date: BusinessDate) =>
      new Map(
        (await selectCurves(db, points, 'load', '1.8.0', dayOf(date))).map(({ point, items }) => [
          point,
          items,
        ]),
      )
    const latest = Map.groupBy(
      await readings.latest(meterIds.map((id) => idOf<'meter'>(id))),
      ({ meterId }) => Number(meterId),
    )
    const [present, past] = [await curves(today), await curves(compared)]
    const since = civil.addDays(today, -DAYS_BACK)
    const days = Map.groupBy(await selectDays(db, ids, since, today), ({ id }) => id)
    const events = Map.groupBy(await selectEvents(db, meterIds), ({ id }) => id)
    const findings = Map.groupBy(await selectFindings(db, ids, meterIds), ({ id }) => id)
    return points.map(({ concentratorOnline, lastHeardAt, ...point }) => {
      const told = point.meterId === null ? [] : (latest.get(point.meterId) ?? [])
      const newest = told.reduce((most, { receivedAt }) => Math.max(most, receivedAt), 0)
      const heard = Math.max(newest, lastHeardAt ?? 0)
      return {
        ...point,
        isOnline: concentratorOnline ?? now - heard < HEARD_WITHIN,
        lastHeardAt: heard === 0 ? null : instant(heard),
        supply: told.find(({ register }) => register === RELAY)?.value ?? null,
        latest: told.map(({ register, value, unit, at }) => ({ register, value, unit, at })),
        today: present.get(point.code) ?? [],
        compared: past.get(point.code) ?? [],
        days: (days.get(point.id) ?? []).map(({ id: _, ...day }) => day),
        events: (events.get(point.meterId ?? 0) ?? []).map(({ id: _, ...event }) => event),
        findings: (findings.get(point.id) ?? []).map(({ id: _, reference, ...finding }) => ({
          ...finding,
          id: reference,
        })),
      }
    })
  }

  return {
    list: (who) => select(db, who, null),
    async get(who, id) {
      return (await select(db, who, id))[0]
    },
    async create(who, given, note) {
      return await settled(given, () =>
        db.transaction(async (tx) => {
          const [made] = await tx.query<{ id: number }>(
            `insert into watch_list (name, owner, is_shared, created_at)
             values ($1, $2, $3::boolean, $4::timestamptz) returning id`,
            [given.name, who, given.isShared, timestamptz(clock.now())],
          )
          const id = made?.id ?? 0
          const wrong = await putMembers(tx, id, given.points, timestamptz(clock.now()))
          if (wrong !== null) throw new Unknown(wrong)
          await note(tx, { target: `watch-list/${id}`, detail: { ...given } })
          return await kept(tx, who, id)
        }),
      )
    },
    async change(who, id, given, note) {
      return await settled(given, () =>
        db.transaction(async (tx) => {
          const changed = await tx.query(
            `update watch_list set name = coalesce($3, name),
               is_shared = coalesce($4::boolean, is_shared)
             where id = $1::int and owner = $2 returning id`,
            [id, who, given.name ?? null, given.isShared ?? null],
          )
          if (changed.length === 0) return fail(notFound)
          const { points } = given
          const wrong = points && (await putMembers(tx, id, points, timestamptz(clock.now())))
          if (typeof wrong === 'string') throw new Unknown(wrong)
          await note(tx, { target: `watch-list/${id}`, detail: { ...given } })
          return await kept(tx, who, id)
        }),
      )
    },
    async remove(who, id, note) {
      return await db.transaction(async (tx) => {
        const gone = await tx.query(
          'delete from watch_list where id = $1::int and owner = $2 returning id',
          [id, who],
        )
        if (gone.length > 0) await note(tx, { target: `watch-list/${id}` })
        return gone.length > 0
      })
    },
    async view(who, id, compared) {
      const [list] = await select(db, who, id)
      return list && (await view(await selectListed(db, list.id), compared))
    },
    async look(subject, compared) {
      const found = await selectSubject(db, subject, timestamptz(clock.now()), LOOKED_AT_MAX)
      if (found === undefined) return undefined
      const { points, ...whole } = found
      return { ...whole, items: await view(points, compared) }
    },
  }
}

const notFound: WatchRefusal = { kind: 'not-found', message: 'there is no such list of yours' }

/** Ends the transaction: somebody that is to be watched does not exist. */
class Unknown extends Error {}

async function settled(
  given: Partial<NewWatchList>,
  work: () => Promise<Result<WatchList, WatchRefusal>>,
): Promise<Result<WatchList, WatchRefusal>> {
  if ((given.points?.length ?? 0) > POINTS_MAX) return fail(tooMany)
  try {
    return await work()
  } catch (error) {
    if (error instanceof Unknown) return fail({ kind: 'wrong', message: error.message })
    // Two may choose a name at the same time; the database decides.
    if (error instanceof DatabaseFailure && error.constraint === 'watch_list_owner_name_key') {
      const message = `another list of yours is called ${given.name ?? 'so'}`
      return fail({ kind: 'name-taken', message })
    }
    throw error
  }
}

const tooMany: WatchRefusal = {
  kind: 'wrong',
  message: `at most ${POINTS_MAX} usage points on one list`,
}

async function select(db: Db, who: string, id: number | null): Promise<readonly WatchList[]> {
  return await db.query<WatchList>(
    `select l.id, l.name, l.owner, l.is_shared as "isShared",
       coalesce(array_agg(u.code order by m.position, u.code) filter (where u.id is not null),
         '{}') as points
     from watch_list l left join watch_list_member m on m.watch_list_id = l.id
     left join usage_point u on u.id = m.usage_point_id
     where (l.owner = $1 or l.is_shared) and ($2::int is null or l.id = $2::int)
     group by l.id order by l.name, l.id`,
    [who, id],
  )
}

/** Puts the members in place of the old; a sentence where one of them is unknown. */
async function putMembers(
  tx: Db,
  id: number,
  points: readonly string[],
  at: string,
): Promise<string | null> {
  await tx.query('delete from watch_list_member where watch_list_id = $1::int', [id])
  const found = await tx.query<{ word: string; count: bigint }>(
    `with asked as (
       select word, n::int as position from unnest($2::text[]) with ordinality u (word, n)),
     member as (
       select a.word, a.position, u.id from asked a join usage_point u on u.code = a.word
       union
       select a.word, a.position, h.usage_point_id from asked a join account c on c.no = a.word
       join account_usage_point h on h.account_id = c.id
         and h.valid_from <= $3::timestamptz and (h.valid_to is null or h.valid_to > $3::timestamptz)
       where not exists (select from usage_point u where u.code = a.word)),
     written as (
       insert into watch_list_member (watch_list_id, position, usage_point_id)
       select distinct on (id) $1::int, position, id from member order by id, position
       on conflict do nothing returning usage_point_id)
     select a.word, (select count(*) from written) as count from asked a
     where not exists (select from member m where m.word = a.word)
     union all select '', count(*) from written`,
    [id, points.map(plainCode), at],
  )
  const unknown = found.find(({ word }) => word !== '')
  if (unknown) return `there is no usage point or account ${unknown.word}`
  const count = Number(found[0]?.count ?? 0n)
  return count > POINTS_MAX ? tooMany.message : null
}

async function kept(tx: Db, who: string, id: number): Promise<Result<WatchList, WatchRefusal>> {
  const [list] = await select(tx, who, id)
  return list === undefined ? fail(notFound) : ok(list)
}
