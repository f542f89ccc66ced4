import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunOutcome } from '#src/reading-days'
import { date, openScene, type Scene, told } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.until('2026-10-05 09:00')
})
afterAll(() => scene.database.close())

const run = (code: string, day?: string) => scene.run(code, day)
const rowsOf = (outcome: RunOutcome) => scene.rowsOf(outcome)

describe('a reading day', () => {
  test('sends both registers of each account with their energy, once', async () => {
    const [a, b] = [await scene.customer(), await scene.customer()]
    await scene.says(a.meter, '2026-09-05', 100_00)
    await scene.says(a.meter, '2026-10-05', 350_25)
    await scene.says(a.meter, '2026-09-05', 40_00, '1.8.1')
    await scene.says(a.meter, '2026-10-05', 90_00, '1.8.1')
    await scene.says(b.meter, '2026-09-05', 0)
    await scene.says(b.meter, '2026-10-05', 12)
    const code = scene.nextRoute()
    await scene.route(code, [b, a])
    const first = await run(code)
    expect(first).toMatchObject({
      date: '2026-10-05',
      held: {},
      batch: { no: 1, points: 2, rows: 3 },
    })
    expect(told(await rowsOf(first))).toEqual([
      `${a.account} 1.8.0 100.00 350.25 1 250.25 remote`,
      `${a.account} 1.8.1 40.00 90.00 1 50.00 remote`,
      `${b.account} 1.8.0 0.00 0.12 1 0.12 remote`,
    ])
    expect(first.batch?.totals).toEqual([
      { register: '1.8.0', rows: 2, energy: '250.37', unit: 'kWh' },
      { register: '1.8.1', rows: 1, energy: '50.00', unit: 'kWh' },
    ])
    expect(await run(code)).toMatchObject({ batch: null, held: {} })
    expect(await scene.days.batches(code, { after: null, limit: 10 })).toHaveLength(1)
  })

  test('has a file that is always the same and has the hash that was told', async () => {
    const one = await scene.customer()
    await scene.says(one.meter, '2026-09-05', 1_00)
    await scene.says(one.meter, '2026-10-05', 2_50)
    const code = scene.nextRoute()
    await scene.route(code, [one], { language: 'zh' })
    const { batch } = await run(code)
    if (batch === null) throw new Error('nothing left')
    const parts: string[] = []
    for await (const part of scene.days.file(batch)) parts.push(part)
    const text = parts.join('')
    expect(createHash('sha256').update(text).digest('hex')).toBe(batch.sha256)
    expect(text.split('\r\n')).toEqual([
      '\uFEFF序号,户号,用电点,表地址,示数类型,上次抄表时间,上次示数,本次抄表时间,本次示数,综合倍率,电量,单位,抄表方式,数据质量,满度归零',
      expect.stringMatching(
        /^1,33\d{8},P\d+,\d{12},1\.8\.0,2026-09-05T00:00:00\+08:00,1\.00,2026-10-05T00:00:00\+08:00,2\.50,1,1\.50,kWh,远程,实测,0$/,
      ),
      '',
    ])
  })

  test('keeps apart what two meters, two ratios and two accounts had of a month', async () => {
    const one = await scene.customer()
    const { place, meter: old } = one
    const swap = scene.at('2026-09-12 10:07')
    await scene.database.db.query(
      `update installation set valid_to = to_timestamp($2::float8 / 1000) where meter_id = $1`,
      [old, swap],
    )
    await scene.database.db.query(
      `insert into installation_register (installation_id, register, closing_digits, closing_scale)
       select id, '1.8.0', 15000, 2 from installation where meter_id = $1`,
      [old],
    )
    const young = await scene.newMeter()
    await scene.install(place, { meter: young, from: swap, ct: [100n, 3n], opening: 7_00 })
    await scene.database.db.query(
      `update account_usage_point set valid_to = to_timestamp($2::float8 / 1000)
       where usage_point_id = $1`,
      [place, scene.at('2026-09-20')],
    )
    await scene.uses(place, '99', scene.at('2026-09-20'))
    await scene.says(old, '2026-09-05', 100_00)
    await scene.says(young, '2026-09-20', 8_00)
    await scene.says(young, '2026-10-05', 10_01)
    const code = scene.nextRoute()
    await scene.route(code, [one])
    expect(told(await rowsOf(await run(code)))).toEqual([
      `${one.account} 1.8.0 100.00 150.00 1 50.00 remote`,
      `${one.account} 1.8.0 7.00 8.00 100/3 33.333333 remote`,
      // Both ends are cut to 10^-6, not their difference.
      '99 1.8.0 8.00 10.01 100/3 67.00 remote',
    ])
  })

  test('brings what was not read when it comes, and nothing else', async () => {
    const [a, b] = [await scene.customer(), await scene.customer()]
    for (const { meter } of [a, b]) await scene.says(meter, '2026-09-05', 1_00)
    await scene.says(a.meter, '2026-10-05', 2_00)
    const code = scene.nextRoute()
    await scene.route(code, [a, b])
    expect(await run(code)).toMatchObject({ batch: { no: 1, points: 1, held: { unread: 1 } } })
    expect(await scene.days.held(code, { after: null, limit: 10 })).toMatchObject([
      { usagePoint: b.code, account: b.account, reason: 'unread', detail: '1.8.0 at the end' },
    ])
    expect(await run(code)).toMatchObject({ batch: null, held: { unread: 1 } })
    await scene.says(b.meter, '2026-10-05', 3_00)
    const second = await run(code)
    expect(second).toMatchObject({ batch: { no: 2, points: 1 }, held: {} })
    expect(told(await rowsOf(second))).toEqual([`${b.account} 1.8.0 1.00 3.00 1 2.00 remote`])
    expect(await scene.days.held(code, { after: null, limit: 10 })).toEqual([])
  })

  test('holds back what has no account, no meter, a doubt, or fell', async () => {
    const [nobody, bare, doubted, fallen] = [
      await scene.customer({ account: false }),
      await scene.customer(),
      await scene.customer(),
      await scene.customer(),
    ]
    const { db } = scene.database
    await db.query(`delete from installation where meter_id = $1`, [bare.meter])
    for (const { meter } of [nobody, doubted, fallen]) {
      await scene.says(meter, '2026-09-05', 50_00)
      await scene.says(meter, '2026-10-05', meter === fallen.meter ? 49_00 : 60_00)
    }
    await db.query(
      `insert into register_verdict (meter_id, register, measured_at, verdict, rule, rule_version,
         decided_by, decided_at)
       values ($1, '1.8.0', to_timestamp($2::float8 / 1000), 'suspect', 'physical', 1, 'hes', now())`,
      [doubted.meter, scene.at('2026-10-05')],
    )
    const code = scene.nextRoute()
    await scene.route(code, [nobody, bare, doubted, fallen])
    const held = { 'no-account': 1, 'no-meter': 1, suspect: 1, fell: 1 }
    expect(await run(code)).toEqual({ route: code, date: '2026-10-05', batch: null, held })
    // Once the archive and people have said more, they leave.
    await scene.uses(nobody.place, '77', scene.at('2026-09-05'))
    await db.query(
      `update register_verdict set verdict = 'accepted', rule = null,
      rule_version = null where meter_id = $1`,
      [doubted.meter],
    )
    const more = await run(code)
    expect(more).toMatchObject({ held: { 'no-meter': 1, fell: 1 }, batch: { points: 2 } })
  })

  test('counts a register that rolled over', async () => {
    const one = await scene.customer()
    await scene.database.db.query(
      `update meter set register_digits = 4, protocol = 'dlt645-2007' where id = $1`,
      [one.meter],
    )
    await scene.says(one.meter, '2026-09-05', 9_990_00)
    await scene.says(one.meter, '2026-09-20', 9_999_00)
    await scene.says(one.meter, '2026-09-21', 3_00)
    await scene.says(one.meter, '2026-10-05', 15_00)
    const code = scene.nextRoute()
    await scene.route(code, [one])
    const rows = await rowsOf(await run(code))
    expect(rows).toMatchObject([{ previous: '9990.00', current: '15.00', energy: '25.00' }])
    expect(rows[0]?.rollOvers).toBe(1)
  })

  test('says a register that a neighbour in time left without, from where it is known', async () => {
    const one = await scene.customer()
    await scene.says(one.meter, '2026-09-05', 1_00)
    await scene.says(one.meter, '2026-09-25', 2_00)
    await scene.says(one.meter, '2026-10-05', 4_00)
    const code = scene.nextRoute()
    await scene.route(code, [one])
    expect(await run(code, '2026-09-25')).toMatchObject({ batch: { rows: 1 } })
    // The rate is told only since then.
    await scene.says(one.meter, '2026-10-05', 9_00, '1.8.1')
    expect(told(await rowsOf(await run(code)))).toEqual([
      `${one.account} 1.8.0 2.00 4.00 1 2.00 remote`,
    ])
  })
})

test('a route that cannot be is refused with what is wrong', async () => {
  const own = await scene.customer()
  const code = scene.nextRoute()
  await scene.route(code, [own])
  const settings = { ...(await scene.days.route(code)) } as never
  const set = (change: object) =>
    scene.days.setRoute({ ...(settings as object), ...change } as never, 'test')
  expect(await set({ group: 'nobody' })).toMatchObject({ error: { kind: 'unknown-group' } })
  expect(await set({ registers: ['32.7.0'] })).toMatchObject({
    error: { kind: 'not-a-register', register: '32.7.0' },
  })
  await scene.says(own.meter, '2026-09-05', 1_00)
  await scene.says(own.meter, '2026-10-05', 2_00)
  await run(code)
  expect(await set({ startsOn: date('2026-08-01') })).toMatchObject({ error: { kind: 'started' } })
  expect(await scene.days.run(code, date('2026-11-05'), 'test')).toMatchObject({
    error: { kind: 'no-such-day', detail: expect.stringContaining('2026-11-05') },
  })
  expect(await scene.days.run(code, date('2026-09-05'), 'test')).toMatchObject({
    error: { kind: 'no-such-day' },
  })
  await scene.days.retireRoute(code, 'test')
  expect(await scene.days.run(code, undefined, 'test')).toMatchObject({
    error: { kind: 'retired' },
  })
  expect(await scene.days.run('none', undefined, 'test')).toMatchObject({
    error: { kind: 'not-found' },
  })
})
