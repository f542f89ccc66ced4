import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kWh, openStage, type Stage } from './grid.ts'

const day = '2026-11-20'

describe('the loss of areas, feeders and what is above them', { shuffle: false }, () => {
  let stage: Stage
  let region: number, feeder: number, area: number, other: number
  let head: number, gateway: number, second: number, source: number, hv: number
  let users: number[]

  beforeAll(async () => {
    stage = await openStage()
    region = await stage.node('region', 'R1')
    const substation = await stage.node('substation', 'S1', region, 110_000)
    const bus = await stage.node('bus', 'B1', substation, 10_000)
    feeder = await stage.node('feeder', 'F1', bus, 10_000)
    area = await stage.node('area', 'A1', feeder, 400)
    other = await stage.node('area', 'A2', feeder, 400)
    head = await stage.point('head', feeder, 'supply')
    hv = await stage.point('factory', feeder, 'receive')
    gateway = await stage.point('gate 1', area, 'supply')
    second = await stage.point('gate 2', other, 'supply')
    users = []
    for (let nth = 0; nth < 4; nth += 1) {
      users.push(await stage.point(`user ${nth}`, nth < 3 ? area : other, 'receive'))
    }
    source = await stage.point('roof', other, 'generation')
  })
  afterAll(() => stage.database.close())

  it('is what went in less what came out of the same day', async () => {
    await stage.used(gateway, day, 100, { back: 0 })
    for (const user of users.slice(0, 3)) await stage.used(user, day, 31)
    await stage.used(second, day, 20, { back: 5 })
    await stage.used(users[3] ?? 0, day, 30, { back: 0 })
    await stage.used(source, day, 1, { back: 17.5 })
    await stage.used(hv, day, 60)
    await stage.used(head, day, 179, { back: 0 })
    await stage.follow(day)

    expect(await stage.of(area, day)).toMatchObject({
      input: kWh(100),
      output: kWh(93),
      loss: kWh(7),
      rate: '0.070000',
      users: { expected: 3, read: 3 },
      gateways: { expected: 1, read: 1 },
      reasons: [],
    })
  })

  it('has a distributed source on the input side, and what goes back taken off', async () => {
    expect(await stage.of(other, day)).toMatchObject({
      supply: kWh(20),
      reverse: kWh(5),
      generation: kWh(17.5),
      sale: kWh(31),
      input: kWh(32.5),
      loss: kWh(1.5),
      rate: '0.046154',
      denominator: 'net',
    })
  })

  it('is of a feeder what its areas and customers of high voltage did not get', async () => {
    expect(await stage.of(feeder, day, 'feeder')).toMatchObject({
      supply: kWh(179),
      passed: kWh(120),
      returned: kWh(5),
      sale: kWh(60),
      loss: kWh(4),
      rate: '0.021739',
      gateways: { expected: 3, read: 3 },
      users: { expected: 1, read: 1 },
    })
  })

  it('is of a region the sum of its parts, and what passes inside is neither in nor out', async () => {
    const whole = await stage.of(region, day, 'region')
    expect(whole).toMatchObject({ supply: kWh(179), passed: 0n, generation: kWh(17.5) })
    expect(whole.loss).toBe(kWh(7 + 1.5 + 4))
    const high = await stage.of(10_000, day, 'voltage')
    expect(high).toMatchObject({
      supply: kWh(179),
      passed: kWh(120),
      loss: kWh(4),
      name: '10000 V',
    })
    const low = await stage.of(400, day, 'voltage')
    expect(low.loss).toBe(kWh(8.5))
  })

  it('is nothing rather than a number while something is missing, and says what', async () => {
    const next = '2026-11-21'
    await stage.used(gateway, next, 100)
    await stage.used(users[0] ?? 0, next, 90)
    await stage.follow(next)
    expect(await stage.of(area, next)).toMatchObject({
      loss: null,
      rate: null,
      reasons: ['users-unread'],
      users: { expected: 3, read: 1 },
    })
    expect((await stage.of(other, next)).reasons).toEqual([
      'gateway-unread',
      'source-unread',
      'users-unread',
    ])
    const members = await stage.losses.members(
      area,
      'day',
      (await stage.of(area, next)).startsOn,
      9,
    )
    expect(members.map(({ usagePoint, part, read }) => [usagePoint, part, read])).toEqual([
      ['user 1', 'user', false],
      ['user 2', 'user', false],
      ['gate 1', 'gateway', true],
      ['user 0', 'user', true],
    ])
  })

  it('follows late data, and computes only what it touches', async () => {
    const next = '2026-11-21'
    for (const user of users.slice(1, 3)) await stage.used(user, next, 2)
    // The area, and every set it is in: the region, the substation, and three levels of voltage.
    expect(await stage.follow(next)).toBe(1 + 2 + 3)
    expect(await stage.of(area, next)).toMatchObject({ loss: kWh(6), reasons: [] })
    expect(await stage.follow(next)).toBe(0)
  })

  it('follows the archive back to when it was otherwise', async () => {
    const [point] = users
    await stage.db.query(
      `update usage_point_place set valid_to = '2026-11-20T00:00+08:00'
       where usage_point_id = $1`,
      [point],
    )
    await stage.place(point ?? 0, other, 'receive', { from: '2026-11-20T00:00+08:00' })
    await stage.follow('2026-11-21')
    expect((await stage.of(area, day)).loss).toBe(kWh(38))
    expect((await stage.of(other, day)).loss).toBe(kWh(1.5 - 31))
    expect((await stage.of(region, day, 'region')).loss).toBe(kWh(12.5))
  })

  it('is not computable on a day on which a point counted at two areas', async () => {
    const date = '2026-11-22'
    const mover = users[1] ?? 0
    await stage.db.query(
      `update usage_point_place set valid_to = '2026-11-22T10:00+08:00'
       where usage_point_id = $1`,
      [mover],
    )
    await stage.place(mover, other, 'receive', { from: '2026-11-22T10:00+08:00' })
    await stage.used(mover, date, 5)
    await stage.follow(date)
    for (const node of [area, other]) {
      expect((await stage.of(node, date)).reasons).toContain('moved')
    }
    expect((await stage.of(area, date)).users.expected).toBe(2)
  })

  it('gives every node of a day an answer, read or not', async () => {
    await stage.follow('2026-11-23')
    expect((await stage.of(feeder, '2026-11-23', 'feeder')).reasons).toContain('gateway-unread')
    const list = await stage.losses.list(
      { scope: 'area', period: 'day', startsOn: (await stage.of(area, '2026-11-23')).startsOn },
      0,
      10,
    )
    expect(list.map(({ code }) => code)).toEqual(['A1', 'A2'])
  })
})
