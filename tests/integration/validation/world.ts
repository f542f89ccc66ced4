import { civilTime, hours, type Instant, idOf, instant, type MeterId } from '#src/core'
import { createReadings, type StoredReading } from '#src/readings'
import { createValidation, photoShelf } from '#src/validation'
import { ManualClock, migratedDatabase, temporaryFolder } from '#tests/support'

export const zone = 'Asia/Shanghai'
export const civil = civilTime(zone)
/** The civil midnight that begins a day of August 2026, or a time of that day. */
export const august = (day: number, hour = 0, minute = 0): Instant =>
  instant(
    Date.parse('2026-07-31T16:00:00Z') + ((day - 1) * 24 + hour) * 3_600_000 + minute * 60_000,
  )

export interface NewPoint {
  readonly class?: string
  readonly ratio?: number
  readonly vacant?: boolean
  readonly wiring?: string
  readonly voltage?: number
  readonly current?: number
  readonly digits?: number
  readonly capacity?: number
  readonly trade?: string
  readonly from?: Instant
  readonly area?: string
}

export interface Point {
  readonly meterId: MeterId
  readonly usagePointId: number
  readonly accountNo: string
}

export interface FoundRow {
  readonly id: bigint
  readonly code: string
  readonly register: string
  readonly measured_at: Instant | null
  readonly state: string
  readonly act: string
  readonly evidence: Readonly<Record<string, unknown>>
  readonly stake: bigint
  readonly version: number
}

/** A database with a validation over it, and as many metered points as a test asks for. */
export async function openWorld() {
  const database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
  const clock = new ManualClock(august(20, 12))
  const readings = createReadings(db, civil)
  const folder = temporaryFolder()
  const validation = createValidation({ db, civil, clock, photos: photoShelf(folder.path) })
  let nth = 0

  async function one<Row extends object>(text: string, values: readonly unknown[]): Promise<Row> {
    const [row] = await db.query<Row>(text, values)
    if (row === undefined) throw new Error('no row')
    return row
  }

  return {
    db,
    async close() {
      await database.close()
      folder.remove()
    },
    clock,
    readings,
    validation,
    one,
    async newPoint(given: NewPoint = {}): Promise<Point> {
      nth += 1
      const accountNo = `A${nth}`
      const customer = await one<{ id: number }>(
        `insert into customer (name, class) values ('c', $1::text) returning id`,
        [given.class ?? 'residential'],
      )
      const account = await one<{ id: number }>(
        `insert into account (no, customer_id) values ($1::text, $2::int) returning id`,
        [accountNo, customer.id],
      )
      const point = await one<{ id: number }>(
        `insert into usage_point (code) values ($1::text) returning id`,
        [`U${nth}`],
      )
      const from = new Date(given.from ?? august(1) - hours(24 * 60)).toISOString()
      await db.query(
        `insert into account_usage_point (usage_point_id, account_id, valid_from, valid_to)
         values ($1::int, $2::int, $3::timestamptz, $4::timestamptz)`,
        [point.id, account.id, from, given.vacant ? new Date(august(2)).toISOString() : null],
      )
      if (given.capacity !== undefined) {
        await db.query(
          `insert into contract (account_id, no, trade, capacity_kva, valid_from)
           values ($1::int, $2::text, $3::text, $4::numeric, $5::timestamptz)`,
          [account.id, accountNo, given.trade ?? 'steel', given.capacity, from],
        )
      }
      const meter = await one<{ id: number }>(
        `insert into meter (address, protocol, channel_id, wiring, nominal_voltage, basic_current,
           max_current, register_digits)
         values ($1::text, 'modbus', 1, $2::text, $3::numeric, 5, $4::numeric, $5::smallint)
         returning id`,
        [
          `${nth}`,
          given.wiring ?? '1p2w',
          given.voltage ?? 220,
          given.current ?? 60,
          given.digits ?? 6,
        ],
      )
      await db.query(
        `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from)
         values ($1::int, $2::int, $3::bigint, 1, 1, 1, $4::timestamptz)`,
        [point.id, meter.id, given.ratio ?? 1, from],
      )
      if (given.area !== undefined) {
        await db.query(`insert into transformer (code) values ($1::text) on conflict do nothing`, [
          given.area,
        ])
        await db.query(
          `insert into usage_point_place (usage_point_id, node_id, role, valid_from)
           select $1::int, node_id, 'receive', $3::timestamptz from transformer where code = $2::text`,
          [point.id, given.area, from],
        )
      }
      return { meterId: idOf(meter.id), usagePointId: point.id, accountNo }
    },
    /** Days of use in kWh that ended before the 1st of August. */
    async history(point: Point, kWh: readonly number[], register = '1.8.0') {
      await db.query(
        `insert into usage_day (energy, computed_at, usage_point_id, business_date, quality, meters, register)
         select e * 1000000, now(), $1::int, date '2026-08-01' - n::int, 1, 1, $3::text
         from unnest($2::bigint[]) with ordinality as u (e, n)`,
        [point.usagePointId, kWh, register],
      )
    },
    /** Judges these days of August, as if their energy had just been computed. */
    async judge(point: Pick<Point, 'meterId'>, ...days: readonly number[]) {
      await db.query(
        `insert into energy_dirty (business_date, meter_id)
         select date '2026-07-31' + d, $1::int from unnest($2::int[]) d on conflict do nothing`,
        [point.meterId, days],
      )
      return await this.run()
    },
    async run() {
      await db.query('delete from energy_dirty')
      return await validation.run()
    },
    async found(point: Pick<Point, 'meterId'>, state = 'open') {
      return await db.query<FoundRow>(
        `select id, code, register, measured_at, state, act, evidence, stake, version
         from validation_finding where meter_id = $1::int and state = $2::text
         order by code, measured_at`,
        [point.meterId, state],
      )
    },
    async codes(point: Pick<Point, 'meterId'>) {
      return [...new Set((await this.found(point)).map(({ code }) => code))]
    },
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** A daily freeze of 1.8.0 in hundredths of a kWh. */
export function freeze(
  { meterId }: Pick<Point, 'meterId'>,
  at: Instant,
  digits: number,
  overrides: Partial<StoredReading> = {},
): StoredReading {
  return {
    meterId,
    item: '1.8.0',
    value: { kind: 'number', digits, scale: 2 },
    dataClass: 'daily',
    measuredAt: at,
    timeSource: 'meter',
    receivedAt: instant(at + 60_000),
    source: 'poll',
    quality: 'good',
    ...overrides,
  }
}
