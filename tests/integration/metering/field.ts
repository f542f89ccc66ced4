import { civilTime, type Instant, idOf, instant, type MeterId, type UsagePointId } from '#src/core'
import {
  createMetering,
  type MeteredSpan,
  type Metering,
  type Usage,
  type UsageQuery,
} from '#src/metering'
import { createReadings, type Readings, type StoredReading } from '#src/readings'
import { migratedDatabase, type TestDatabase } from '#tests/support'

/** The same database as another site would see it, in its own time zone. */
interface Site {
  readonly readings: Readings
  readonly metering: Metering
}

export interface Field extends Site {
  readonly database: TestDatabase
  in(zone: string): Site
  /** A meter that no other test has. */
  newMeter(plate?: Plate): Promise<MeterId>
  newPlace(): Promise<UsagePointId>
  install(place: UsagePointId, hung: Hung): Promise<number>
}

export interface Plate {
  readonly protocol?: string
  readonly registerDigits?: number
}

export interface Hung {
  readonly meter: MeterId
  readonly from: Instant
  readonly to?: Instant
  /** CT as a fraction. */
  readonly ct?: readonly [bigint, bigint]
  readonly opening?: number
  readonly closing?: number
}

export async function openField(zone = 'Asia/Shanghai'): Promise<Field> {
  const database = await migratedDatabase()
  const { db } = database
  await db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
  const site = (other: string): Site => ({
    readings: createReadings(db, civilTime(other)),
    metering: createMetering(db, civilTime(other)),
  })
  return {
    database,
    ...site(zone),
    in: site,
    async newMeter({ protocol = 'modbus', registerDigits } = {}) {
      const [row] = await db.query<{ id: number }>(
        `insert into meter (address, protocol, channel_id, register_digits)
         select lpad((count(*) + 1)::text, 12, '0'), $1::text, 1, $2::smallint
         from meter returning id`,
        [protocol, registerDigits ?? null],
      )
      return idOf(row?.id ?? 0)
    },
    async newPlace() {
      const [row] = await db.query<{ id: number }>(
        `insert into usage_point (code) select 'P' || (count(*) + 1) from usage_point returning id`,
      )
      return idOf(row?.id ?? 0)
    },
    async install(place, { meter, from, to, ct = [1n, 1n], opening, closing }) {
      const [row] = await db.query<{ id: number }>(
        `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from, valid_to)
         values ($1, $2, $3, $4, 1, 1, to_timestamp($5::float8 / 1000),
           to_timestamp($6::float8 / 1000)) returning id`,
        [place, meter, ct[0], ct[1], from, to ?? null],
      )
      const id = row?.id ?? 0
      if (opening !== undefined || closing !== undefined) {
        const scale = (digits: number | undefined) => (digits === undefined ? null : 2)
        await db.query(
          `insert into installation_register (installation_id, register, opening_digits,
             opening_scale, closing_digits, closing_scale) values ($1, '1.8.0', $2, $3, $4, $5)`,
          [id, opening ?? null, scale(opening), closing ?? null, scale(closing)],
        )
      }
      return id
    },
  }
}

export const at = (text: string): Instant => instant(Date.parse(text))

/** A reading of 1.8.0 that nothing is wrong with, unless told otherwise. */
export function reading(
  meterId: MeterId,
  measuredAt: Instant,
  digits: number,
  scale = 2,
  overrides: Partial<StoredReading> = {},
): StoredReading {
  return {
    meterId,
    item: '1.8.0',
    value: { kind: 'number', digits, scale },
    dataClass: 'current',
    measuredAt,
    timeSource: 'meter',
    receivedAt: instant(measuredAt + 1_000),
    source: 'poll',
    quality: 'good',
    ...overrides,
  }
}

export const alone = (meterId: MeterId): MeteredSpan => ({
  ...{ meterId, usagePointId: null, from: instant(0), to: null },
})

/** What a meter that hangs nowhere counts. */
export const usageOf = (
  metering: Metering,
  meterId: MeterId,
  query: Omit<UsageQuery, 'installations' | 'register'>,
): Promise<Usage> => usageAt(metering, [alone(meterId)], query)

export async function usageAt(
  metering: Metering,
  installations: readonly MeteredSpan[],
  query: Omit<UsageQuery, 'installations' | 'register'>,
): Promise<Usage> {
  const usage = await metering.usage({ installations, register: '1.8.0', ...query })
  if (!usage.ok) throw new Error(usage.error.message)
  return usage.value
}
