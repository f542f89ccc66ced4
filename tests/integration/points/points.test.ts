import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCases } from '#src/cases'
import { civilTime, type Instant, idOf, instant } from '#src/core'
import {
  createJudge,
  createPoints,
  type Point,
  PointInbox,
  PointKeeper,
  type PointSettings,
  type Points,
} from '#src/points'
import { createReadings, type Readings, type StoredReading } from '#src/readings'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
let database: TestDatabase
let clock: ManualClock
let readings: Readings
let points: Points
let inbox: PointInbox
let keeper: PointKeeper
let names = 0
/** Each test has a meter of its own. */
let meter = 0

beforeAll(async () => {
  database = await migratedDatabase()
  await database.db.query(`insert into channel (name, kind) values ('one', 'mqtt')`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id)
     select lpad(n::text, 12, '0'), 'dlt645-2007', 1 from generate_series(1, 90) as n`,
  )
})
afterAll(() => database.close())
beforeEach(async () => {
  meter++
  clock = new ManualClock()
  readings = createReadings(database.db, civil)
  points = createPoints({ db: database.db, clock, readings, changed: () => {} })
  inbox = new PointInbox(database.db, () => {})
  const cases = createCases(database.db, clock)
  const judge = createJudge({ db: database.db, clock, readings, cases, iso: civil.iso })
  keeper = new PointKeeper({
    judge,
    inbox,
    clock,
    failed(error) {
      throw error
    },
  })
  await inbox.refresh()
})

function settings(given: Partial<PointSettings> = {}): PointSettings {
  names++
  return {
    name: `point ${names}`,
    meterId: idOf(meter),
    item: '32.7.0',
    factor: '1',
    shift: '0',
    unit: 'V',
    lowLow: null,
    low: '198',
    high: '235.4',
    highHigh: '264',
    hysteresis: '1',
    deadband: '0',
    delaySeconds: 0,
    staleSeconds: 900,
    opensCase: false,
    ...given,
  }
}

async function created(given: Partial<PointSettings> = {}): Promise<Point> {
  const outcome = await points.create(settings(given), async () => {})
  if (!outcome.ok) throw new Error(outcome.error.message)
  await keeper.once()
  return outcome.value
}

const ago = (minutes: number) => instant(clock.now() - minutes * 60_000)

function volts(at: Instant, digits: number, of = meter): StoredReading {
  return {
    meterId: idOf(of),
    item: '32.7.0',
    value: { kind: 'number', digits, scale: 1 },
    dataClass: 'current',
    measuredAt: at,
    timeSource: 'meter',
    receivedAt: clock.now(),
    source: 'poll',
    quality: 'good',
  }
}

/** As deliveries are stored: readings and what points make of them together. */
async function store(...batch: readonly StoredReading[]): Promise<void> {
  await database.db.transaction(async (tx) => {
    await readings.store(batch, tx)
    await inbox.store(batch, tx)
  })
}

async function came(...batch: readonly StoredReading[]): Promise<void> {
  await store(...batch)
  await keeper.once()
}

const stateOf = async ({ id }: Point) => await points.get(id)
const levels = async ({ id }: Point) =>
  (await points.alarms(id, null, 100)).map(({ level, clearedAt, withdrawnAt }) =>
    [level, withdrawnAt === null ? (clearedAt === null ? 'open' : 'over') : 'withdrawn'].join(' '),
  )

describe('points', () => {
  test('shows the value that is known when it is made, and what comes', async () => {
    await came(volts(ago(5), 2_301))
    const point = await created()
    expect(await stateOf(point)).toMatchObject({ value: '230.1', level: 'normal', isStale: false })
    await came(volts(ago(1), 2_360))
    expect(await stateOf(point)).toMatchObject({ value: '236', level: 'high', unacknowledged: 1 })
    expect(await levels(point)).toEqual(['high open'])
  })

  test('tells an old value as stale', async () => {
    const point = await created()
    expect(await stateOf(point)).toMatchObject({ value: null, isStale: true })
    await came(volts(ago(14), 2_300))
    expect(await stateOf(point)).toMatchObject({ isStale: false })
    await clock.advance(120_000)
    expect(await stateOf(point)).toMatchObject({ value: '230', isStale: true })
    expect(await points.list({ state: 'stale', meterId: idOf(meter) }, 0, 10)).toHaveLength(1)
    expect(await points.list({ state: 'normal', meterId: idOf(meter) }, 0, 10)).toHaveLength(0)
  })

  test('raises, changes and clears, and remembers each until somebody acknowledged it', async () => {
    const point = await created()
    await came(volts(ago(9), 2_360))
    await came(volts(ago(8), 2_650))
    await came(volts(ago(7), 2_300))
    expect(await levels(point)).toEqual(['high-high over', 'high over'])
    expect(await points.list({ state: 'alarm', meterId: idOf(meter) }, 0, 10)).toEqual([])
    expect(
      await points.list({ state: 'unacknowledged', meterId: idOf(meter) }, 0, 10),
    ).toHaveLength(1)
    expect(await points.acknowledge(point.id, 'li', 'seen', async () => {})).toBe(2)
    expect(await points.list({ state: 'unacknowledged', meterId: idOf(meter) }, 0, 10)).toEqual([])
    const [newest] = await points.alarms(point.id, null, 1)
    expect(newest).toMatchObject({ acknowledgedBy: 'li', note: 'seen' })
  })

  test('waits for a delay by the clock, and takes back what late readings disprove', async () => {
    const point = await created({ delaySeconds: 120 })
    await came(volts(ago(1), 2_400))
    expect(await stateOf(point)).toMatchObject({ level: 'normal' })
    await clock.advance(60_000)
    await keeper.once()
    expect(await stateOf(point)).toMatchObject({ level: 'high' })
    await came(volts(instant(ago(2) + 30_000), 2_300))
    expect(await stateOf(point)).toMatchObject({ level: 'normal' })
    expect(await levels(point)).toEqual(['high withdrawn'])
    expect(await stateOf(point)).toMatchObject({ unacknowledged: 0 })
  })

  test('ends the same in whatever order readings come', async () => {
    const series = [2_300, 2_360, 2_660, 2_360, 2_200, 1_900, 2_200].map((digits, index) =>
      volts(ago(60 - index), digits),
    )
    const sorted = await created({ meterId: idOf(81), delaySeconds: 30 })
    const mixed = await created({ meterId: idOf(82), delaySeconds: 30 })
    const of = (id: number) => series.map((one) => ({ ...one, meterId: idOf<'meter'>(id) }))
    for (const one of of(81)) await came(one)
    const [a, b, c, d, e, f, g] = of(82)
    for (const some of [[c, e], [b], [g], [a, f], [d]]) {
      await came(...some.flatMap((one) => (one === undefined ? [] : [one])))
    }
    const told = async (point: Point) =>
      (await points.alarms(point.id, null, 10))
        .filter(({ withdrawnAt }) => withdrawnAt === null)
        .map(({ level, raisedAt, clearedAt, value }) => [level, raisedAt, clearedAt, value])
        .sort((x, y) => Number(x[1]) - Number(y[1]))
    expect(await told(mixed)).toEqual(await told(sorted))
    expect(await told(sorted)).toHaveLength(4)
    const plain = async (point: Point) => {
      const { level, levelSince, value, measuredAt } = (await stateOf(point)) ?? point
      return { level, levelSince, value, measuredAt }
    }
    expect(await plain(mixed)).toEqual(await plain(sorted))
  })

  test('scales exactly', async () => {
    const point = await created({
      factor: '0.1',
      shift: '-1.5',
      low: null,
      high: null,
      highHigh: '22',
    })
    await came(volts(ago(1), 2_399))
    expect(await stateOf(point)).toMatchObject({ value: '22.49', level: 'high-high' })
  })

  test('begins anew with other limits, by the newest value', async () => {
    const point = await created()
    await came(volts(ago(3), 2_360), volts(ago(2), 2_400))
    expect(await stateOf(point)).toMatchObject({ level: 'high' })
    const lifted = settings({ name: point.name, high: '250' })
    const changed = await points.change(point.id, lifted, async () => {})
    expect(changed.ok).toBe(true)
    await keeper.once()
    expect(await stateOf(point)).toMatchObject({ level: 'normal', value: '240' })
    expect(await levels(point)).toEqual(['high over'])
  })

  test('opens a case where it is asked to, and closes it with the alarm', async () => {
    const point = await created({ opensCase: true })
    const cases = createCases(database.db, clock)
    await came(volts(ago(3), 2_360))
    const [opened] = await cases.list({}, null, 10)
    expect(opened).toMatchObject({ kind: 'point.limit', state: 'open', severity: 'medium' })
    expect(opened?.evidence).toMatchObject({ point: point.name, value: '236', level: 'high' })
    await came(volts(ago(2), 2_300))
    expect((await cases.list({}, null, 10))[0]).toMatchObject({ state: 'closed' })
  })

  test('misses nothing that is stored before it is known to whoever stores', async () => {
    const outcome = await points.create(settings(), async () => {})
    expect(outcome.ok).toBe(true)
    await store(volts(ago(1), 2_400))
    await keeper.once()
    expect(await points.list({ state: 'alarm', meterId: idOf(meter) }, 0, 10)).toHaveLength(1)
  })

  test('does nothing of what a failed transaction stored', async () => {
    const point = await created()
    const failing = database.db.transaction(async (tx) => {
      await inbox.store([volts(ago(1), 2_400)], tx)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await keeper.once()
    expect(await stateOf(point)).toMatchObject({ level: 'normal', value: null })
  })

  test('tells the trend in stretches of time, with values of every table', async () => {
    const point = await created({ factor: '2' })
    await came(volts(ago(60), 2_301), volts(ago(50), 2_305), volts(ago(20), 2_200))
    // More decimals than the column holds: kept elsewhere.
    const fine = {
      ...volts(ago(10), 0),
      value: { kind: 'number', digits: 2_200_001, scale: 4 },
    } as const
    await came(fine)
    const trend = await points.trend(point, ago(60), ago(0), 2)
    expect(
      trend.map(({ min, max, average, last, count }) => [min, max, average, last, count]),
    ).toEqual([
      ['460.2', '461', '460.6', '461', 2],
      ['440', '440.0002', '440.0001', '440.0002', 2],
    ])
    expect(trend[0]).toMatchObject({ start: ago(60), end: ago(30) })
  })

  test.each([
    [{ low: '240' }, 'order'],
    [{ factor: '0' }, 'factor'],
    [{ high: '1e3' }, 'high'],
    [{ hysteresis: '-1' }, 'hysteresis'],
  ])('refuses %j', async (given, word) => {
    const outcome = await points.create(settings(given), async () => {})
    expect(outcome).toMatchObject({ ok: false, error: { kind: 'wrong' } })
    expect(outcome.ok ? '' : outcome.error.message).toContain(word)
  })

  test('has each name once, and only meters that there are', async () => {
    const point = await created()
    expect(await points.create(settings({ name: point.name }), async () => {})).toMatchObject({
      error: { kind: 'name-taken' },
    })
    expect(await points.create(settings({ meterId: idOf(999) }), async () => {})).toMatchObject({
      error: { kind: 'no-meter' },
    })
    expect(await points.remove(point.id, async () => {})).toBe(true)
    expect(await points.remove(point.id, async () => {})).toBe(false)
  })

  test('judges many points in few statements', async () => {
    const many = Array.from({ length: 40 }, (_, n) => settings({ meterId: idOf(n + 41) }))
    for (const one of many) await points.create(one, async () => {})
    await keeper.once()
    await came(...many.map((_, n) => volts(ago(1), 2_400, n + 41)))
    const alarms = await points.list({ state: 'alarm' }, 0, 1_000)
    expect(alarms.filter(({ meterId }) => meterId > 40 && meterId < 81)).toHaveLength(40)
  })
})
