import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hours, instant } from '#src/core'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const also = async () => {}
type Change = Partial<Parameters<World['validation']['changeRule']>[0]>
const change = async (code: string, { customerClass = null, group = null, ...rest }: Change) => {
  const changed = await world.validation.changeRule(
    { code, customerClass, group, ...rest, reason: 'a try' },
    'admin',
    also,
  )
  if (!changed.ok) throw new Error(changed.error.message)
  return changed.value
}
const freezes = (point: Point, digits: Readonly<Record<number, number>>) =>
  world.readings.store(
    Object.entries(digits).map(([day, value]) => freeze(point, august(Number(day)), value)),
  )
const codesOf = async (point: Point, day: number) =>
  (
    await world.db.query<{ code: string; version: number }>(
      `select code, version from validation_finding where meter_id = $1::int and state = 'open'
         and business_date = date '2026-07-31' + $2::int order by code`,
      [point.meterId, day],
    )
  ).map(({ code, version }) => `${code} ${version}`)

const everything = 'select * from validation_finding where meter_id = $1::int order by id'

/** 90 kWh a day, over a midnight of each of these days, where 60 A and 220 V can give 380. */
const heavy = (point: Point, kWh: number, ...days: readonly number[]) =>
  heavyFrom(point, 1_000, kWh, days)
const heavyFrom = (point: Point, from: number, kWh: number, days: readonly number[]) =>
  freezes(
    point,
    Object.fromEntries(
      days.flatMap((day, nth) => [
        [day, from + nth * (kWh * 100 + 1)],
        [day + 1, from + nth * (kWh * 100 + 1) + kWh * 100],
      ]),
    ),
  )

describe('a rule in versions', { shuffle: false }, () => {
  beforeEach(async () => {
    // What was changed before is undone.
    await world.db.query(`delete from validation_finding`)
    await world.db.query(`delete from register_verdict`)
    await world.db.query(`delete from validation_rule where version > 1`)
    await world.db.query(`update validation_rule set valid_to = null`)
    await world.clock.advance(august(20, 12) - world.clock.now())
  })

  it('judges from its date, and days before it as they were judged', async () => {
    const point = await world.newPoint()
    await heavy(point, 390, 17, 21)
    await change('physical', { parameters: { factor: '2' } })
    await world.clock.advance(hours(24 * 5))
    await world.judge(point, 17, 21)
    expect(await codesOf(point, 17)).toEqual(['physical 1'])
    expect(await codesOf(point, 21)).toEqual([])
    await change('physical', { parameters: { factor: '0.1' } })
    await world.judge(point, 17, 21)
    expect(await codesOf(point, 17)).toEqual(['physical 1'])
    expect(await codesOf(point, 21)).toEqual([])
  })

  it('that is off judges nothing from its date on, and comes back', async () => {
    const point = await world.newPoint()
    await heavy(point, 390, 17, 21, 26)
    await change('physical', { act: 'off' })
    await world.clock.advance(hours(24 * 5))
    await change('physical', { act: 'flag' })
    await world.clock.advance(hours(24 * 5))
    await world.judge(point, 17, 21, 26)
    expect(await codesOf(point, 17)).toEqual(['physical 1'])
    expect(await codesOf(point, 21)).toEqual([])
    expect(await codesOf(point, 26)).toEqual(['physical 3'])
  })

  it('of a class judges that class alone, and a group goes before it', async () => {
    const home = await world.newPoint()
    const works = await world.newPoint({ class: 'industrial' })
    const watched = await world.newPoint({ class: 'industrial' })
    await world.db.query(`insert into meter_group (name) values ('watched')
      on conflict do nothing`)
    await world.db.query(
      `insert into meter_group_meter select id, $1::int from meter_group where name = 'watched'`,
      [watched.meterId],
    )
    for (const point of [home, works, watched]) await heavy(point, 200, 21)
    await change('physical', { customerClass: 'industrial', parameters: { factor: '0.5' } })
    await world.clock.advance(hours(24 * 3))
    const judge = async (...days: readonly number[]) => {
      for (const point of [home, works, watched]) await world.judge(point, ...days)
    }
    await judge(21)
    expect(await codesOf(home, 21)).toEqual([])
    expect(await codesOf(works, 21)).toEqual(['physical 2'])
    expect(await codesOf(watched, 21)).toEqual(['physical 2'])
    for (const point of [home, works, watched]) await heavyFrom(point, 22_000, 200, [25])
    await change('physical', { group: 'watched', act: 'off' })
    await world.clock.advance(hours(24 * 4))
    await judge(21, 25)
    expect(await codesOf(works, 25)).toContain('physical 2')
    expect(await codesOf(watched, 25)).not.toContain('physical 2')
    expect(await codesOf(watched, 21)).toEqual(['physical 2'])
  })

  it('does what its act says to the value', async () => {
    const verdictOf = async (point: Point) =>
      (
        await world.db.query<{ verdict: string }>(
          'select verdict from register_verdict where meter_id = $1::int',
          [point.meterId],
        )
      ).map(({ verdict }) => verdict)
    await change('physical', { act: 'reject' })
    await world.clock.advance(hours(24 * 3))
    const first = await world.newPoint()
    await heavy(first, 390, 21)
    await world.judge(first, 21)
    expect(await verdictOf(first)).toEqual(['rejected'])
    await change('physical', { act: 'flag' })
    await world.clock.advance(hours(24 * 4))
    const second = await world.newPoint()
    await heavy(second, 390, 25)
    await world.judge(second, 25)
    expect(await codesOf(second, 25)).toContain('physical 3')
    expect(await verdictOf(second)).toEqual([])
  })

  it('of the clock is counted in values, and a good clock is none', async () => {
    const point = await world.newPoint()
    const taken = (day: number, quality: 'good' | 'clock-doubtful') =>
      freeze(point, august(day), 1_000 + day, { quality })
    await world.readings.store([
      taken(20, 'good'),
      taken(21, 'good'),
      taken(22, 'clock-doubtful'),
      freeze(point, august(22, 12), 1_023, { quality: 'clock-doubtful', dataClass: 'current' }),
      taken(23, 'clock-doubtful'),
    ])
    await change('clock', { parameters: { valuesMin: 2 } })
    await world.clock.advance(hours(24 * 5))
    await world.judge(point, 20, 21, 22)
    expect(await codesOf(point, 20)).toEqual([])
    // One value of the 21st, two of the 22nd.
    expect(await codesOf(point, 21)).toEqual([])
    expect(await codesOf(point, 22)).toEqual(['clock 2'])
    const [found] = await world.found(point)
    expect(found?.evidence).toMatchObject({ value: 2 })
  })

  it('leaves evidence with whatever it finds', async () => {
    const rows = await world.db.query<{ code: string }>(
      `select distinct code from validation_finding where evidence = '{}'::jsonb
         and code <> 'missing'`,
    )
    expect(rows).toEqual([])
  })
})

describe('a narrow register that rolls over', () => {
  it('is no fall, however much of it a day takes', async () => {
    // Four digits and 150 kWh a day: 98.9 % of the width, then nearly nothing.
    const point = await world.newPoint({ digits: 4 })
    await freezes(point, { 10: 974_000, 11: 989_000, 12: 4_000, 13: 19_000 })
    await world.judge(point, 10, 11, 12)
    expect(await world.codes(point)).toEqual([])
  })

  it('is estimated on both sides of its last digit', async () => {
    const point = await world.newPoint({ digits: 4 })
    await freezes(point, { 9: 950_000, 10: 965_000, 13: 10_000, 14: 25_000 })
    await world.judge(point, 10, 11, 12)
    await world.run()
    const rows = await world.db.query<{ digits: bigint }>(
      `select digits from register_value where meter_id = $1::int and state = 'in-force'
       order by measured_at`,
      [point.meterId],
    )
    expect(rows.map(({ digits }) => digits)).toEqual([980_000n, 995_000n])
  })

  it('is one where the way around is longer than can have flown', async () => {
    const point = await world.newPoint({ digits: 4 })
    await freezes(point, { 10: 484_000, 11: 489_000, 12: 9_000, 13: 24_000 })
    await world.judge(point, 10, 11, 12)
    expect(await world.codes(point)).toContain('negative')
  })
})

describe('a day on which only the transformers were changed', () => {
  const rewired = async (digits: readonly (readonly [number, number, number])[]) => {
    const point = await world.newPoint()
    const noon = new Date(august(5, 12)).toISOString()
    await world.db.query(
      `update installation set valid_to = $2::timestamptz where meter_id = $1::int`,
      [point.meterId, noon],
    )
    await world.db.query(
      `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from)
       values ($1::int, $2::int, 40, 1, 1, 1, $3::timestamptz)`,
      [point.usagePointId, point.meterId, noon],
    )
    await world.readings.store(
      digits.map(([day, hour, value]) =>
        freeze(point, august(day, hour), value, { dataClass: 'interval' }),
      ),
    )
    await world.judge(point, 4, 5, 6)
    return point
  }

  it('has its morning judged like its afternoon', async () => {
    const quarters = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, nth) => [5, from + nth, 1_000 + from + nth] as const)
    const point = await rewired([
      [5, 0, 1_000],
      ...quarters(1, 6),
      [5, 6, 90_000],
      ...quarters(7, 25),
    ])
    const found = (await world.found(point)).filter(({ code }) => code !== 'consecutive')
    expect(found.map(({ code, measured_at }) => [code, measured_at])).toEqual([
      ['spike', august(5, 6)],
    ])
    for (let nth = 0; nth < 40 && (await world.run()).days > 0; nth += 1);
    const before = await world.db.query(everything, [point.meterId])
    await world.judge(point, 4, 5, 6)
    for (let nth = 0; nth < 40 && (await world.run()).days > 0; nth += 1);
    expect(await world.db.query(everything, [point.meterId])).toEqual(before)
  })

  it('keeps what was found in the morning when the afternoon is sound, and settles it when it goes', async () => {
    const point = await rewired([
      [5, 0, 1_000],
      [5, 6, 60_000],
      [5, 18, 60_010],
      [6, 0, 60_020],
    ])
    expect(await world.codes(point)).toContain('physical')
    await world.db.query(
      `delete from reading_curve where meter_id = $1::int and measured_at = $2::timestamptz`,
      [point.meterId, new Date(instant(august(5, 6))).toISOString()],
    )
    await world.judge(point, 5)
    expect(
      (await world.found(point)).filter(({ measured_at }) => measured_at === august(5, 6)),
    ).toEqual([])
  })
})
