import { expect, test } from 'vitest'
import { openScene, told } from './scene.ts'

test('waits for a real value, then sends the estimate, and settles the rest the next time', async () => {
  const own = await openScene()
  const one = await own.customer()
  await own.says(one.meter, '2026-09-05', 100_00)
  await own.estimates(one.meter, '2026-10-05', 160_00)
  await own.route('W', [one])
  const send = async () => {
    const done = await own.days.run('W', undefined, 'test')
    if (!done.ok) throw new Error(done.error.kind)
    const { batch, held } = done.value
    const rows = batch ? await own.days.rows(batch.id, { after: null, limit: 10 }) : []
    return { held, rows: told(rows) }
  }
  await own.until('2026-10-06 09:00')
  expect(await send()).toEqual({ held: { waiting: 1 }, rows: [] })
  await own.until('2026-10-07 08:00')
  const estimated = `${one.account} 1.8.0 100.00 160.00 1 60.00 estimated`
  expect(await send()).toEqual({ held: {}, rows: [estimated] })
  // The real one comes late and was less; even the next is less than what has left.
  await own.says(one.meter, '2026-10-05', 130_00)
  await own.says(one.meter, '2026-11-05', 150_00)
  await own.until('2026-11-05 09:00')
  const back = `${one.account} 1.8.0 160.00 150.00 1 -10.00 remote`
  expect(await send()).toEqual({ held: {}, rows: [back] })
  await own.database.close()
})

test('totals agree with the energy that is kept of the same days', async () => {
  const own = await openScene()
  await own.until('2026-09-25 09:00')
  const [plain, gap] = [await own.customer(), await own.customer()]
  for (let day = 5; day <= 25; day += 1) {
    const name = `2026-09-${String(day).padStart(2, '0')}`
    await own.says(plain.meter, name, day * 1_11)
    if (day !== 15) await own.says(gap.meter, name, day * 2_00)
  }
  await own.metering.rollUp(own.clock.now())
  await own.route('K', [plain, gap], { day: 25 })
  const done = await own.days.run('K', undefined, 'test')
  const id = done.ok ? (done.value.batch?.id ?? 0) : 0
  expect(await own.days.reconcile(id)).toMatchObject({
    totals: [
      {
        ...{ register: '1.8.0', rows: 2, energy: '62.20', unit: 'kWh', compared: 1 },
        ...{ sent: '22.20', kept: '22.20' },
      },
    ],
    differences: [{ account: gap.account, register: '1.8.0', sent: '40.00', kept: null }],
  })
  // A value that comes to count otherwise shows.
  await own.database.db.query(
    `update usage_day set energy = energy + 10000
    where usage_point_id = $1 and business_date = '2026-09-10'`,
    [plain.place],
  )
  expect((await own.days.reconcile(id)).differences).toMatchObject([
    { account: plain.account, sent: '22.20', kept: '22.21' },
    { account: gap.account, kept: null },
  ])
  await own.database.close()
})

test('routes run by themselves at their hour, once a day, and after a process that died', async () => {
  const own = await openScene()
  const one = await own.customer()
  await own.says(one.meter, '2026-09-05', 1_00)
  await own.says(one.meter, '2026-10-05', 2_00)
  await own.route('F', [one])
  const { signal } = new AbortController()
  await own.until('2026-10-05 07:59')
  expect(await own.days.follow(signal)).toEqual([])
  await own.until('2026-10-05 08:00')
  // It dies before it has committed: nothing of the batch is there.
  await expect(
    own.days.run('F', undefined, 'test', async () => {
      throw new Error('killed')
    }),
  ).rejects.toThrow('killed')
  expect(await own.days.batches('F', { after: null, limit: 5 })).toEqual([])
  expect(await own.days.follow(signal)).toMatchObject([{ batch: { no: 1, publishedBy: 'hes' } }])
  expect(await own.days.follow(signal)).toEqual([])
  await own.until('2026-10-06 08:00')
  expect(await own.days.follow(signal)).toMatchObject([{ date: '2026-10-05', batch: null }])
  await own.database.close()
})
