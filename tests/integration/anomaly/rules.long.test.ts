import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AFTER, BEGIN, DAYS, steady } from './scene-parts.ts'
import { scenes } from './scenes.ts'
import { openWorld, type Pen, type World } from './world.ts'

/** Judged over weeks of an area, in suspects.long.test.ts. */
const elsewhere = ['theft-suspect']
const codes = Object.keys(scenes)

interface Found {
  readonly id: number
  readonly code: string
  readonly state: string
  readonly score: number
  readonly energy: bigint
  readonly evidence: Readonly<Record<string, unknown>>
  readonly caseId: number | null
}

describe('each rule, from what its meter says to the end of the case', { shuffle: false }, () => {
  let world: World
  const fires = new Map<string, Pen>()
  const spares = new Map<string, Pen>()
  const found = async (pen: Pen | undefined, code: string): Promise<Found[]> =>
    await world.anomalies
      .list({ states: ['open', 'cleared'], usagePointId: pen?.point ?? 0, code }, null, 10)
      .then((all) => [...all])

  beforeAll(async () => {
    world = await openWorld()
    await world.opened(BEGIN - 29)
    for (let nth = 0; nth < 8; nth += 1) {
      const near = await world.pen(`peer${nth}`, { area: 'peers' })
      near.used(BEGIN - 28, steady(28 + DAYS + AFTER, 8 + nth))
    }
    for (const [code, scene] of Object.entries(scenes)) {
      for (const [name, kept] of [
        ['fires', fires],
        ['spares', spares],
      ] as const) {
        const pen = await world.pen(`${code}-${name}`, scene.of)
        kept.set(code, pen)
        scene[name](pen)
      }
    }
    // What is silent is noticed from the second morning on.
    await world.run(BEGIN - 1)
    await world.run(BEGIN + DAYS - 1)
  }, 1_500_000)
  afterAll(() => world.close())

  it('has a scene', async () => {
    const inForce = (await world.anomalies.rules()).map(({ code }) => code)
    expect(codes.concat(elsewhere).toSorted()).toEqual(inForce.toSorted())
  })

  it.each(codes)('%s is raised with evidence, score and what is at stake', async (code) => {
    const scene = scenes[code]
    const rule = (await world.anomalies.rules()).find((one) => one.code === code)
    const [one, ...more] = await found(fires.get(code), code)
    expect(one?.state).toBe('open')
    expect(more).toEqual([])
    expect(one?.score).toBeGreaterThanOrEqual(rule?.baseScore ?? 100)
    expect(one?.score).toBeLessThanOrEqual(100)
    for (const path of scene?.evidence ?? []) {
      expect([path, at(one?.evidence, path)]).not.toEqual([path, undefined])
    }
    expect(Number(one?.energy) > 0).toBe(scene?.stake === true)
  })

  it.each(codes)('%s is not raised close by', async (code) => {
    expect(await found(spares.get(code), code)).toEqual([])
  })

  it.each(codes)(
    '%s is in one case of its usage point, which somebody is told of',
    async (code) => {
      const rule = (await world.anomalies.rules()).find((one) => one.code === code)
      const [one] = await found(fires.get(code), code)
      if (rule?.opensCase === true) expect(one?.caseId).not.toBeNull()
      if (one?.caseId === null || one === undefined) return
      const told = await world.db.query<{ topic: string }>(
        `select topic from message_occasion where reference = 'case/' || $1::int and occasion = 'case.opened'`,
        [one.caseId],
      )
      expect(told).toEqual([{ topic: 'anomaly.point' }])
      const cases = await world.db.query(
        `select from work_case where usage_point_id = $1 and kind = 'anomaly.point'`,
        [fires.get(code)?.point],
      )
      expect(cases.length).toBe(1)
    },
  )

  it('goes on with the day that follows', async () => {
    const steadily = (pen: Pen) => pen.used(BEGIN + DAYS, steady(AFTER))
    for (const [code, { clears = steadily }] of Object.entries(scenes)) {
      for (const kept of [fires, spares]) {
        const pen = kept.get(code)
        if (pen !== undefined) clears(pen)
      }
    }
    await world.run(BEGIN + DAYS + AFTER - 1)
  }, 600_000)

  it.each(codes)('%s is cleared when it is over', async (code) => {
    const [one, ...more] = await found(fires.get(code), code)
    expect([one?.state, more]).toEqual(['cleared', []])
    expect(await found(spares.get(code), code)).toEqual([])
  })

  it('leaves no case of a usage point open of which nothing is raised', async () => {
    const left = await world.db.query(
      `select w.id from work_case w where w.kind = 'anomaly.point' and w.ended_at is null
         and not exists (select from anomaly a where a.usage_point_id = w.usage_point_id
           and a.state in ('open', 'confirmed'))`,
    )
    expect(left).toEqual([])
  })

  it('changes nothing when it is run again', async () => {
    const all = () => world.db.query('select to_jsonb(a)::text as one from anomaly a order by id')
    const before = await all()
    await world.db.query(
      `insert into anomaly_due (usage_point_id, business_date)
       select usage_point_id, business_date from anomaly_day`,
    )
    await world.follow()
    expect(await all()).toEqual(before)
  })
})

function at(value: unknown, path: string): unknown {
  let here: unknown = value
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null) return undefined
    here = Object.entries(here).find(([name]) => name === key)?.[1]
  }
  return here ?? undefined
}
