import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { civilTime, hours, type Id, idOf, instant } from '#src/core'
import type { FieldOrder } from '#src/fieldwork'
import { createReadings } from '#src/readings'
import { createRegistry } from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { siteIn } from './site.ts'

let database: TestDatabase
let nth = 0
const civil = civilTime('Asia/Shanghai')
const { signal } = new AbortController()

beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

const site = async () => {
  const made = await siteIn(database.db)
  nth = made.nth
  return made
}

const stepsOf = async ({ orders }: Awaited<ReturnType<typeof site>>, { id }: FieldOrder) =>
  (await orders.steps(id)).map(({ name, state, attempts }) => `${name} ${state} ${attempts}`)

test('a meter is replaced from its order to its verdict', async () => {
  const s = await site()
  const order = await s.replace()
  expect(await s.replace()).toMatchObject({ id: order.id })
  await s.runner().round(signal)
  expect(await s.orders.get(order.id)).toMatchObject({ state: 'waiting', position: 1 })
  expect(await s.orders.report(order.id, s.report, 'li')).toMatchObject({ ok: true })
  expect(await s.carryOn(order)).toMatchObject({
    state: 'done',
    verdict: 'good; closing registers by hand',
  })
  const at = Date.parse(s.report.at)
  expect(await s.archive()).toMatchObject([
    { address: s.old, ct_numerator: 100n, valid_to: at, retired_at: at },
    { address: s.came, ct_numerator: 100n, valid_from: at, valid_to: null },
  ])
  expect([...s.field.points.values()]).toEqual([{ number: 4, point: 4, address: s.came }])
  expect(s.field.moved).toEqual([`4=${s.came}`])
  expect(s.told.map((one) => one.slice(0, 1))).toEqual(['-', '+'])
  const registry = createRegistry(database.db, new ManualClock())
  const asked = await registry.metersOfChannel(idOf(s.channel))
  expect(asked.map(({ address }) => address)).toEqual([s.came])
  expect(await stepsOf(s, order)).toContain('download done 2')
})

test('what was read at the change stands at both ends of it', async () => {
  const s = await site()
  const order = await s.replace()
  await s.runner().round(signal)
  await s.orders.report(order.id, s.report, 'li')
  await s.carryOn(order)
  const readings = createReadings(database.db, civil)
  const latest = await readings.list(s.meter, { limit: 10, register: '1.8.0' })
  expect(latest.ok && latest.value.items).toMatchObject([
    { value: '123.50', at: Date.parse(s.report.at), source: 'import' },
  ])
})

test('whatever dies at any moment, the archive ends as it should and the terminal is told once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }),
      async (deaths) => {
        const s = await site()
        const order = await s.replace()
        await s.runner().round(signal)
        await s.orders.report(order.id, s.report, 'li')
        expect(await s.carryOn(order, deaths)).toMatchObject({ state: 'done' })
        const at = Date.parse(s.report.at)
        expect(await s.archive()).toMatchObject([
          { address: s.old, valid_to: at },
          { address: s.came, valid_from: at, valid_to: null },
        ])
        expect(s.field.moved).toEqual([`4=${s.came}`])
        const readings = createReadings(database.db, civil)
        const found = await readings.list(s.meter, { limit: 10, register: '1.8.0' })
        expect(found.ok && found.value.items).toHaveLength(1)
      },
    ),
    { numRuns: 12 },
  )
})

test('what another process has taken meanwhile is not written a second time', async () => {
  const s = await site()
  const order = await s.replace()
  await s.runner().round(signal)
  await s.orders.report(order.id, s.report, 'li')
  const { db } = database
  let isTaken = false
  const taking: TestDatabase['db'] = {
    ...db,
    kind: db.kind,
    query: (text, values) => db.query(text, values),
    async transaction(work) {
      const begun = await db.query(
        `select 1 as one from field_step
         where order_id = $1::int and name = 'archive' and state = 'begun'`,
        [order.id],
      )
      if (begun.length > 0 && !isTaken) {
        isTaken = true
        await db.query(`update field_order set turn = turn + 1 where id = $1::int`, [order.id])
      }
      return await db.transaction(work)
    },
  }
  await s.runner(taking).round(signal)
  expect(isTaken).toBe(true)
  expect(await s.archive()).toMatchObject([{ address: s.old, valid_to: null }])
  await s.clock.advance(hours(1))
  expect(await s.carryOn(order)).toMatchObject({ state: 'done' })
  expect(await s.archive()).toHaveLength(2)
})

test('a step that breaks is tried again later, and says why', async () => {
  const s = await site()
  const order = await s.replace()
  s.field.bug = new Error('no such thing')
  await s.runner().round(signal)
  expect(await s.orders.get(order.id)).toMatchObject({ state: 'running', position: 0 })
  const [closing] = await s.orders.steps(order.id)
  expect(closing).toMatchObject({ state: 'begun', reason: 'it broke: no such thing' })
  await s.runner().round(signal)
  expect(await stepsOf(s, order)).toEqual(['closing begun 1'])
  await s.clock.advance(hours(1))
  await s.runner().round(signal)
  expect(await stepsOf(s, order)).toContain('closing done 2')
})

test('an old meter that is silent is told of by hand, or the order waits', async () => {
  const s = await site()
  s.field.registers.clear()
  const order = await s.replace()
  await s.runner().round(signal)
  expect(await stepsOf(s, order)).toEqual(['closing waiting 1'])
  const { closing: _, ...bare } = s.report
  expect(await s.orders.report(order.id, bare, 'li')).toMatchObject({ error: { kind: 'wrong' } })
  expect(await s.orders.report(order.id, s.report, 'li')).toMatchObject({ ok: true })
  expect(await s.orders.report(order.id, bare, 'li')).toMatchObject({ error: { kind: 'not-now' } })
  expect(await s.carryOn(order)).toMatchObject({ state: 'done' })
})

test('a register that fell is no closing register', async () => {
  const s = await site()
  const order = await s.replace()
  await s.runner().round(signal)
  const wrong = { ...s.report, closing: [{ register: '1.8.0', value: '100.00' }] }
  await s.orders.report(order.id, wrong, 'li')
  expect(await s.carryOn(order)).toMatchObject({ state: 'failed' })
  expect(await s.archive()).toHaveLength(1)
  const [found] = await s.cases.list({ kind: 'order.failed' }, null, 1)
  expect(found).toMatchObject({ subject: { kind: 'meter', id: s.meter }, state: 'open' })
})

test('a meter that is not the one reported is found by its first reading', async () => {
  const s = await site()
  const order = await s.replace()
  await s.runner().round(signal)
  const other = { ...s.report, opening: [{ register: '1.8.0', value: '5.00' }] }
  await s.orders.report(order.id, other, 'li')
  expect(await s.carryOn(order)).toMatchObject({ state: 'failed' })
  expect((await s.orders.get(order.id))?.verdict).toContain('less than the 5.00')
})

test('an order that hangs is listed and becomes a case, which ends with the step', async () => {
  const s = await site()
  const order = await s.replace()
  await s.runner().round(signal)
  await s.clock.advance(hours(80))
  await s.runner().round(signal)
  const hanging = await s.orders.list({ hangingAt: s.clock.now() }, null, 10)
  expect(hanging.map(({ id }) => id)).toContain(order.id)
  const all = await s.cases.list({ kind: 'order.hanging' }, null, 100)
  const found = all.find(({ evidence }) => evidence.order === order.id)
  expect(found).toMatchObject({ state: 'open', evidence: { order: order.id, step: 'reported' } })
  await s.orders.report(order.id, s.report, 'li')
  await s.carryOn(order)
  expect(found && (await s.cases.get(found.id))).toMatchObject({ state: 'closed' })
})

test('one order at a time is about a meter, and none is cancelled once something was changed', async () => {
  const s = await site()
  const order = await s.replace()
  const second = { key: 'second', kind: 'retire', requestedBy: 'wang' } as const
  const spec = { meter: s.meter, reason: 'the house is gone' }
  expect(await s.orders.order({ ...second, spec })).toMatchObject({ error: { kind: 'not-now' } })
  expect(await s.orders.cancel(order.id, 'a mistake', 'wang')).toMatchObject({ ok: true })
  expect(await s.orders.order({ ...second, spec })).toMatchObject({ ok: true })
  const later = await site()
  const done = await later.replace()
  await later.runner().round(signal)
  await later.orders.report(done.id, later.report, 'li')
  await later.carryOn(done)
  const late = await later.orders.cancel(done.id, 'a mistake', 'wang')
  expect(late).toMatchObject({ error: { kind: 'not-now' } })
})

test('a meter is retired: out of the archive, out of the terminal, and asked no more', async () => {
  const s = await site()
  const ordered = await s.orders.order({
    key: `retire ${nth}`,
    kind: 'retire',
    spec: { meter: s.meter, reason: 'the house is gone' },
    requestedBy: 'wang',
  })
  if (!ordered.ok) throw new Error(ordered.error.message)
  await s.runner().round(signal)
  await s.orders.report(ordered.value.id, { at: s.report.at }, 'li')
  expect(await s.carryOn(ordered.value, [9, 9, 9])).toMatchObject({
    state: 'done',
    verdict: 'good; closing registers read before it was taken away',
  })
  expect(s.field.moved).toEqual(['-4'])
  expect(
    await createRegistry(database.db, new ManualClock()).metersOfChannel(idOf(s.channel)),
  ).toEqual([])
})

test('a meter is installed where none was, in a free place of the terminal', async () => {
  const s = await site()
  const { db } = database
  await db.query(`insert into usage_point (code) values ($1::text)`, [`NEW${nth}`])
  const ordered = await s.orders.order({
    key: `install ${nth}`,
    kind: 'install',
    spec: { usagePoint: `NEW${nth}`, channel: s.channel, reason: 'new supply' },
    requestedBy: 'wang',
  })
  if (!ordered.ok) throw new Error(ordered.error.message)
  const { closing: _, ...report } = { ...s.report, ct: '50/5' }
  await s.orders.report(ordered.value.id, report, 'li')
  expect(await s.carryOn(ordered.value, [12, 7])).toMatchObject({ state: 'done', verdict: 'good' })
  expect(s.field.points.get(1)).toEqual({ number: 1, point: 1, address: s.came })
  const at = Date.parse(s.report.at)
  const [hung] = await createRegistry(db, new ManualClock()).meterInstallations(
    idOf(
      (await createRegistry(db, new ManualClock()).meterByAddress('dlt645-2007', s.came))[0]?.id ??
        0,
    ),
    instant(at),
    instant(at + 1),
  )
  expect(hung).toMatchObject({ ratio: { numerator: 10n, denominator: 1n } })
})

test('a concentrator is replaced, and its meters go on behind the new one', async () => {
  const s = await site()
  const concentrator: Id<'concentrator'> = idOf(s.concentrator)
  const ordered = await s.orders.order({
    key: `move ${nth}`,
    kind: 'move',
    spec: { concentrator, reason: 'lightning' },
    requestedBy: 'wang',
  })
  if (!ordered.ok) throw new Error(ordered.error.message)
  await s.runner().round(signal)
  s.field.points.clear()
  const newConcentrator = `3302-${String(nth).padStart(4, '0')}`
  await s.orders.report(ordered.value.id, { at: s.report.at, newConcentrator }, 'li')
  expect(await s.carryOn(ordered.value, [14, 5])).toMatchObject({ state: 'done', verdict: 'good' })
  expect([...s.field.points.values()]).toEqual([{ number: 4, point: 4, address: s.old }])
  const [meter] = await createRegistry(database.db, new ManualClock()).meterByAddress(
    'dlt645-2007',
    s.old,
  )
  expect(meter).toMatchObject({ concentrator: newConcentrator, id: s.meter })
})
