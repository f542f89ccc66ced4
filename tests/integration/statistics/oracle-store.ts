import type { Db } from '#src/db'
import { type Held, type Life, POINTS, type Sample } from './oracle-life.ts'

const instantOf = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)

/** Archive and events of a life in the network of `network.ts`, which has no customers yet. */
export async function archive(db: Db, life: Life): Promise<void> {
  for (const [index, { wiring, nominal }] of life.meters.entries()) {
    await db.query(
      `insert into meter (address, protocol, channel_id, wiring, nominal_voltage, basic_current)
       values (lpad($1::int::text, 12, '0'), 'dlt645-2007', 1, $2, $3::int, 5)`,
      [index + 1, wiring, nominal],
    )
  }
  await db.query(
    `insert into usage_group (name, created_by, created_at) values ('mine', 'li', now())`,
  )
  for (let index = 0; index < POINTS; index++) await point(db, life, index)
  for (const { meter, from, to } of life.failures) {
    await db.query(
      `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span,
         raised_at, cleared_at, received_at, source, details, raw, at)
       values ($1::int, 'dlt645-2007', 'x', 'power', 'power-failure', '', true, $2::timestamptz,
         $3::timestamptz, now(), 'pull', '{}', '', $2::timestamptz)
       on conflict do nothing`,
      [meter, instantOf(from), to === null ? null : instantOf(to)],
    )
  }
}

async function point(db: Db, life: Life, index: number): Promise<void> {
  const id = index + 1
  const put = async <Value>(
    spans: readonly Held<Value>[] | undefined,
    text: string,
    values: (span: Held<Value>) => readonly unknown[],
  ) => {
    for (const span of spans ?? []) {
      await db.query(text, [id, instantOf(span.from), instantOf(span.to), ...values(span)])
    }
  }
  await db.query(
    `with c as (insert into customer (name, class) values ('c', $2) returning id),
     a as (insert into account (no, customer_id) select 'A' || $1::int, id from c returning id),
     u as (insert into usage_point (code) values ('P' || $1::int) returning id)
     insert into account_usage_point (usage_point_id, account_id, valid_from)
     select u.id, a.id, '2000-01-01T00:00Z' from u, a`,
    [id, ['residential', 'commercial'][index % 2]],
  )
  const held = '$2::timestamptz, $3::timestamptz'
  await put(
    life.trades[index],
    `insert into contract (account_id, no, tariff, trade, capacity_kva, valid_from, valid_to)
     select a.id, 'K' || $1::int || $2, 't' || $1::int % 3, nullif($4, ''), 10, ${held}
     from account a where a.no = 'A' || $1::int`,
    ({ value }) => [value],
  )
  await put(
    life.places[index]?.filter(({ value }) => value !== null),
    `insert into usage_point_place (usage_point_id, node_id, role, valid_from, valid_to)
     select $1::int, id, 'receive', ${held} from grid_node where code = $4`,
    ({ value }) => [value],
  )
  await put(
    life.members[index],
    `insert into usage_group_member (group_id, usage_point_id, valid_from, valid_to)
     values (1, $1::int, ${held})`,
    () => [],
  )
  await put(
    life.hung[index],
    `with i as (
       insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from, valid_to)
       values ($1::int, $4::int, $5::int, 1, 1, 1, ${held}) returning id)
     insert into installation_register (installation_id, register, opening_digits, opening_scale,
       closing_digits, closing_scale)
     select i.id, r.register, r.opening, 2, r.closing, case when r.closing is not null then 2 end
     from i, (values ('1.8.0', $6::int, $7::int), ('3.8.0', $8::int, $9::int))
       r (register, opening, closing)`,
    ({ value: { meter, ratio, opening, closing } }) => [
      ...[meter, ratio, opening[0], closing?.[0] ?? null, opening[1], closing?.[1] ?? null],
    ],
  )
}

export async function read(db: Db, samples: readonly Sample[]): Promise<void> {
  const column = (of: (sample: Sample) => number | null | undefined) =>
    samples.map((sample) => of(sample) ?? null)
  const energy = (value: number | null) => (value === null ? null : value * 100)
  await db.query(
    `insert into reading_curve (measured_at, received_at, decimals, meter_id, energy_import,
       reactive_1, voltage_a, voltage_b, voltage_c, current_a, current_b, current_c, data_class,
       source, quality, time_source)
     select t, now(), 2 | (2 << 18), m, e, r, va, vb, vc, ia, ib, ic, 2, 1, 1, 1
     from unnest($1::timestamptz[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::int[],
       $7::int[], $8::int[], $9::int[], $10::int[])
       u (t, m, e, r, va, vb, vc, ia, ib, ic)`,
    [
      samples.map(({ at }) => instantOf(at)),
      column(({ meter }) => meter),
      column(({ active }) => energy(active)),
      column(({ reactive }) => energy(reactive)),
      ...[0, 1, 2].map((phase) => column(({ volts }) => volts[phase])),
      ...[0, 1, 2].map((phase) => column(({ amps }) => amps[phase])),
    ],
  )
  // As whoever stores readings leaves word.
  await db.query(
    `insert into energy_dirty (meter_id, business_date)
     select distinct m, d::date from unnest($1::timestamptz[], $2::int[]) u (t, m),
       generate_series((t - interval '1 day')::date, (t + interval '1 day')::date,
         interval '1 day') d
     on conflict do nothing`,
    [samples.map(({ at }) => instantOf(at)), column(({ meter }) => meter)],
  )
}
