import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Batch } from '#src/reading-days'
import { date, openScene, type Scene, told } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.until('2026-10-05 09:00')
})
afterAll(() => scene.database.close())

const receiptOf = (batch: Batch, rejected: { line: number; reason: string }[] = []) => ({
  ...{ rows: batch.rows, totals: batch.totals, rejected },
})

describe('the marketing system', () => {
  async function sent() {
    const [a, b] = [await scene.customer(), await scene.customer()]
    for (const { meter } of [a, b]) {
      await scene.says(meter, '2026-09-05', 1_00)
      await scene.says(meter, '2026-10-05', 5_00)
    }
    const code = scene.nextRoute()
    await scene.route(code, [a, b])
    const { batch } = await scene.run(code)
    if (batch === null) throw new Error('nothing left')
    return { a, b, code, batch }
  }

  test('acknowledges once; what it refuses is due again, whole, and goes to the right account', async () => {
    const { b, code, batch } = await sent()
    const wrong = { ...receiptOf(batch), rows: 1, totals: [{ register: '2.8.0', energy: '1' }] }
    expect(await scene.days.acknowledge(batch.id, wrong, 'test')).toEqual({
      ok: false,
      error: {
        kind: 'mismatch',
        differences: [
          'rows: 2 left, 1 arrived',
          '1.8.0: 8.00 left, nothing arrived',
          '2.8.0: nothing of it left',
        ],
      },
    })
    const receipt = receiptOf(batch, [{ line: 2, reason: 'closed account' }])
    const taken = await scene.days.acknowledge(batch.id, receipt, 'test')
    expect(taken).toMatchObject({ ok: true, value: { state: 'acknowledged', rejected: 1 } })
    expect(await scene.days.acknowledge(batch.id, receipt, 'test')).toEqual(taken)
    expect(await scene.days.acknowledge(batch.id, receiptOf(batch), 'test')).toEqual({
      ok: false,
      error: { kind: 'ended', state: 'acknowledged' },
    })
    expect(await scene.days.withdraw(batch.id, 'late', 'test')).toMatchObject({ ok: false })
    const other = await scene.customer()
    await scene.database.db.query(
      `update account_usage_point set account_id = (select id from account where no = $2)
       where usage_point_id = $1`,
      [b.place, other.account],
    )
    const again = await scene.run(code)
    expect(told(await scene.rowsOf(again))).toEqual([
      `${other.account} 1.8.0 1.00 5.00 1 4.00 remote`,
    ])
  })

  test('does not get what was taken back before it was acknowledged', async () => {
    const { code, batch } = await sent()
    const back = await scene.days.withdraw(batch.id, 'wrong ratio', 'test')
    expect(back).toMatchObject({ ok: true, value: { state: 'withdrawn', reason: 'wrong ratio' } })
    expect(await scene.days.withdraw(batch.id, 'wrong ratio', 'test')).toEqual(back)
    expect(await scene.days.acknowledge(batch.id, receiptOf(batch), 'test')).toMatchObject({
      error: { kind: 'ended', state: 'withdrawn' },
    })
    expect(await scene.run(code)).toMatchObject({ batch: { no: 2, rows: 2 } })
  })

  test('never gets a moment of a usage point twice, also from two routes', async () => {
    const { a, b } = await sent()
    const code = scene.nextRoute()
    await scene.route(code, [a, b], { day: 3, startsOn: date('2026-08-03') })
    const outcome = await scene.run(code)
    expect(outcome).toMatchObject({ batch: null, held: { unread: 2 } })
    await expect(
      scene.database.db.query(
        `insert into reading_day_span (batch_id, usage_point_id, from_at, to_at)
         select batch_id, usage_point_id, from_at + interval '1 day', to_at + interval '1 day'
         from reading_day_span where usage_point_id = $1`,
        [a.place],
      ),
    ).rejects.toThrow(/conflicting|exclusion|reading_day_span_once/)
  })
})
