import type { EventCode, ItemCode } from '#protocols/model'
import { createAnomalies } from '#src/anomaly'
import { createSuspects } from '#src/anomaly/suspects'
import { createCases } from '#src/cases'
import { createClocks } from '#src/clocks'
import { hours, type Instant, idOf, instant, type MeterId, minutes, ok } from '#src/core'
import { createDeviceEvents, eventRecord } from '#src/events'
import { createLineLoss } from '#src/lineloss'
import { createMetering } from '#src/metering'
import { createReadings, type StoredReading } from '#src/readings'
import { createStatisticsFollower } from '#src/statistics'
import { createValidation, photoShelf } from '#src/validation'
import { ManualClock, migratedDatabase, temporaryFolder } from '#tests/support'
import { civil, dayOf } from './stage.ts'

export interface PlaceOf {
  readonly wiring?: '1p2w' | '3p3w' | '3p4w'
  readonly area?: string
  readonly role?: 'supply' | 'receive'
  readonly capacity?: number
  readonly generates?: boolean
  readonly ct?: number
  readonly basicCurrent?: number
  readonly maxCurrent?: number
  readonly tariff?: string
  /** The day from which on its meter hangs there. */
  readonly since?: number
  /** Of transformers at its area. */
  readonly kva?: number
}

/** What a meter says at one time; `step`: kWh since the sample before. */
export interface Said {
  readonly u?: readonly number[]
  readonly i?: readonly number[]
  readonly p?: number
  readonly phases?: readonly number[]
  readonly pf?: number
  readonly neutral?: number
  readonly step?: number
}

/** A usage point whose meter is told what happened, and tells it as meters do. */
export interface Pen {
  readonly point: number
  readonly meter: MeterId
  /** Energy of days from one on, frozen at both ends of each. */
  used(nth: number, kWh: readonly number[], register?: ItemCode): void
  /** Every quarter of an hour, or as many minutes, from the hour of a day on. */
  said(nth: number, hour: number, samples: readonly Said[], everyMinutes?: number): void
  event(nth: number, code: EventCode, hour?: number): void
  /** How far off its clock is when it is next looked at. */
  clock(minutesOff: number): void
  /** What a register shows. */
  shows(register?: ItemCode): number
  /** A register goes back or on by itself. */
  jump(kWh: number, register?: ItemCode): void
}

export const item: Readonly<Record<string, readonly ItemCode[]>> = {
  u: ['32.7.0', '52.7.0', '72.7.0'],
  i: ['31.7.0', '51.7.0', '71.7.0'],
  phases: ['36.7.0', '56.7.0', '76.7.0'],
}

/** The head-end's own path from what meters say to what is found, over a database. */
export async function openWorld() {
  const database = await migratedDatabase()
  const { db } = database
  const folder = temporaryFolder()
  const clock = new ManualClock(civil.startOf(dayOf(0)))
  const readings = createReadings(db, civil)
  const metering = createMetering(db, civil)
  const validation = createValidation({ db, civil, clock, photos: photoShelf(folder.path) })
  const statistics = createStatisticsFollower(db, civil)
  const deviceEvents = createDeviceEvents(db, civil)
  const cases = createCases(db, clock)
  const anomalies = createAnomalies({ db, clock, cases, civil })
  const suspects = createSuspects({ db, civil })
  const lineLoss = createLineLoss({ db, cases, civil })
  const offsets = new Map<number, number>()
  const { clocks, runner } = createClocks({
    ...{ db, clock, civil, cases },
    talk: {
      measure: async ({ id }) =>
        ok({
          measuredAt: clock.now(),
          offsetMs: minutes(offsets.get(id) ?? 0),
          uncertaintyMs: 600,
        }),
      correct: async () => {
        throw new Error('nobody corrects a clock here')
      },
    },
    isHostRight: async () => true,
    report: () => {},
  })
  const kept: StoredReading[] = []
  const events: { readonly meter: MeterId; readonly code: EventCode; readonly at: number }[] = []
  let count = 0

  async function id(text: string, values: readonly unknown[]): Promise<number> {
    const [row] = await db.query<{ id: number }>(text, values)
    if (row === undefined) throw new Error('no row')
    return row.id
  }
  return {
    ...{ database, db, clock, anomalies, suspects, cases, civil },
    async close() {
      await database.close()
      folder.remove()
    },
    async pen(code: string, of: PlaceOf = {}): Promise<Pen> {
      count += 1
      const since = new Date(civil.startOf(dayOf(of.since ?? 60))).toISOString()
      const meterId = await id(
        // A channel each: clocks of one are looked at one after the other.
        `with c as (insert into channel (name, kind) values ($1, 'tcp') returning id)
         insert into meter (address, protocol, channel_id, wiring, nominal_voltage, basic_current,
           max_current, register_digits)
         select $1, 'dlt645-2007', c.id, $2, 220, $3, $4, 6 from c returning id`,
        [
          ...[String(count).padStart(12, '0'), of.wiring ?? '3p4w'],
          ...[of.basicCurrent ?? 5, of.maxCurrent ?? 60],
        ],
      )
      const point = await id('insert into usage_point (code) values ($1) returning id', [code])
      await db.query(
        `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
           pt_numerator, pt_denominator, valid_from) values ($1, $2, $3, 1, 1, 1, $4::timestamptz)`,
        [point, meterId, of.ct ?? 1, since],
      )
      await db.query(
        `with n as (insert into grid_node (kind, code) values ('area', $2)
           on conflict (kind, code) do update set name = '' returning id),
         t as (insert into power_transformer (node_id, code, rated_kva, no_load_loss_w,
             load_loss_w, no_load_current_percent, short_circuit_percent, valid_from)
           select id, $2, $5::numeric, 0, 0, 0, 4, $4::timestamptz from n
           where $5::numeric is not null)
         insert into usage_point_place (usage_point_id, node_id, role, valid_from)
         select $1, id, $3, $4::timestamptz from n`,
        [point, of.area ?? code, of.role ?? 'receive', since, of.kva ?? null],
      )
      const account = await id(
        `with c as (insert into customer (name, class) values ($1, 'residential') returning id)
         insert into account (no, customer_id) select $1, id from c returning id`,
        [code],
      )
      await db.query(
        `insert into account_usage_point (usage_point_id, account_id, valid_from)
         values ($1, $2, $3::timestamptz)`,
        [point, account, since],
      )
      await db.query(
        `insert into contract (account_id, no, tariff, capacity_kva, generates, valid_from)
         values ($1, $2, $3, $4, $5, $6::timestamptz)`,
        [
          ...[account, code, of.tariff ?? 'home', of.capacity ?? null, of.generates ?? false],
          since,
        ],
      )
      return penOf(point, idOf(meterId))
    },
    /** Nothing is expected of the days before; there are no meters yet. */
    async opened(nth: number): Promise<void> {
      await clock.advance(civil.startOf(dayOf(nth)) + hours(1) - clock.now())
      await metering.rollUp(clock.now())
    },
    /** What was written down arrives, the day ends, and all that follows it runs the next morning. */
    async run(nth: number): Promise<void> {
      const evening = civil.startOf(dayOf(nth)) + hours(22)
      await clock.advance(Math.max(0, evening - clock.now()))
      await runner.once()
      await clocks.measureNow(await clocks.list({}, 0, 1_000))
      await runner.once()
      await runner.once()
      const morning = civil.startOf(dayOf(nth + 1)) + hours(8)
      await clock.advance(morning - clock.now())
      for (let from = 0; from < kept.length; from += 20_000) {
        await readings.store(
          kept.slice(from, from + 20_000).map((one) => ({ ...one, receivedAt: clock.now() })),
        )
      }
      kept.length = 0
      await tell()
      await this.follow()
    },
    /** Everything that follows readings, without new ones. */
    async follow(): Promise<void> {
      await metering.rollUp(clock.now())
      await metering.analyze()
      await readings.maintenance.analyze()
      await db.query('analyze')
      await validation.run()
      await metering.rollUp(clock.now())
      await statistics.follow()
      await lineLoss.follow(clock.now())
      await anomalies.follow(clock.now())
    },
    async store(some: readonly StoredReading[]): Promise<void> {
      await readings.store(some)
    },
    takeWritten: (): StoredReading[] => kept.splice(0),
    rollUp: () => metering.rollUp(clock.now()),
    statistics: () => statistics.follow(),
  }

  async function tell(): Promise<void> {
    const records = events.splice(0).map(({ meter, code, at }) =>
      eventRecord(
        {
          ...{ code, eventId: code, series: code, phase: null, of: null, clearedAt: null },
          ...{ sequence: null, place: null, details: [], raw: '00' },
          raisedAt: { kind: 'epoch', ms: at },
        },
        {
          device: { meterId: meter, concentratorId: null },
          protocol: 'dlt645-2007',
          toldBy: null,
          source: 'report',
          receivedAt: clock.now(),
        },
        civil,
      ),
    )
    await db.transaction((tx) => deviceEvents.store(records, tx))
  }

  function penOf(point: number, meter: MeterId): Pen {
    const registers = new Map<ItemCode, number>()
    const write = (
      at: Instant,
      code: ItemCode,
      value: number,
      scale: number,
      dataClass: StoredReading['dataClass'],
    ) =>
      kept.push({
        ...{ meterId: meter, item: code, dataClass, measuredAt: at, receivedAt: at },
        value: { kind: 'number', digits: Math.round(value * 10 ** scale), scale },
        ...{ timeSource: 'meter', source: 'poll', quality: 'good' },
      })
    return {
      point,
      meter,
      used(nth, kWh, register = '1.8.0') {
        let value = registers.get(register) ?? 100
        for (const [index, energy] of kWh.entries()) {
          if (index === 0) write(civil.startOf(dayOf(nth)), register, value, 2, 'daily')
          value += energy
          write(civil.startOf(dayOf(nth + index + 1)), register, value, 2, 'daily')
        }
        registers.set(register, value)
      },
      said(nth, hour, samples, everyMinutes = 15) {
        let value = registers.get('1.8.0') ?? 100
        for (const [index, one] of samples.entries()) {
          const at = instant(
            civil.startOf(dayOf(nth)) + hours(hour) + index * minutes(everyMinutes),
          )
          const say = (code: ItemCode | undefined, amount: number | undefined, scale: number) => {
            if (code !== undefined && amount !== undefined) {
              write(at, code, amount, scale, 'interval')
            }
          }
          for (const [name, scale] of [
            ['u', 1] as const,
            ['i', 3] as const,
            ['phases', 4] as const,
          ])
            for (const [phase, code] of (item[name] ?? []).entries())
              say(code, one[name]?.[phase], scale)
          say('16.7.0', one.p, 4)
          say('13.7.0', one.pf, 3)
          say('91.7.0', one.neutral, 3)
          if (one.step !== undefined) {
            value += one.step
            say('1.8.0', value, 4)
          }
        }
      },
      event: (nth, code, hour = 10) =>
        void events.push({ meter, code, at: civil.startOf(dayOf(nth)) + hours(hour) }),
      clock: (minutesOff) => void offsets.set(meter, minutesOff),
      shows: (register = '1.8.0') => registers.get(register) ?? 100,
      jump: (kWh, register = '1.8.0') =>
        void registers.set(register, (registers.get(register) ?? 100) + kWh),
    }
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>
