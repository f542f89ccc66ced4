import type { ItemCode } from '#protocols/model'
import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { Piece } from './settle.ts'

/** Who is in a group at a moment. */
export async function selectMembers(db: Db, groupId: number, at: Instant): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `select usage_point_id as id
     from usage_group_point($1::int, to_timestamp($2::float8 / 1000)) order by 1`,
    [groupId, at],
  )
  return rows.map(({ id }) => id)
}

interface PieceRow {
  readonly usage_point_id: number
  readonly usage_point: string
  readonly from_at: Instant
  readonly to_at: Instant
  readonly installation_id: number | null
  readonly meter_id: number | null
  readonly address: string | null
  readonly numerator: string | null
  readonly denominator: string | null
  readonly width: bigint | null
  readonly per_hour: bigint | null
  readonly account_id: number | null
  readonly account_no: string | null
}

/**
 * The time of usage points in `[from, to)` that has not left, cut where another meter, other
 * transformers or another account began. Where neither a meter nor an account was, nothing is due.
 */
export async function selectPieces(
  db: Db,
  usagePointIds: readonly number[],
  from: Instant,
  to: Instant,
): Promise<readonly Piece[]> {
  const rows = await db.query<PieceRow>(
    `with due as (
       select p.id as usage_point_id, lower(s.span) as from_at, upper(s.span) as to_at
       from unnest($1::int[]) as p (id)
       cross join lateral unnest(
         tstzmultirange(tstzrange(to_timestamp($2::float8 / 1000), to_timestamp($3::float8 / 1000)))
         - coalesce((
           select range_agg(tstzrange(z.from_at, z.to_at)) from reading_day_span z
           where z.usage_point_id = p.id and z.to_at > to_timestamp($2::float8 / 1000)
             and z.from_at < to_timestamp($3::float8 / 1000)), '{}'::tstzmultirange)) as s (span)),
     cut as (
       select d.usage_point_id, t.at as from_at,
         lead(t.at) over (partition by d.usage_point_id, d.from_at order by t.at) as to_at
       from due d cross join lateral (
         select d.from_at as at union select d.to_at
         union
         select e.at from installation i cross join lateral (values (i.valid_from), (i.valid_to))
           as e (at)
         where i.usage_point_id = d.usage_point_id and e.at > d.from_at and e.at < d.to_at
         union
         select e.at from account_usage_point h
         cross join lateral (values (h.valid_from), (h.valid_to)) as e (at)
         where h.usage_point_id = d.usage_point_id and e.at > d.from_at and e.at < d.to_at) t)
     select c.usage_point_id, p.code as usage_point, c.from_at, c.to_at, i.id as installation_id,
       i.meter_id, m.address, i.numerator::text, i.denominator::text, i.width, i.per_hour,
       h.account_id, a.no as account_no
     from cut c
     join usage_point p on p.id = c.usage_point_id
     left join metered_installation i on i.usage_point_id = c.usage_point_id
       and i.valid_from <= c.from_at and i.valid_to > c.from_at
     left join meter m on m.id = i.meter_id
     left join account_usage_point h on h.usage_point_id = c.usage_point_id
       and h.valid_from <= c.from_at and (h.valid_to is null or h.valid_to > c.from_at)
     left join account a on a.id = h.account_id
     where c.to_at is not null and (i.id is not null or h.id is not null)
     order by c.usage_point_id, c.from_at`,
    [usagePointIds, from, to],
  )
  return rows.map((row) => ({
    usagePointId: row.usage_point_id,
    usagePoint: row.usage_point,
    from: row.from_at,
    to: row.to_at,
    meter: meterOf(row),
    account:
      row.account_id === null || row.account_no === null
        ? null
        : { id: row.account_id, no: row.account_no },
  }))
}

function meterOf(row: PieceRow): Piece['meter'] {
  const { installation_id: installationId, meter_id: meterId, address, numerator } = row
  const { denominator, width, per_hour: perHour } = row
  if (installationId === null || meterId === null || address === null) return null
  if (numerator === null || denominator === null || perHour === null) return null
  const ratio = { numerator: BigInt(numerator), denominator: BigInt(denominator) }
  return { installationId, meterId, address, ...ratio, width, perHour }
}

export interface LeftEnd {
  readonly meterId: number
  readonly register: ItemCode
  readonly at: Instant
  readonly micro: bigint
  readonly scale: number
  /** Whether it was an estimate. */
  readonly isEstimated: boolean
}

interface LeftRow {
  readonly meter_id: number
  readonly register: ItemCode
  readonly at: Instant
  readonly micro: bigint
  readonly scale: number
  readonly estimated: boolean
}

/**
 * Registers of meters at moments as they have left already: where a neighbour in time ended, or
 * began. What was taken back does not count.
 */
export async function selectLeftEnds(
  db: Db,
  asks: readonly { readonly meterId: number; readonly at: Instant }[],
): Promise<readonly LeftEnd[]> {
  if (asks.length === 0) return []
  const rows = await db.query<LeftRow>(
    `with ask as (
       select u.meter_id, to_timestamp(u.at / 1000) as at
       from unnest($1::int[], $2::float8[]) as u (meter_id, at))
     select r.meter_id, r.register, r.to_at as at, r.to_micro as micro, r.to_scale as scale,
       r.how = 'estimated' as estimated
     from ask join reading_day_row r on r.meter_id = ask.meter_id and r.to_at = ask.at
     join reading_day_span s on s.id = r.span_id
     union all
     select r.meter_id, r.register, r.from_at, r.from_micro, r.from_scale, r.quality = 5
     from ask join reading_day_row r on r.meter_id = ask.meter_id and r.from_at = ask.at
     join reading_day_span s on s.id = r.span_id
     where not exists (
       select from reading_day_row o join reading_day_span z on z.id = o.span_id
       where o.meter_id = r.meter_id and o.to_at = r.from_at and o.register = r.register)`,
    [asks.map(({ meterId }) => meterId), asks.map(({ at }) => at)],
  )
  return rows.map(({ meter_id: meterId, estimated, ...row }) => {
    return { ...row, meterId, isEstimated: estimated }
  })
}
