import { type Instant, idOf } from '#src/core'
import { type Db, timestamptz } from '#src/db'
import type { NodeKind } from '#src/grid'
import type {
  ContractLoading,
  ContractState,
  LoadBasis,
  LoadingPage,
  LoadingState,
  NodeLoading,
  Period,
} from './types.ts'

/** Above 1.2 of the capacity is an overload (DL/T 698.45 过载), below 0.2 is far too much. */
const limits = { overload: '1.2', heavy: '0.8', light: '0.2', contract: '1.0' } as const
/** Where reactive energy is not measured. */
export const ASSUMED_POWER_FACTOR = '0.9'

interface LoadingRow {
  readonly id: number
  readonly kind: NodeKind
  readonly code: string
  readonly name: string
  readonly capacity: string | null
  readonly peak_kw: string | null
  readonly peak_at: Instant | null
  readonly basis: LoadBasis | null
  readonly power_factor: string
  readonly measured: boolean
  readonly peak_kva: string | null
  readonly utilisation: string | null
  readonly state: LoadingState
  readonly days: number
  readonly days_known: number
  readonly points: number
  readonly telling: number
  readonly whole_quarters: string | null
}

/**
 * Parameters: 1 from, 2 to (dates), 3 the end as an instant. `asked` are the nodes (id). A gateway
 * sees losses and whoever has no meter, too; several of them do not peak at once, so that their sum
 * is an upper bound.
 */
const loading = `
  users as (
    select a.id, max(l.peak) as peak, (array_agg(l.peak_at order by l.peak desc))[1] as peak_at,
      count(*)::int as days, max(l.points)::int as telling, sum(l.quarters) as quarters,
      sum(l.thin_quarters) as thin
    from asked a join grid_load_day l on l.node_id = a.id
      and l.business_date between $1::date and $2::date
    group by a.id),
  gateway_place as (
    select a.id, p.usage_point_id from asked a join usage_point_place p on p.node_id = a.id
    where p.role = 'supply' and p.valid_from <= $3::timestamptz
      and (p.valid_to is null or p.valid_to > $3::timestamptz)),
  gateway_day as (
    select g.id, d.business_date, sum(d.peak) as peak,
      (array_agg(d.peak_at order by d.peak desc))[1] as peak_at
    from gateway_place g join point_load_day d on d.usage_point_id = g.usage_point_id
      and d.business_date between $1::date and $2::date
    group by g.id, d.business_date),
  gateway as (
    select id, max(peak) as peak, (array_agg(peak_at order by peak desc))[1] as peak_at,
      count(*)::int as days
    from gateway_day group by id),
  factor as (
    select g.id, sum(d.energy) filter (where d.register = '1.8.0') as active,
      sum(d.energy) filter (where d.register = '3.8.0') as reactive
    from gateway_place g join usage_day d on d.usage_point_id = g.usage_point_id
      and d.business_date between $1::date and $2::date and d.register in ('1.8.0', '3.8.0')
    group by g.id),
  placed as (
    select a.id, count(distinct p.usage_point_id)::int as points
    from asked a, grid_points(a.id, $3::timestamptz) p
    where p.role in ('receive', 'auxiliary') group by a.id),
  told as (
    select n.id, n.kind, n.code, n.name, grid_capacity(n.id, $3::timestamptz) as capacity,
      greatest(u.peak, g.peak)::numeric / 1000000 as kw,
      case when g.peak >= coalesce(u.peak, 0) then g.peak_at else u.peak_at end as peak_at,
      case when g.peak >= coalesce(u.peak, 0) then 'gateway'
        when u.peak is not null then 'users' end as basis,
      f.active > 0 and f.reactive is not null as measured,
      case when f.active > 0 and f.reactive is not null
        then f.active / sqrt(f.active ^ 2 + f.reactive ^ 2)
        else ${ASSUMED_POWER_FACTOR} end as factor,
      $2::date - $1::date + 1 as days, greatest(u.days, g.days, 0) as days_known,
      coalesce(p.points, 0) as points, coalesce(u.telling, 0) as telling,
      1 - u.thin::numeric / nullif(u.quarters, 0) as whole
    from asked a join grid_node n on n.id = a.id
    left join users u on u.id = a.id left join gateway g on g.id = a.id
    left join factor f on f.id = a.id left join placed p on p.id = a.id),
  judged as (
    select t.*, t.kw / t.factor as kva, t.kw / t.factor / t.capacity as share,
      case when t.kw is null or t.capacity is null then 'unknown'
        when t.kw / t.factor > ${limits.overload} * t.capacity then 'overloaded'
        when t.kw / t.factor > ${limits.heavy} * t.capacity then 'heavy'
        when t.kw / t.factor < ${limits.light} * t.capacity then 'light'
        else 'usual' end as state
    from told t)
  select j.id, j.kind, j.code, j.name, trim_scale(j.capacity) as capacity,
    round(j.kw, 3) as peak_kw, j.peak_at, j.basis, round(j.factor, 4) as power_factor,
    coalesce(j.measured, false) as measured, round(j.kva, 3) as peak_kva,
    round(j.share, 4) as utilisation, j.state, j.days, j.days_known, j.points, j.telling,
    round(j.whole, 4) as whole_quarters
  from judged j`

const loadingOf = (row: LoadingRow): NodeLoading => ({
  id: row.id,
  kind: row.kind,
  code: row.code,
  name: row.name,
  capacityKva: row.capacity,
  peakKw: row.peak_kw,
  peakAt: row.peak_at,
  basis: row.basis,
  powerFactor: row.power_factor,
  powerFactorMeasured: row.measured,
  peakKva: row.peak_kva,
  utilisation: row.utilisation,
  state: row.state,
  coverage: {
    days: row.days,
    daysKnown: row.days_known,
    points: row.points,
    pointsTelling: row.telling,
    wholeQuarters: row.whole_quarters,
  },
})

/** By number, after a number; of one state all are looked at, as far as the page needs. */
export async function selectLoading(
  db: Db,
  kind: NodeKind,
  { from, to }: Period,
  end: Instant,
  state: LoadingState | null,
  { after, limit }: LoadingPage,
): Promise<NodeLoading[]> {
  const first = state === null ? 'order by n.id limit $6::int' : ''
  const rows = await db.query<LoadingRow>(
    `with asked as materialized (
       select n.id from grid_node n where n.kind = $4::text and n.id > $5::int ${first}),
     ${loading} where $7::text is null or j.state = $7::text order by j.id limit $6::int`,
    [from, to, timestamptz(end), kind, after, limit, state],
  )
  return rows.map(loadingOf)
}

/** The node and what is above it, nearest first. */
export async function selectLoadingUp(
  db: Db,
  node: number,
  { from, to }: Period,
  end: Instant,
): Promise<NodeLoading[]> {
  const rows = await db.query<LoadingRow>(
    `with up as materialized (select * from grid_above($4::int, $3::timestamptz)),
     asked as materialized (select node_id as id from up),
     ${loading} join up on up.node_id = j.id order by up.height`,
    [from, to, timestamptz(end), node],
  )
  return rows.map(loadingOf)
}

/** What would be free, exact; and whether it is enough. */
export async function addedTo(
  db: Db,
  steps: readonly NodeLoading[],
  kva: string,
): Promise<{ readonly freeKva: string | null; readonly fits: boolean | null }[]> {
  const rows = await db.query<{ free: string | null; fits: boolean | null }>(
    `select round(s.capacity - s.peak, 3) as free, s.capacity - s.peak >= $3::numeric as fits
     from unnest($1::numeric[], $2::numeric[]) with ordinality s (capacity, peak, position)
     order by s.position`,
    [steps.map(({ capacityKva }) => capacityKva), steps.map(({ peakKva }) => peakKva), kva],
  )
  return rows.map(({ free, fits }) => ({ freeKva: free, fits }))
}

interface ContractRow {
  readonly id: number
  readonly account: string
  readonly contract: string
  readonly capacity: string
  readonly points: number
  readonly peak_kw: string | null
  readonly peak_kva: string | null
  readonly utilisation: string | null
  readonly days_known: number
  readonly state: ContractState
}

/** Contracts with a capacity, by the peak of the day's sum of peaks of all that they are for. */
export async function selectContracts(
  db: Db,
  { from, to }: Period,
  end: Instant,
  state: ContractState | null,
  { after, limit }: LoadingPage,
): Promise<ContractLoading[]> {
  const first = state === null ? 'order by c.id limit $5::int' : ''
  const rows = await db.query<ContractRow>(
    `with asked as materialized (
       select c.id, c.account_id, c.no, c.capacity_kva from contract c
       where c.capacity_kva is not null and c.id > $4::int and c.valid_from <= $3::timestamptz
         and (c.valid_to is null or c.valid_to > $3::timestamptz) ${first}),
     used as (
       select a.id, h.usage_point_id from asked a join account_usage_point h
         on h.account_id = a.account_id and h.valid_from <= $3::timestamptz
         and (h.valid_to is null or h.valid_to > $3::timestamptz)),
     days as (
       select u.id, d.business_date, sum(d.peak) as peak from used u
       join point_load_day d on d.usage_point_id = u.usage_point_id
         and d.business_date between $1::date and $2::date
       group by u.id, d.business_date),
     load as (
       select id, max(peak)::numeric / 1000000 as kw, count(*)::int as days from days group by id),
     judged as (
       select a.*, l.kw, l.kw / ${ASSUMED_POWER_FACTOR} as kva, coalesce(l.days, 0) as days,
         case when l.kw is null then 'unknown'
           when l.kw / ${ASSUMED_POWER_FACTOR} > ${limits.contract} * a.capacity_kva then 'above'
           when l.kw / ${ASSUMED_POWER_FACTOR} < ${limits.light} * a.capacity_kva then 'below'
           else 'usual' end as state
       from asked a left join load l on l.id = a.id)
     select j.id, acc.no as account, j.no as contract, trim_scale(j.capacity_kva) as capacity,
       (select count(*) from used u where u.id = j.id)::int as points, round(j.kw, 3) as peak_kw,
       round(j.kva, 3) as peak_kva, round(j.kva / j.capacity_kva, 4) as utilisation,
       j.days as days_known, j.state
     from judged j join account acc on acc.id = j.account_id
     where $6::text is null or j.state = $6::text order by j.id limit $5::int`,
    [from, to, timestamptz(end), after, limit, state],
  )
  return rows.map((row) => ({
    id: idOf<'contract'>(row.id),
    account: row.account,
    contract: row.contract,
    capacityKva: row.capacity,
    usagePoints: row.points,
    peakKw: row.peak_kw,
    peakKva: row.peak_kva,
    utilisation: row.utilisation,
    daysKnown: row.days_known,
    state: row.state,
  }))
}

/** Ends what held before; false where something is entered for a later time. */
export async function insertRating(
  tx: Db,
  node: number,
  kva: string | null,
  from: Instant,
  by: string,
): Promise<boolean> {
  const at = timestamptz(from)
  const later = await tx.query(
    `select from grid_rating where node_id = $1::int
       and (valid_from > $2::timestamptz or valid_to > $2::timestamptz) limit 1`,
    [node, at],
  )
  if (later.length > 0) return false
  await tx.query(
    `delete from grid_rating where node_id = $1::int and valid_from = $2::timestamptz`,
    [node, at],
  )
  await tx.query(
    `update grid_rating set valid_to = $2::timestamptz where node_id = $1::int and valid_to is null`,
    [node, at],
  )
  if (kva !== null) {
    await tx.query(
      `insert into grid_rating (node_id, capacity_kva, valid_from, set_by)
       values ($1::int, $2::numeric, $3::timestamptz, $4::text)`,
      [node, kva, at, by],
    )
  }
  return true
}
