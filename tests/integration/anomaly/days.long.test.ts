import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { ManualClock } from '#tests/support'
import { dayOf, morningAfter, openStage, type Point, type Stage } from './stage.ts'

const steady = (days: number, kWh = 10) =>
  // Never the same twice, and never far from it.
  Array.from({ length: days }, (_, nth) => kWh + ((nth * 7) % 5) / 10)

const old = { isOld: true }

describe('rules over days and what devices tell', { shuffle: false }, () => {
  let stage: Stage
  let here: Point
  const told = async (of: Point, code: string) =>
    (
      await stage.db.query<{ date: string }>(
        `select business_date as date from anomaly_day
         where usage_point_id = $1 and code = $2 and is_hit order by 1`,
        [of.point, code],
      )
    ).map(({ date }) => date)

  beforeAll(async () => {
    stage = await openStage()
    here = await stage.point('here', { area: 'A1', capacity: 10 })
    await stage.used(here, 0, steady(30), old)
    await stage.follow(29)
  })
  afterAll(() => stage.database.close())

  it('find nothing in steady use', async () => {
    expect(await stage.raised(here)).toEqual([])
  })

  it('raise zero use on its third day, and clear it with the first kWh', async () => {
    await stage.used(here, 30, [0, 0])
    await stage.follow(31)
    expect(await stage.raised(here)).not.toContain('zero-use')
    await stage.used(here, 32, 0)
    await stage.follow(32)
    expect(await stage.raised(here)).toContain('zero-use')
    const [found] = await stage.anomalies.list({ code: 'zero-use' }, null, 1)
    expect(found).toMatchObject({ beganOn: dayOf(30), lastOn: dayOf(32), days: 3 })
    expect(Number(found?.energy)).toBeGreaterThan(29e6)
    await stage.used(here, 33, 10)
    await stage.follow(33)
    expect(await stage.raised(here)).not.toContain('zero-use')
  })

  it('change nothing when they run again', async () => {
    const all = async () =>
      JSON.stringify(
        await stage.db.query('select to_jsonb(a)::text as one from anomaly a order by id', []),
      )
    const before = await all()
    await stage.db.query(
      `insert into usage_change (usage_point_id, business_date, changed_at)
       select usage_point_id, business_date, '2026-01-01T00:00Z' from usage_day
       where business_date >= $1::date`,
      [dayOf(30)],
    )
    await stage.follow(33)
    expect(await all()).toBe(before)
  })

  it('withdraw what a late value takes away', async () => {
    const other = await stage.point('late')
    await stage.used(other, 0, steady(20), old)
    await stage.used(other, 20, [0, 0, 0])
    await stage.follow(33)
    expect(await stage.raised(other)).toContain('zero-use')
    await stage.used(other, 21, 9)
    await stage.used(other, 20, 9)
    await stage.used(other, 22, 9)
    await stage.follow(33)
    expect(await stage.raised(other)).not.toContain('zero-use')
    const [found] = await stage.anomalies.list(
      { states: ['cleared'], code: 'zero-use', usagePointId: other.point },
      null,
      1,
    )
    expect(found?.evidence).toMatchObject({ withdrawn: true })
  })

  it('tell reverse energy without a contract from that of a source', async () => {
    const [thief, source] = [
      await stage.point('feeds', {}),
      await stage.point('source', { generates: true }),
    ]
    for (const one of [thief, source]) await stage.used(one, 30, 5, { back: 0.2 })
    await stage.used(here, 34, 10, { back: 0.09 })
    await stage.follow(34)
    expect(await told(thief, 'reverse-without-contract')).toEqual([dayOf(30)])
    expect(await told(source, 'reverse-without-contract')).toEqual([])
    expect(await told(here, 'reverse-without-contract')).toEqual([])
  })

  it('know the contract: demand over it, and never a fifth of it', async () => {
    const [over, under] = [
      await stage.point('over', { capacity: 5 }),
      await stage.point('under', { capacity: 50 }),
    ]
    // Nobody measures reactive energy here: 9 kW are 10 kVA.
    await stage.used(over, 30, 40, { peak: 4_510 })
    await stage.used(under, 30, 40, { peak: 8_990 })
    await stage.used(here, 35, 40, { peak: 8_990 })
    await stage.follow(35)
    expect(await told(over, 'demand-over-contract')).toEqual([dayOf(30)])
    expect(await told(under, 'demand-over-contract')).toEqual([])
    expect(await told(under, 'over-contracted')).toEqual([dayOf(30)])
    expect(await told(here, 'demand-over-contract')).toEqual([])
    // One day is none yet.
    expect(await stage.raised(under)).not.toContain('over-contracted')
  })

  it('see a night without a base, the same value again, and estimates', async () => {
    const one = await stage.point('odd')
    for (let nth = 10; nth < 30; nth += 1)
      await stage.used(one, nth, 8 + (nth % 3), { night: 0.4, isOld: true })
    for (let nth = 30; nth < 34; nth += 1) {
      await stage.used(one, nth, 8, { night: 0, estimated: nth === 33 ? 4.1 : 4 })
    }
    await stage.follow(34)
    expect((await told(one, 'night-base-zero')).length).toBe(4)
    expect((await told(one, 'constant-use')).length).toBe(3)
    expect(await told(one, 'estimated')).toEqual([dayOf(33)])
  })

  it('see a fall against own history and neighbours, and not one that all share', async () => {
    const near: Point[] = []
    for (let nth = 0; nth < 7; nth += 1) near.push(await stage.point(`n${nth}`, { area: 'A2' }))
    for (const [index, one] of near.entries()) {
      await stage.used(one, 5, steady(25, 8 + index), old)
      // All halve on the last day but one; one of them alone on the last.
      await stage.used(one, 30, (8 + index) / 2)
      await stage.used(one, 31, index === 3 ? 3 : 8 + index)
    }
    await stage.follow(31)
    const third = near[3] ?? here
    expect(await told(third, 'use-against-peers')).toEqual([dayOf(31)])
    expect(await told(third, 'use-against-history')).toEqual([dayOf(30), dayOf(31)])
    expect(await told(near[2] ?? here, 'use-against-peers')).toEqual([])
  })

  it('notice silence on its third day', async () => {
    const silent = await stage.point('silent')
    await stage.used(silent, 30, 9)
    await stage.follow(38)
    expect(await told(silent, 'unread')).toContain(dayOf(38))
    expect(await stage.raised(silent)).toContain('unread')
  })

  it('join an opened cover with the fall that followed', async () => {
    const [opened, honest] = [await stage.point('opened'), await stage.point('honest')]
    for (const [one, after] of [
      [opened, 6],
      [honest, 9],
    ] as const) {
      await stage.used(one, 5, steady(20), old)
      await stage.event(one, 25, 'cover-open')
      await stage.used(one, 25, steady(8, after))
    }
    await stage.follow(38)
    expect(await stage.raised(opened)).toContain('cover-open-and-fall')
    expect(await told(honest, 'cover-open-and-fall')).toEqual([])
    expect(await told(honest, 'cover-open')).toEqual([dayOf(25)])
  })

  it('judge a clock by how far it is off', async () => {
    const [far, near] = [await stage.point('far'), await stage.point('close')]
    for (const [one, minutes] of [
      [far, 6],
      [near, 0.9],
    ] as const) {
      await stage.db.query(
        `insert into clock_measurement (measured_at, kind, device_id, offset_ms, uncertainty_ms, source)
         values ($1::timestamptz, 'meter', $2, $3, 100, 'scheduled')`,
        [`${dayOf(30)}T10:00:00+08:00`, one.meter, Math.round(minutes * 60_000)],
      )
      await stage.used(one, 30, 5)
    }
    await stage.follow(38)
    expect(await told(far, 'clock-off-5')).toEqual([dayOf(30)])
    expect(await told(far, 'clock-off')).toEqual([])
    expect(await told(near, 'clock-off')).toEqual([])
  })

  it('are one case of a usage point, which ends with the last of them', async () => {
    const cases = createCases(stage.database.db, new ManualClock())
    const one = await stage.point('case')
    await stage.used(one, 15, steady(15), old)
    await stage.used(one, 30, [0, 0, 0], { back: 1 })
    await stage.follow(38)
    const found = await stage.anomalies.list({ usagePointId: one.point }, null, 10)
    expect(new Set(found.map(({ caseId }) => caseId)).size).toBe(1)
    const id = found[0]?.caseId ?? null
    expect(id).not.toBeNull()
    for (const { id: anomaly } of found) {
      const move = { kind: 'dismiss', reason: 'a test', quietDays: 60 } as const
      const done = await stage.anomalies.move(anomaly, move, 'me', morningAfter(38), async () => {})
      expect(done.ok).toBe(true)
    }
    await stage.follow(38)
    const subject = { kind: 'usage-point' as const, id: found[0]?.usagePointId }
    const all = await cases.list({}, null, 100)
    expect(all.find((work) => work.id === id)?.state).toBe('closed')
    expect(subject.id).toBe(one.point)
  })

  it('stay quiet as long as somebody said', async () => {
    const one = await stage.point('quiet')
    await stage.used(one, 10, steady(16), old)
    await stage.used(one, 26, [0, 0, 0])
    await stage.follow(38)
    const [found] = await stage.anomalies.list(
      { code: 'zero-use', usagePointId: one.point },
      null,
      1,
    )
    const move = { kind: 'dismiss', reason: 'empty', quietDays: 0 } as const
    await stage.anomalies.move(found?.id ?? 0, move, 'me', morningAfter(30), async () => {})
    await stage.used(one, 29, [0, 0, 0])
    await stage.follow(38)
    expect(await stage.raised(one)).not.toContain('zero-use')
    await stage.used(one, 32, [0, 0, 0])
    await stage.follow(38)
    expect(await stage.raised(one)).toContain('zero-use')
  })

  it('follow the newest version of a rule, for the class that it is for', async () => {
    const by = { name: 'me', reason: 'less', now: morningAfter(38) }
    const change = (above: number) => ({
      parameters: { start: [{ of: 'reverse', above }], end: [{ of: 'reverse', below: 0.05 }] },
    })
    const set = (customerClass: 'residential' | null, above: number) =>
      stage.anomalies.setRule(
        'reverse-without-contract',
        customerClass,
        change(above),
        by,
        async () => {},
      )
    expect(await set(null, 9)).toMatchObject({ ok: true, value: { version: 2 } })
    const wrong = { parameters: { start: [{ of: 'weather', above: 1 }], end: [] } }
    expect(
      await stage.anomalies.setRule('zero-use', null, wrong, by, async () => {}),
    ).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    const one = await stage.point('versions')
    await stage.used(one, 30, 5, { back: 2 })
    await stage.follow(38)
    expect(await told(one, 'reverse-without-contract')).toEqual([])
    expect(await set('residential', 1)).toMatchObject({ ok: true, value: { version: 3 } })
    await stage.used(one, 30, 5, { back: 2 })
    await stage.follow(38)
    expect(await told(one, 'reverse-without-contract')).toEqual([dayOf(30)])
  })
})
