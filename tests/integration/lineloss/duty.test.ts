import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { createDuties } from '#src/grid/duty'
import type { LossIndicators } from '#src/lineloss'
import { ManualClock } from '#tests/support'
import { civil, dateOf, openStage, type Stage } from './grid.ts'

const dayOf = (nth: number) => civil.addDays(dateOf('2026-10-28'), nth)

/** What the users of each area took of its 100 kWh, day by day; A's and B's manager is Wang Fang. */
const took: Readonly<Record<string, readonly number[]>> = {
  A: [95, 95, 95, 95, 95, 95],
  B: [95, 95, 70, 70, 95, 95],
  C: [94, 94, 94, 94, 94, 60],
  D: [110, 110, 110, 110, 110, 110],
}

describe('line loss by who is responsible', { shuffle: false }, () => {
  let stage: Stage
  let region: number
  const duties = () => createDuties({ db: stage.database.db, civil })
  const set = async (code: string, name: string, from: number) => {
    const node = { kind: 'area', code } as const
    const person = { name, staffNo: null, phone: '139' }
    const entry = { node, ...person, from: civil.startOf(dayOf(from)), to: null }
    expect(await duties().set(entry, false, 'test', async () => {})).toMatchObject({ ok: true })
  }
  const ofDay = (nth: number) => ({ scope: 'area', period: 'day', startsOn: dayOf(nth) }) as const
  const byManager = async (filter: Parameters<Stage['losses']['indicatorsByManager']>[0]) => {
    const { total, items } = await stage.losses.indicatorsByManager(filter)
    expect(total).toEqual(await stage.losses.indicators(filter))
    for (const name of Object.keys(total) as (keyof LossIndicators)[]) {
      expect(items.reduce((sum, one) => sum + one[name], 0)).toBe(total[name])
    }
    return items.map(
      (one) =>
        `${one.rank ?? '–'} ${one.manager?.name ?? 'nobody'} ${one.qualified}/${one.scopes} ` +
        `high ${one.high} negative ${one.negative} new ${one.newAbnormal} cured ${one.cured}`,
    )
  }

  beforeAll(async () => {
    stage = await openStage()
    region = await stage.node('region', 'R')
    const points = new Map<string, number>()
    for (const code of Object.keys(took)) {
      const area = await stage.node('area', code, code === 'D' ? undefined : region)
      points.set(`${code} gate`, await stage.point(`${code} gate`, area, 'supply'))
      points.set(code, await stage.point(code, area, 'receive'))
    }
    await set('A', 'Wang Fang', -100)
    await set('B', 'Wang Fang', -100)
    await set('C', 'Li Na', -100)
    await set('B', 'Zhao Min', 5)
    for (let nth = 0; nth < 6; nth += 1) {
      for (const [code, days] of Object.entries(took)) {
        await stage.used(points.get(`${code} gate`) ?? 0, dayOf(nth), 100)
        await stage.used(points.get(code) ?? 0, dayOf(nth), days[nth] ?? 0)
      }
      await stage.follow(dayOf(nth))
    }
  })
  afterAll(() => stage.database.close())

  it('adds up to all, the best first, with what nobody answers for last', async () => {
    expect(await byManager(ofDay(2))).toEqual([
      '1 Li Na 1/1 high 0 negative 0 new 0 cured 0',
      '2 Wang Fang 1/2 high 1 negative 0 new 1 cured 0',
      '– nobody 0/1 high 0 negative 1 new 0 cured 0',
    ])
  })

  it('is of who was responsible on the day', async () => {
    expect(await byManager(ofDay(5))).toEqual([
      '1 Wang Fang 1/1 high 0 negative 0 new 0 cured 0',
      '1 Zhao Min 1/1 high 0 negative 0 new 0 cured 1',
      '3 Li Na 0/1 high 1 negative 0 new 1 cured 0',
      '– nobody 0/1 high 0 negative 1 new 0 cured 0',
    ])
    const names = async (nth: number) =>
      (await stage.losses.list(ofDay(nth), 0, 10)).map(
        ({ code, manager }) => `${code} ${manager?.name ?? 'nobody'}`,
      )
    expect(await names(4)).toEqual(['A Wang Fang', 'B Wang Fang', 'C Li Na', 'D nobody'])
    expect(await names(5)).toEqual(['A Wang Fang', 'B Zhao Min', 'C Li Na', 'D nobody'])
  })

  it('is of what hangs below a node, and of a month', async () => {
    expect(await byManager({ ...ofDay(2), below: region })).toHaveLength(2)
    const month = { scope: 'area', period: 'month', startsOn: dayOf(0) } as const
    await byManager(month)
    await byManager({ ...month, scope: 'feeder' })
  })

  it('says with an exception, and with the work about it, whom to ask', async () => {
    const found = await stage.losses.exceptions({ kind: 'high' }, null, 10)
    const told = found.map(({ code, manager }) => `${code} ${manager?.name}`).toSorted()
    expect(told).toEqual(['B Wang Fang', 'C Li Na'])
    const cases = createCases(stage.database.db, new ManualClock())
    const work = await cases.list({}, null, 100)
    const mine = work.find(({ key }) => key.startsWith('line-loss:area:C:'))
    expect(mine?.evidence).toMatchObject({ manager: { name: 'Li Na', phone: '139' } })
  })
})
