import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { civil, dateOf, kWh, openStage, type Stage } from './grid.ts'

const dayOf = (nth: number) => civil.addDays(dateOf('2026-11-10'), nth)
const midnight = (nth: number) => `${dayOf(nth)}T00:00+08:00`

/**
 * Two areas. The meter of `a1` counts 20 kWh too little on day 5; on day 6 the archive hangs `b2`
 * on the wrong area; on day 8 the second area goes to another region.
 */
describe('which losses are worst, and which points made them so', { shuffle: false }, () => {
  let stage: Stage
  let [region, elsewhere, areaA, areaB] = [0, 0, 0, 0]
  const points = new Map<string, number>()
  const usual = { gateA: 100, a1: 50, a2: 44, gateB: 200, b1: 150, b2: 40 }

  const live = async (nth: number, other: Partial<typeof usual> = {}) => {
    for (const [code, kwh] of Object.entries({ ...usual, ...other })) {
      await stage.used(points.get(code) ?? 0, dayOf(nth), kwh)
    }
    await stage.follow(dayOf(nth))
  }
  const ranked = async (
    nth: number,
    by: 'rate' | 'loss',
    order: 'highest' | 'lowest',
    below?: number,
  ) => {
    const filter = { scope: 'area', period: 'day', startsOn: dayOf(nth) } as const
    const rows = await stage.losses.ranking(
      { ...filter, ...(below === undefined ? {} : { below }) },
      ...([by, order, 10] as const),
    )
    return rows.map((row) => `${row.code} ${row.rate} ${row.loss}`)
  }
  const causes = async (area: number, nth: number, days: number) =>
    (await stage.losses.causes('area', area, dayOf(nth), days, 10)).map(
      ({ usagePoint, part, energy, usual: mean, adds, days: counted }) =>
        `${[usagePoint, part, energy, mean, adds].join(' ')} of ${counted}`,
    )

  beforeAll(async () => {
    stage = await openStage()
    region = await stage.node('region', 'R1')
    elsewhere = await stage.node('region', 'R2')
    areaA = await stage.node('area', 'A', region)
    areaB = await stage.node('area', 'B')
    await stage.link(areaB, region, { to: midnight(8) })
    await stage.link(areaB, elsewhere, { from: midnight(8) })
    for (const code of ['gateA', 'a1', 'a2', 'gateB', 'b1']) {
      const role = code.startsWith('gate') ? 'supply' : 'receive'
      const area = ['gateA', 'a1', 'a2'].includes(code) ? areaA : areaB
      points.set(code, await stage.point(code, area, role))
    }
    const b2 = await stage.point('b2', areaB, 'receive', { to: midnight(6) })
    await stage.place(b2, areaA, 'receive', { from: midnight(6) })
    points.set('b2', b2)
    for (let nth = 0; nth < 5; nth += 1) await live(nth)
  })
  afterAll(() => stage.database.close())

  it('are ranked by the rate or by the energy, from either end', async () => {
    expect(await ranked(4, 'rate', 'highest')).toEqual([
      'A 0.060000 6000000',
      'B 0.050000 10000000',
    ])
    expect(await ranked(4, 'loss', 'highest')).toEqual([
      'B 0.050000 10000000',
      'A 0.060000 6000000',
    ])
    expect(await ranked(4, 'rate', 'lowest')).toEqual(['B 0.050000 10000000', 'A 0.060000 6000000'])
  })

  it('are those of a customer whose meter counts less than it did', async () => {
    await live(5, { a1: 30 })
    expect(await ranked(5, 'rate', 'highest')).toEqual([
      'A 0.260000 26000000',
      'B 0.050000 10000000',
    ])
    expect(await causes(areaA, 5, 5)).toEqual([
      `a1 user ${kWh(30)} ${kWh(50)} ${kWh(20)} of 6`,
      `gateA gateway ${kWh(100)} ${kWh(100)} 0 of 6`,
      `a2 user ${kWh(44)} ${kWh(44)} 0 of 6`,
    ])
    const history = await stage.losses.history('area', areaA, 'day', dayOf(3), dayOf(5))
    expect(history.map(({ rate }) => rate)).toEqual(['0.060000', '0.060000', '0.260000'])
  })

  it('are those of a customer whom the archive hangs elsewhere, on both sides', async () => {
    await live(6)
    expect(await ranked(6, 'loss', 'lowest')).toEqual([
      'A -0.340000 -34000000',
      'B 0.250000 50000000',
    ])
    // Four days of 50 and one of 30 are 46 on the mean.
    expect(await causes(areaA, 6, 5)).toEqual([
      `b2 user ${kWh(40)} 0 ${kWh(-40)} of 1`,
      `a1 user ${kWh(50)} ${kWh(46)} ${kWh(-4)} of 6`,
      `gateA gateway ${kWh(100)} ${kWh(100)} 0 of 6`,
      `a2 user ${kWh(44)} ${kWh(44)} 0 of 6`,
    ])
    expect((await causes(areaB, 6, 5))[0]).toBe(`b2 user 0 ${kWh(40)} ${kWh(40)} of 5`)
  })

  it('are of what hung below a node in those days, whenever they were computed', async () => {
    await live(7)
    await live(8)
    // A late value: the day is computed again when the second area is elsewhere.
    await stage.used(points.get('b1') ?? 0, dayOf(4), 151)
    await stage.follow(dayOf(8))
    const codes = async (nth: number, below: number) =>
      (await ranked(nth, 'rate', 'highest', below)).map((text) => text.slice(0, 1))
    expect(await codes(4, region)).toEqual(['A', 'B'])
    expect(await codes(4, elsewhere)).toEqual([])
    expect(await codes(8, region)).toEqual(['A'])
    expect(await codes(8, elsewhere)).toEqual(['B'])
    const listed = await stage.losses.list(
      { scope: 'area', period: 'day', startsOn: dayOf(4), below: region },
      ...([0, 10] as const),
    )
    expect(listed.map(({ code }) => code)).toEqual(['A', 'B'])
  })
})
