import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime, type Instant, idOf, instant, parseBusinessDate, systemClock } from '#src/core'
import { createLineLoss } from '#src/lineloss'
import { createMetering } from '#src/metering'
import { createReadings, type StoredReading } from '#src/readings'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { drawing, type FeederEnergy, flowThrough, NO_LOAD_W } from './loss-feeder.ts'
import { hasFeederData } from './low-voltage-feeder.ts'

const why = 'the feeder and the households lie in ../shared/data, which is not here'
const civil = civilTime('Europe/Berlin')
const dateOf = (text: string) => {
  const date = parseBusinessDate(text)
  if (date === undefined) throw new Error(`no date: ${text}`)
  return date
}
const month = dateOf('2018-11-01')
const DAYS = 30
const PER_DAY = 96
/** The curves begin at 2018-10-29T00:00+01:00. */
const FIRST = 3 * PER_DAY
const GATEWAY_RATIO = 200

/** A register as the meter shows it: cut to its decimals, and rolled over at its width. */
const shown = (kwh: number, scale: number, digits = 12): number =>
  Math.floor(kwh * 10 ** scale + 1e-7) % 10 ** (digits + scale)

describe('the loss of a real feeder with real households', { shuffle: false }, () => {
  let database: TestDatabase
  let energy: FeederEnergy
  let area: number
  const points: number[] = []
  const startOf = (day: number) => civil.startOf(civil.addDays(month, day))

  const one = async (text: string, values: readonly unknown[]): Promise<number> => {
    const [row] = await database.db.query<{ id: number }>(text, values)
    return row?.id ?? 0
  }
  const meter = (name: string, digits: number | null) =>
    one(
      `insert into meter (address, protocol, channel_id, register_digits)
       values ($1, 'modbus', 1, $2) returning id`,
      [name, digits],
    )
  const install = (point: number, hung: number, ratio: number, from: Instant, to?: Instant) =>
    one(
      `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from, valid_to)
       values ($1, $2, $3, 1, 1, 1, to_timestamp($4::float8 / 1000),
         to_timestamp($5::float8 / 1000)) returning id`,
      [point, hung, ratio, from, to ?? null],
    )
  const place = async (name: string, role: string, phase: string) => {
    const point = await one('insert into usage_point (code) values ($1) returning id', [name])
    await database.db.query(
      `insert into usage_point_place (usage_point_id, node_id, role, phase, valid_from)
       values ($1, $2, $3, $4, '2018-01-01T00:00Z')`,
      [point, area, role, phase],
    )
    return point
  }
  const reading = (
    meterId: number,
    at: Instant,
    digits: number,
    scale: number,
    dataClass: 'daily' | 'interval' = 'daily',
  ): StoredReading => ({
    ...{ meterId: idOf(meterId), item: '1.8.0', value: { kind: 'number', digits, scale } },
    ...{ dataClass, measuredAt: at, timeSource: 'meter', receivedAt: instant(at + 60_000) },
    ...{ source: 'poll', quality: 'good' },
  })
  /** kWh until the beginning of a quarter. */
  const until = (curve: Float64Array, quarter: number) =>
    curve.subarray(0, quarter).reduce((sum, kwh) => sum + kwh, 0)

  beforeAll(async () => {
    if (!hasFeederData()) return
    energy = flowThrough(FIRST, DAYS * PER_DAY)
    database = await migratedDatabase()
    await database.db.query(`insert into channel (name, kind) values ('test', 'tcp')`)
    area = await one(
      `insert into grid_node (kind, code, nominal_voltage) values ('area', 'EU', 416) returning id`,
      [],
    )
    await database.db.query(
      `insert into power_transformer (code, node_id, rated_kva, no_load_loss_w, load_loss_w,
         no_load_current_percent, short_circuit_percent, metered_side, valid_from)
       values ('TR1', $1, 800, $2, 3200, 1, 4, 'high', '2018-01-01T00:00Z')`,
      [area, NO_LOAD_W],
    )
    await database.db.query(`update loss_policy set power_factor = 0.95 where scope = 'area'`)
  })
  afterAll(() => database?.close())

  it('is right to 0.1 % of the energy, through swaps, roll-overs and late data', async ({
    skip,
  }) => {
    if (!hasFeederData()) skip(why)
    const { db } = database
    const morning = instant(startOf(DAYS) + 8 * 3_600_000)
    const stored: StoredReading[] = []
    const late: StoredReading[] = []
    const began = startOf(-30)
    const gateway = await place('gateway', 'supply', 'ABC')
    const headMeter = await meter('head', null)
    await install(gateway, headMeter, GATEWAY_RATIO, began)
    for (let day = 0; day <= DAYS; day += 1) {
      const kwh = 4_321.5 + until(energy.head, day * PER_DAY) / GATEWAY_RATIO
      stored.push(reading(headMeter, startOf(day), shown(kwh, 4), 4))
    }
    for (const [nth, curve] of energy.users.entries()) {
      const phase = 'ABC'[energy.feeder.customers[nth]?.phase ?? 0] ?? 'A'
      const point = await place(`household ${nth}`, 'receive', phase)
      points.push(point)
      // A third of the registers roll over within the month.
      const total = until(curve, DAYS * PER_DAY)
      const opening = nth % 3 === 0 ? 999_999.99 - total * ((nth % 7) + 1) * 0.12 : 17.25 * nth
      const first = await meter(`user ${nth}`, 6)
      // Every fifth meter is changed in the middle of a day; what it showed was written down.
      const swapDay = nth % 5 === 0 ? 6 + (nth % 11) : DAYS + 1
      const swapQuarter = swapDay * PER_DAY + 41
      const swapAt = instant(startOf(swapDay) + 41 * 900_000)
      const isSwapped = swapDay <= DAYS
      const own = await install(point, first, 1, began, isSwapped ? swapAt : undefined)
      const second = isSwapped ? await meter(`user ${nth} again`, 6) : first
      if (isSwapped) {
        const next = await install(point, second, 1, swapAt)
        const closing = shown(opening + until(curve, swapQuarter), 2, 6)
        await db.query(
          `insert into installation_register (installation_id, register, opening_digits,
             opening_scale, closing_digits, closing_scale)
           values ($1, '1.8.0', null, null, $3, 2), ($2, '1.8.0', 120, 2, null, null)`,
          [own, next, closing],
        )
      }
      for (let day = 0; day <= DAYS; day += 1) {
        const isSecond = day > swapDay
        const kwh = isSecond
          ? 1.2 + until(curve, day * PER_DAY) - until(curve, swapQuarter)
          : opening + until(curve, day * PER_DAY)
        const row = reading(isSecond ? second : first, startOf(day), shown(kwh, 2, 6), 2)
        // Every fourth meter was silent for three days in a row, and then told what it had kept.
        const isLate = nth % 4 === 1 && day >= 12 && day <= 14
        if (isLate) late.push({ ...row, receivedAt: instant(morning + 30_000) })
        else stored.push(row)
      }
    }
    const readings = createReadings(db, civil)
    const metering = createMetering(db, civil)
    const losses = createLineLoss({ db, civil, cases: createCases(db, systemClock) })
    await readings.store(stored)
    await metering.rollUp(morning)
    await losses.follow(morning)

    const dark = await losses.get('area', area, 'day', civil.addDays(month, 12))
    expect(dark).toMatchObject({ loss: null, reasons: ['users-unread'] })

    await readings.store(late)
    await metering.rollUp(instant(morning + 60_000))
    const again = await losses.follow(instant(morning + 60_000))
    // Four days, the level of voltage beside the area, and both again for the month.
    expect(again).toBeLessThanOrEqual(2 * (5 + 1))

    let worst = 0
    for (let day = 0; day < DAYS; day += 1) {
      const [from, to] = [day * PER_DAY, (day + 1) * PER_DAY]
      const supply = until(energy.head, to) - until(energy.head, from)
      const sale = energy.users.reduce((sum, c) => sum + until(c, to) - until(c, from), 0)
      const found = await losses.get('area', area, 'day', civil.addDays(month, day))
      expect(found?.reasons).toEqual([])
      const off = Math.abs(Number(found?.loss) / 1e6 - (supply - sale)) / supply
      worst = Math.max(worst, off)
    }
    const supply = until(energy.head, DAYS * PER_DAY)
    const sale = energy.users.reduce((sum, c) => sum + until(c, DAYS * PER_DAY), 0)
    const whole = await losses.get('area', area, 'month', month)
    const off = Math.abs(Number(whole?.loss) / 1e6 - (supply - sale)) / supply
    console.log(
      `area loss ${(100 * Number(whole?.rate)).toFixed(3)} % of ${supply.toFixed(0)} kWh in a ` +
        `month (true ${((100 * (supply - sale)) / supply).toFixed(3)} %); off by ` +
        `${(100 * off).toFixed(4)} % of the energy in the month, at most ` +
        `${(100 * worst).toFixed(4)} % in a day`,
    )
    expect(worst).toBeLessThan(0.001)
    expect(off).toBeLessThan(0.001)
  })

  it('is explained by the resistance of its lines and the plate of its transformer', async ({
    skip,
  }) => {
    if (!hasFeederData()) skip(why)
    const { db } = database
    const readings = createReadings(db, civil)
    const losses = createLineLoss({ db, civil, cases: createCases(db, systemClock) })
    const last = DAYS - 3
    const stored: StoredReading[] = []
    for (const [nth, point] of points.entries()) {
      const [hung] = await db.query<{ meter_id: number }>(
        'select meter_id from installation where usage_point_id = $1 and valid_to is null',
        [point],
      )
      const curve = energy.users[nth] ?? new Float64Array()
      const [known] = await db.query<{ digits: bigint }>(
        `select energy_import as digits from reading_daily where meter_id = $1
           and measured_at = to_timestamp($2::float8 / 1000)`,
        [hung?.meter_id, startOf(last)],
      )
      for (let quarter = last * PER_DAY; quarter <= DAYS * PER_DAY; quarter += 1) {
        const kwh =
          Number(known?.digits) / 1e4 + until(curve, quarter) - until(curve, last * PER_DAY)
        const at = instant(startOf(last) + (quarter - last * PER_DAY) * 900_000)
        if (quarter % PER_DAY !== 0) {
          const digits = shown(kwh, 3, 6)
          stored.push(reading(hung?.meter_id ?? 0, at, digits, 3, 'interval'))
        }
      }
    }
    await readings.store(stored)
    const { lines, ends } = drawing()
    const morning = instant(startOf(DAYS) + 9 * 3_600_000)
    const [gateway] = await db.query<{ id: number }>(
      `select id from usage_point where code = 'gateway'`,
    )
    const taps = [
      { usagePointId: gateway?.id ?? 0, end: '1' },
      ...points.map((usagePointId, nth) => ({ usagePointId, end: ends[nth] ?? '' })),
    ]
    const entered = await losses.enterNetwork(
      area,
      { voltage: 416, lines, taps },
      civil.startOf(month),
      async () => {},
    )
    expect(entered.ok).toBe(true)
    await losses.follow(morning)
    const [network] = await db.query<{ equivalent_ohm: string; shape: string }>(
      'select equivalent_ohm, shape from loss_network',
    )
    const whole = await losses.get('area', area, 'month', month)
    const [technical, loss] = [Number(whole?.technical) / 1e6, Number(whole?.loss) / 1e6]
    console.log(
      `technical ${technical.toFixed(1)} kWh of ${loss.toFixed(1)} kWh lost ` +
        `(R ${network?.equivalent_ohm} ohm, K ${network?.shape}); unexplained ` +
        `${((100 * (loss - technical)) / (Number(whole?.input) / 1e6)).toFixed(3)} % of the energy`,
    )
    expect(Math.abs(technical - loss) / (Number(whole?.input) / 1e6)).toBeLessThan(0.002)
  })
})
