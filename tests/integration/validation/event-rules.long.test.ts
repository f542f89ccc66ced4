import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { august, freeze, openWorld, type Point, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

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

describe('what a meter tells of itself', () => {
  const tell = (point: Point, code: string, day: number, until: number | null = null) =>
    world.db.query(
      `insert into device_event (meter_id, protocol, event_id, series, code, phase, is_span,
         raised_at, cleared_at, received_at, source, details, raw, at)
       values ($1::int, 'modbus', $2::text, $2::text, $2::text, '', $4::bool, $3::timestamptz,
         $5::timestamptz, $3::timestamptz, 'pull', '{}', '', $3::timestamptz)`,
      [
        point.meterId,
        code,
        new Date(august(day, 10)).toISOString(),
        until !== null,
        until === null ? null : new Date(august(until, 10)).toISOString(),
      ],
    )

  it('is found on its day, also where it is told late, and other events are none', async () => {
    const point = await world.newPoint()
    await freezes(point, { 9: 1_000, 10: 1_100, 11: 1_200, 12: 1_300 })
    await world.judge(point, 9, 10, 11)
    await tell(point, 'programming', 10)
    await world.run()
    expect(await world.codes(point)).toEqual([])
    await tell(point, 'memory-fault', 10)
    await world.run()
    expect(await codesOf(point, 9)).toEqual([])
    expect(await codesOf(point, 10)).toEqual(['event 1'])
    expect(await codesOf(point, 11)).toEqual([])
    const [found] = await world.found(point)
    expect(found?.evidence).toMatchObject({ value: 1, events: ['memory-fault'] })
  })

  it('counts while it lasts', async () => {
    const point = await world.newPoint()
    await freezes(point, { 9: 1_000, 10: 1_100, 11: 1_200, 12: 1_300, 13: 1_400, 14: 1_500 })
    await tell(point, 'metering-chip-fault', 10, 12)
    await world.judge(point, 9, 10, 11, 12, 13)
    for (const [day, codes] of [
      [9, []],
      [10, ['event 1']],
      [11, ['event 1']],
      [12, ['event 1']],
      [13, []],
    ] as const) {
      expect(await codesOf(point, day)).toEqual(codes)
    }
  })
})
