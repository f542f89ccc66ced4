import type { Instant } from '#src/core'
import type { Db } from '#src/db'
import type { RouteRow } from './route-queries.ts'
import type { Piece, SettledRegister } from './settle.ts'

/** Where a run gathers what leaves and what stays behind. */
export async function openWork(tx: Db): Promise<void> {
  await tx.query(
    `create temporary table if not exists reading_day_work on commit delete rows
     as select * from reading_day_row with no data`,
  )
  await tx.query(`delete from reading_day_work`)
}

export interface WorkRow extends SettledRegister {
  readonly piece: Piece
}

export async function addRows(tx: Db, rows: readonly WorkRow[]): Promise<void> {
  const placed = rows.flatMap(({ piece, ...row }) => {
    const { meter, account } = piece
    return meter === null || account === null ? [] : [{ ...row, piece, meter, account }]
  })
  if (placed.length === 0) return
  await tx.query(
    `insert into reading_day_work (usage_point_id, usage_point, account_id, account_no,
       installation_id, meter_id, meter_address, numerator, denominator, from_at, to_at, register,
       from_micro, from_scale, to_micro, to_scale, rolls, energy, quality)
     select u.usage_point_id, u.usage_point, u.account_id, u.account_no, u.installation_id,
       u.meter_id, u.meter_address, u.numerator, u.denominator, to_timestamp(u.from_at / 1000),
       to_timestamp(u.to_at / 1000), u.register, u.from_micro, u.from_scale, u.to_micro,
       u.to_scale, u.rolls, u.energy,
       array_position(array['measured', 'interpolated', 'suspect', 'incomplete', 'estimated',
         'edited'], u.quality)
     from unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::int[], $6::int[], $7::text[],
       $8::bigint[], $9::bigint[], $10::float8[], $11::float8[], $12::text[], $13::bigint[],
       $14::smallint[], $15::bigint[], $16::smallint[], $17::smallint[], $18::bigint[],
       $19::text[])
       as u (usage_point_id, usage_point, account_id, account_no, installation_id, meter_id,
         meter_address, numerator, denominator, from_at, to_at, register, from_micro, from_scale,
         to_micro, to_scale, rolls, energy, quality)`,
    [
      placed.map(({ piece }) => piece.usagePointId),
      placed.map(({ piece }) => piece.usagePoint),
      placed.map(({ account }) => account.id),
      placed.map(({ account }) => account.no),
      placed.map(({ meter }) => meter.installationId),
      placed.map(({ meter }) => meter.meterId),
      placed.map(({ meter }) => meter.address),
      placed.map(({ meter }) => meter.numerator),
      placed.map(({ meter }) => meter.denominator),
      placed.map(({ piece }) => piece.from),
      placed.map(({ piece }) => piece.to),
      placed.map(({ register }) => register),
      placed.map(({ from }) => from.micro),
      placed.map(({ from }) => from.scale),
      placed.map(({ to }) => to.micro),
      placed.map(({ to }) => to.scale),
      placed.map(({ rolls }) => rolls),
      placed.map(({ energy }) => energy),
      placed.map(({ quality }) => quality),
    ],
  )
}

/** What stayed behind is as the newest look at the route found it. */
export async function clearHeld(tx: Db, routeId: number): Promise<void> {
  await tx.query(`delete from reading_day_held where route_id = $1::int`, [routeId])
}

export interface HeldRow {
  readonly piece: Piece
  readonly reason: string
  readonly detail: string
}

export async function addHeld(
  tx: Db,
  routeId: number,
  date: string,
  held: readonly HeldRow[],
): Promise<void> {
  if (held.length === 0) return
  await tx.query(
    `insert into reading_day_held (route_id, reading_date, usage_point_id, from_at, to_at,
       usage_point, account_no, meter_address, reason, detail)
     select $1::int, $2::date, u.id, to_timestamp(u.from_at / 1000), to_timestamp(u.to_at / 1000),
       u.usage_point, u.account_no, u.meter_address, u.reason, u.detail
     from unnest($3::int[], $4::float8[], $5::float8[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[])
       as u (id, from_at, to_at, usage_point, account_no, meter_address, reason, detail)`,
    [
      ...[routeId, date],
      held.map(({ piece }) => piece.usagePointId),
      held.map(({ piece }) => piece.from),
      held.map(({ piece }) => piece.to),
      held.map(({ piece }) => piece.usagePoint),
      held.map(({ piece }) => piece.account?.no ?? null),
      held.map(({ piece }) => piece.meter?.address ?? null),
      held.map(({ reason }) => reason),
      held.map(({ detail }) => detail),
    ],
  )
}

/** Makes a batch of what was gathered; undefined where nothing was. */
export async function makeBatch(
  tx: Db,
  route: RouteRow,
  date: string,
  by: string,
  held: Readonly<Record<string, number>>,
  now: Instant,
): Promise<number | undefined> {
  const [made] = await tx.query<{ id: number }>(
    `insert into reading_day_batch (route_id, reading_date, no, state, published_at,
       published_by, language, points, rows, totals, held, sha256)
     select $1::int, $2::date,
       (select coalesce(max(no), 0) + 1 from reading_day_batch
        where route_id = $1::int and reading_date = $2::date),
       'published', to_timestamp($3::float8 / 1000), $4::text, $5::text,
       count(distinct w.usage_point_id), count(*),
       (select jsonb_agg(t order by t.register) from (
         select register, count(*) as rows, sum(energy)::text as energy
         from reading_day_work group by register) t),
       $6::jsonb, ''
     from reading_day_work w having count(*) > 0
     returning id`,
    [route.id, date, now, by, route.language, JSON.stringify(held)],
  )
  if (made === undefined) return undefined
  await tx.query(
    `insert into reading_day_span (batch_id, usage_point_id, from_at, to_at)
     select distinct $1::int, usage_point_id, from_at, to_at from reading_day_work
     order by usage_point_id, from_at`,
    [made.id],
  )
  // Brought by people only where that is what counts of the moment.
  await tx.query(
    `insert into reading_day_row (batch_id, reading_date, line, span_id, usage_point_id,
       usage_point, account_id, account_no, installation_id, meter_id, meter_address, numerator,
       denominator, from_at, to_at, register, from_micro, from_scale, to_micro, to_scale, rolls,
       energy, quality, how)
     select $1::int, $2::date,
       row_number() over (order by w.account_no collate "C", w.usage_point collate "C", w.from_at,
         w.register),
       s.id, w.usage_point_id, w.usage_point, w.account_id, w.account_no, w.installation_id,
       w.meter_id, w.meter_address, w.numerator, w.denominator, w.from_at, w.to_at, w.register,
       w.from_micro, w.from_scale, w.to_micro, w.to_scale, w.rolls, w.energy, w.quality,
       coalesce(v.kind, 'remote')
     from reading_day_work w
     join reading_day_span s on s.batch_id = $1::int and s.usage_point_id = w.usage_point_id
       and s.from_at = w.from_at
     left join register_value v on v.state = 'in-force' and v.meter_id = w.meter_id
       and v.register = w.register and v.measured_at = w.to_at
       and floor(v.digits * 10::numeric ^ (6 - v.scale)) = w.to_micro`,
    [made.id, date],
  )
  return made.id
}

export async function setHash(tx: Db, batchId: number, sha256: string): Promise<void> {
  await tx.query(`update reading_day_batch set sha256 = $2::text where id = $1::int`, [
    batchId,
    sha256,
  ])
}
