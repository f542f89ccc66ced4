import { type Anomalies, createAnomalies } from '#src/anomaly'
import { createCases } from '#src/cases'
import { type BusinessDate, civilTime, type Instant, instant, parseBusinessDate } from '#src/core'
import type { Db } from '#src/db'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

export const civil = civilTime('Asia/Shanghai')

export function dateOf(text: string): BusinessDate {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`no date: ${text}`)
  return date
}

export const first = dateOf('2026-09-01')
export const dayOf = (nth: number) => civil.addDays(first, nth)

/** Of a sample: volts, amperes, kW, kWh of the register; absent is not told. */
export interface Sample {
  readonly u?: readonly number[]
  readonly i?: readonly number[]
  readonly p?: number
  readonly phases?: readonly number[]
  readonly pf?: number
  readonly energy?: number
  /** kvarh of the register. */
  readonly reactive?: number
  readonly neutral?: number
}

export interface Point {
  readonly point: number
  readonly meter: number
}

/** A database with usage points whose curves, days and events a test writes. */
export interface Stage {
  readonly database: TestDatabase
  readonly db: Db
  readonly anomalies: Anomalies
  point(code: string, of?: PointOf): Promise<Point>
  /** A sample every 15 minutes from the hour of a day on. */
  curve(of: Point, nth: number, hour: number, samples: readonly Sample[]): Promise<void>
  /** The day's energy in kWh; back: what was fed in. */
  used(of: Point, nth: number, kWh: number | readonly number[], more?: Used): Promise<void>
  event(of: Point, nth: number, code: string): Promise<void>
  follow(nth: number): Promise<number>
  /** Codes of what is raised, in order. */
  raised(of: Point): Promise<string[]>
}

export interface PointOf {
  readonly wiring?: '1p2w' | '3p4w'
  readonly area?: string
  readonly role?: string
  readonly capacity?: number
  readonly generates?: boolean
}

export interface Used {
  readonly back?: number
  readonly estimated?: number
  /** W over a quarter of an hour. */
  readonly peak?: number
  readonly night?: number
  /** Nobody is told that it changed: it was known long since. */
  readonly isOld?: boolean
}

export async function openStage(): Promise<Stage> {
  const database = await migratedDatabase()
  const { db } = database
  const clock = new ManualClock()
  const anomalies = createAnomalies({ db, clock, civil, cases: createCases(db, clock) })
  const id = async (text: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await db.query<{ id: number }>(text, values)
    if (row === undefined) throw new Error('nothing was inserted')
    return row.id
  }
  let count = 0
  const micro = (kWh: number) => Math.round(kWh * 1e6)
  return {
    database,
    db,
    anomalies,
    async point(code, { wiring = '3p4w', area, role = 'receive', capacity, generates } = {}) {
      count += 1
      const channel = await id(
        `insert into channel (name, kind, settings) values ($1, 'tcp', '{"host":"127.0.0.1","port":1}')
         returning id`,
        [code],
      )
      const meter = await id(
        `insert into meter (address, protocol, channel_id, wiring, nominal_voltage, basic_current,
           max_current, register_digits)
         values ($1, 'dlt645-2007', $2, $3, 220, 5, 60, 6) returning id`,
        [String(count).padStart(12, '0'), channel, wiring],
      )
      const point = await id('insert into usage_point (code) values ($1) returning id', [code])
      await db.query(
        `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from)
         values ($1, $2, 1, 1, 1, 1, '2020-01-01T00:00Z')`,
        [point, meter],
      )
      if (area !== undefined) {
        await db.query(
          `with n as (insert into grid_node (kind, code) values ('area', $2)
             on conflict (kind, code) do update set name = '' returning id)
           insert into usage_point_place (usage_point_id, node_id, role, valid_from)
           select $1, id, $3, '2020-01-01T00:00Z' from n`,
          [point, area, role],
        )
      }
      const account = await id(
        `with c as (insert into customer (name, class) values ($1, 'residential') returning id)
         insert into account (no, customer_id) select $1, id from c returning id`,
        [code],
      )
      await db.query(
        `insert into account_usage_point (usage_point_id, account_id, valid_from)
         values ($1, $2, '2020-01-01T00:00Z')`,
        [point, account],
      )
      await db.query(
        `insert into contract (account_id, no, capacity_kva, generates, valid_from)
         values ($1, $2, $3, $4, '2020-01-01T00:00Z')`,
        [account, code, capacity ?? null, generates ?? false],
      )
      return { point, meter }
    },
    async curve({ meter }, nth, hour, samples) {
      const start = civil.startOf(dayOf(nth)) + hour * 3_600_000
      for (const [index, { u, i, p, phases, pf, energy, reactive, neutral }] of samples.entries()) {
        const at = new Date(start + index * 900_000).toISOString()
        const scaled = (value: number | undefined, by: number) =>
          value === undefined ? null : Math.round(value * by)
        await db.query(
          `insert into reading_curve (measured_at, received_at, decimals, energy_import, meter_id,
             power, power_a, power_b, power_c, voltage_a, voltage_b, voltage_c, current_a,
             current_b, current_c, power_factor, reactive_1, data_class, source, quality, time_source)
           values ($1::timestamptz, $1::timestamptz, 0, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
             $12, $13, $14, $15, 2, 1, 1, 1)`,
          [
            ...[at, scaled(energy, 10_000), meter, scaled(p, 10_000)],
            ...[0, 1, 2].map((one) => scaled(phases?.[one], 10_000)),
            ...[0, 1, 2].map((one) => scaled(u?.[one], 1_000)),
            ...[0, 1, 2].map((one) => scaled(i?.[one], 1_000)),
            scaled(pf, 10_000),
            scaled(reactive, 10_000),
          ],
        )
        if (neutral !== undefined) {
          await db.query(
            `insert into reading_item (meter_id, measured_at, received_at, item, digits, scale,
               data_class, source, quality, time_source)
             values ($1, $2::timestamptz, $2::timestamptz, '91.7.0', $3, 3, 2, 1, 1, 1)`,
            [meter, at, scaled(neutral, 1_000)],
          )
        }
      }
    },
    async used({ point }, nth, kWh, { back, estimated = 0, peak, night, isOld = false } = {}) {
      const energies = typeof kWh === 'number' ? [kWh] : kWh
      for (const [index, energy] of energies.entries()) {
        const date = dayOf(nth + index)
        const rows = [['1.8.0', energy], ...(back === undefined ? [] : [['2.8.0', back]])] as const
        for (const [register, amount] of rows) {
          await db.query(
            `insert into usage_day (energy, estimated, computed_at, usage_point_id, business_date,
               quality, meters, register)
             values ($1::bigint, $2::bigint, now(), $3, $4::date, 1, 1, $5)
             on conflict (usage_point_id, register, business_date)
               do update set energy = excluded.energy`,
            [micro(Number(amount)), micro(estimated), point, date, register],
          )
        }
        if (peak !== undefined || night !== undefined) {
          await db.query(
            `insert into load_day (peak, peak_at, least, energy, night, usage_point_id,
               business_date, quarters, night_quarters)
             values ($1::bigint, $2::timestamptz, 0, $3::bigint, $4::bigint, $5, $2::date, 96, 12)
             on conflict do nothing`,
            [Math.round((peak ?? 0) * 250), date, micro(energy), micro(night ?? 1), point],
          )
        }
        if (isOld) continue
        await db.query(
          // Long ago, so that nobody waits for statistics that this stage has none of.
          `insert into usage_change (usage_point_id, business_date, changed_at)
           values ($1, $2::date, '2026-01-01T00:00Z')`,
          [point, date],
        )
      }
    },
    async event({ meter }, nth, code) {
      const at = new Date(civil.startOf(dayOf(nth)) + 36_000_000).toISOString()
      await db.query(
        `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span,
           raised_at, received_at, source, details, raw, at)
         values ($1, 'dlt645', $2, $2, $2, '', false, $3::timestamptz, $3::timestamptz, 'pull',
           '{}', '', $3::timestamptz)`,
        [meter, code, at],
      )
    },
    follow: (nth) => anomalies.follow(morningAfter(nth)),
    async raised({ point }) {
      const found = await anomalies.list({ usagePointId: point }, null, 100)
      return found.map(({ code }) => code).toSorted()
    },
  }
}

export const morningAfter = (nth: number): Instant =>
  instant(civil.startOf(dayOf(nth + 1)) + 8 * 3_600_000)
