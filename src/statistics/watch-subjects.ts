import { plainCode } from '#src/core'
import type { Db } from '#src/db'

/** What somebody looks at: a usage point, an account, a node of the grid, or a group of their own. */
export const subjectKinds = [
  'point',
  'account',
  'region',
  'substation',
  'bus',
  'feeder',
  'area',
  'group',
] as const

export interface Subject {
  readonly kind: (typeof subjectKinds)[number]
  /** A code, an account number, or the name of a group. */
  readonly key: string
}

/** Its usage points, the first of them by code. */
export interface SubjectPoints {
  readonly points: readonly number[]
  readonly total: number
  /** What its sums go by: the id of the node or of the group; null of points and accounts. */
  readonly sum: number | null
}

/** Undefined where there is no such thing at this time. */
export async function selectSubject(
  db: Db,
  { kind, key }: Subject,
  at: string,
  limit: number,
): Promise<SubjectPoints | undefined> {
  const [found] = await db.query<{ id: number }>(
    kind === 'point'
      ? 'select id from usage_point where code = $1'
      : kind === 'account'
        ? 'select id from account where no = $1'
        : kind === 'group'
          ? 'select id from usage_group where name = $1 and retired_at is null'
          : `select id from grid_node where code = $1 and kind = '${kind}'`,
    // The name of a group is in people's own words.
    [kind === 'group' ? key : plainCode(key)],
  )
  if (found === undefined) return undefined
  const rows = await db.query<{ id: number; total: bigint }>(
    `select u.id, count(*) over () as total from usage_point u where u.id in (${members[kind]})
       and $2::timestamptz is not null
     order by u.code limit $3::int`,
    [found.id, at, limit],
  )
  return {
    points: rows.map(({ id }) => id),
    total: Number(rows[0]?.total ?? 0n),
    sum: kind === 'point' || kind === 'account' ? null : found.id,
  }
}

const below = `select p.usage_point_id from usage_point_place p
  where p.node_id in (select node_id from grid_below($1::int, $2::timestamptz))
    and p.role in ('receive', 'auxiliary')
    and p.valid_from <= $2::timestamptz and (p.valid_to is null or p.valid_to > $2::timestamptz)`

/** SQL of the usage points of each, at a moment. */
const members: Readonly<Record<Subject['kind'], string>> = {
  point: 'select $1::int',
  account: `select h.usage_point_id from account_usage_point h where h.account_id = $1::int
    and h.valid_from <= $2::timestamptz and (h.valid_to is null or h.valid_to > $2::timestamptz)`,
  group: 'select usage_point_id from usage_group_point($1::int, $2::timestamptz)',
  ...{ region: below, substation: below, bus: below, feeder: below, area: below },
}
