import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createReadRequests,
  type NewReadRequest,
  type ReadRequestId,
  type ReadRequests,
} from '#src/collection'
import { type Instant, idOf, instant, type MeterId } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
let requests: ReadRequests
beforeAll(async () => {
  database = await migratedDatabase()
  requests = createReadRequests(database.db)
  await database.db.query(
    `insert into channel (name, kind, settings) values
       ('one', 'dialin', '{"identity": "1001"}'), ('hall', 'modbus-tcp', '{"host": "a"}')`,
  )
  await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id) values
       ('000000000001', 'dlt645-2007', 1), ('000000000002', 'dlt645-2007', 1), ('7', 'modbus', 2)`,
  )
})
afterAll(() => database.close())

const meter = (id: number): MeterId => idOf(id)

const at = (text: string): Instant => instant(Date.parse(text))

let serial = 0
function newRequest(overrides: Partial<NewReadRequest> = {}): NewReadRequest {
  serial += 1
  const text: string = `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`
  return {
    id: text as ReadRequestId,
    requestedBy: 'admin',
    requestedAt: at('2026-06-01T00:00:00Z'),
    meterIds: [meter(1), meter(2)],
    items: ['32.7.0', '1.8.0'],
    ...overrides,
  }
}

const answeredAt = at('2026-06-01T00:00:05Z')
const tell = (register: string, value: string | null) => ({
  register,
  name: register,
  value,
  unit: 'kWh',
  at: answeredAt,
  flag: value === null ? 'absent' : null,
})
const answer = (id: number, item: string, value: string | null) =>
  ({
    kind: 'answered',
    meterId: meter(id),
    item,
    readings: [tell(item, value)],
    answeredAt,
  }) as const
const failure = (id: number, item: string) =>
  ({
    kind: 'failed',
    meterId: meter(id),
    item,
    code: 'timeout',
    message: 'no answer',
    answeredAt,
  }) as const

describe('an on-demand read', () => {
  test('is followed from request to done', async () => {
    const request = newRequest()
    const created = await requests.create(request)
    expect(created.state).toBe('requested')
    expect(created.items.map(({ meterId, item, state }) => [meterId, item, state])).toEqual([
      [1, '32.7.0', 'waiting'],
      [1, '1.8.0', 'waiting'],
      [2, '32.7.0', 'waiting'],
      [2, '1.8.0', 'waiting'],
    ])
    const taken = await requests.take(request.id, idOf(1), 1, request.requestedAt)
    expect(taken).toEqual([{ meterId: 1, items: ['32.7.0', '1.8.0'] }])
    expect((await requests.get(request.id))?.items.map(({ state }) => state)).toEqual([
      'running',
      'running',
      'waiting',
      'waiting',
    ])
    await requests.record(request.id, [answer(1, '1.8.0', '1.00'), answer(1, '32.7.0', '220.1')])
    expect(await requests.get(request.id)).toMatchObject({ state: 'running', finishedAt: null })
    await requests.record(request.id, [answer(2, '1.8.0', '2.00'), answer(2, '32.7.0', null)])
    expect(await requests.get(request.id)).toMatchObject({
      state: 'done',
      finishedAt: answeredAt,
      items: [{ value: '220.1', unit: 'kWh', at: answeredAt, reason: null }, {}, {}, {}],
    })
  })

  test('keeps every reading of a block, and no single value for it', async () => {
    const request = newRequest({ meterIds: [meter(1)], items: ['0001FF00', '1.8.0', '2.8.0'] })
    await requests.create(request)
    const readings = [tell('1.8.0', '3.00'), tell('1.8.1', '1.00'), tell('1.8.2', null)]
    await requests.record(request.id, [
      { ...answer(1, '0001FF00', null), readings },
      answer(1, '1.8.0', '3.00'),
      failure(1, '2.8.0'),
    ])
    expect((await requests.get(request.id))?.items).toMatchObject([
      { state: 'answered', readings, value: null, unit: null, at: null },
      { state: 'answered', readings: [tell('1.8.0', '3.00')], value: '3.00', unit: 'kWh' },
      { state: 'failed', readings: [], value: null },
    ])
  })

  test('is partial or failed when devices do not answer, and says why', async () => {
    const partial = newRequest({ meterIds: [meter(1)] })
    await requests.create(partial)
    await requests.record(partial.id, [answer(1, '1.8.0', '1.00'), failure(1, '32.7.0')])
    expect(await requests.get(partial.id)).toMatchObject({
      state: 'partial',
      items: [{ state: 'failed', reason: { code: 'timeout', message: 'no answer' } }, {}],
    })
    const failed = newRequest({ meterIds: [meter(1)], items: ['1.8.0'] })
    await requests.create(failed)
    await requests.record(failed.id, [failure(1, '1.8.0')])
    expect(await requests.get(failed.id)).toMatchObject({ state: 'failed' })
  })

  test('is one request however often it is made, and its first answer counts', async () => {
    const request = newRequest({ meterIds: [meter(1)], items: ['1.8.0'] })
    await requests.create(request)
    await requests.record(request.id, [answer(1, '1.8.0', '1.00')])
    await requests.record(request.id, [failure(1, '1.8.0')])
    const again = await requests.create({ ...request, items: ['1.8.0', '2.8.0'] })
    expect(again).toMatchObject({ state: 'done', items: [{ value: '1.00' }] })
    expect(again.items).toHaveLength(1)
  })

  test('is found again after a restart until it has ended', async () => {
    const request = newRequest({ requestedAt: at('2026-05-01T00:00:00Z') })
    await requests.create(request)
    await requests.take(request.id, idOf(1), 1, request.requestedAt)
    await requests.record(request.id, [answer(1, '1.8.0', '1.00')])
    const again = createReadRequests(database.db)
    const [first] = await again.unfinished()
    expect(first).toEqual({ id: request.id, meters: 2, deadline: null })
    // What was being asked when the process died waits again; what was answered does not.
    expect(await again.reopen(request.id)).toEqual([1])
    expect(await again.take(request.id, idOf(1), 9, request.requestedAt)).toEqual([
      { meterId: 1, items: ['32.7.0'] },
      { meterId: 2, items: ['32.7.0', '1.8.0'] },
    ])
    await requests.record(request.id, [
      answer(1, '32.7.0', '1'),
      answer(2, '1.8.0', '1'),
      failure(2, '32.7.0'),
    ])
    expect((await requests.unfinished()).map(({ id }) => id)).not.toContain(request.id)
  })

  test('is unknown under another id, and forgotten after a while', async () => {
    const request = newRequest({ meterIds: [meter(1)], items: ['1.8.0'] })
    expect(await requests.get(request.id)).toBeUndefined()
    await requests.create(request)
    await requests.record(request.id, [answer(1, '1.8.0', '1.00')])
    expect(await requests.retain(instant(answeredAt + 1))).toBeGreaterThan(0)
    expect(await requests.get(request.id)).toBeUndefined()
  })

  test('counts what waits, is asked and has ended, in one row', async () => {
    const request = newRequest({ meterIds: [meter(1), meter(2), meter(3)] })
    await requests.create(request)
    await requests.take(request.id, idOf(1), 1, request.requestedAt)
    await requests.record(request.id, [answer(1, '1.8.0', '1.00'), failure(2, '1.8.0')])
    expect((await requests.get(request.id))?.counts).toEqual({
      total: 6,
      waiting: 3,
      running: 1,
      answered: 1,
      failed: 1,
      cancelled: 0,
    })
  })

  test('is cancelled but for what is in the air, and only once', async () => {
    const request = newRequest()
    await requests.create(request)
    await requests.take(request.id, idOf(1), 1, request.requestedAt)
    expect(await requests.cancel(request.id, 'li', answeredAt)).toBe(true)
    expect(await requests.take(request.id, idOf(1), 9, answeredAt)).toEqual([])
    expect(await requests.get(request.id)).toMatchObject({ state: 'running', cancelledBy: 'li' })
    await requests.record(request.id, [answer(1, '1.8.0', '1'), answer(1, '32.7.0', '2')])
    expect(await requests.cancel(request.id, 'wang', answeredAt)).toBe(false)
    expect(await requests.get(request.id)).toMatchObject({
      state: 'cancelled',
      cancelledBy: 'li',
      counts: { answered: 2, cancelled: 2 },
      items: [{}, {}, { state: 'cancelled', reason: { code: 'read.cancelled' } }, {}],
    })
  })

  test('gives up what waits when its deadline is over', async () => {
    const request = newRequest({ deadline: answeredAt })
    await requests.create(request)
    await requests.record(request.id, [answer(1, '1.8.0', '1')])
    await requests.expire(request.id, answeredAt)
    expect(await requests.get(request.id)).toMatchObject({
      state: 'partial',
      counts: { answered: 1, failed: 3 },
      items: [{ reason: { code: 'read.expired' } }, { state: 'answered' }, {}, {}],
    })
  })

  test('comes by pages, of one state where that is wanted', async () => {
    const request = newRequest()
    await requests.create(request)
    await requests.record(request.id, [answer(1, '1.8.0', '1'), failure(2, '1.8.0')])
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await requests.items(request.id, { limit: 1, ...(cursor && { cursor }) })
      seen.push(...(page?.items.map(({ meterId, item }) => `${meterId} ${item}`) ?? []))
      cursor = page?.next ?? undefined
    } while (cursor)
    expect(seen).toEqual(['1 32.7.0', '1 1.8.0', '2 32.7.0', '2 1.8.0'])
    const failed = await requests.items(request.id, { limit: 9, state: 'failed' })
    expect(failed?.items).toMatchObject([{ meterId: 2, item: '1.8.0' }])
    expect(await requests.items(request.id, { limit: 9, cursor: 'x' })).toBeUndefined()
  })
})

describe('meters named for a read', () => {
  test('are found by id, address, concentrator, area and group, and the others listed', async () => {
    const { db } = database
    await db.query(`insert into transformer (code) values ('T1'), ('T2')`)
    await db.query(`update concentrator set transformer_id = 1`)
    await db.query(`insert into meter_group (name, filter) values
      ('hall', '{"protocol": ["modbus"]}'), ('nobody', null)`)
    const found = await requests.resolve({ devices: [3, '000000000002', 'x', 999_999] })
    expect(found).toEqual({
      ok: true,
      value: {
        meterIds: [3, 2],
        bad: [
          { index: 2, device: 'x', why: 'unknown' },
          { index: 3, device: '999999', why: 'unknown' },
        ],
      },
    })
    const ids = async (sources: Parameters<ReadRequests['resolve']>[0]) => {
      const resolved = await requests.resolve(sources)
      return resolved.ok ? [...resolved.value.meterIds].sort() : resolved.error
    }
    expect(await ids({ concentrator: '1001' })).toEqual([1, 2])
    expect(await ids({ area: 'T1', group: 'hall' })).toEqual([1, 2, 3])
    expect(await ids({ area: 'T2' })).toEqual([])
    expect(await ids({ group: 'nobody' })).toEqual([])
    expect(await ids({ group: 'none' })).toBe('group')
    expect(await ids({ concentrator: '7' })).toBe('concentrator')
  })

  test('are many without a statement for each, and then told by pages', async () => {
    const { db } = database
    await db.query(`insert into channel (name, kind, settings)
      select 'far ' || n, 'dialin', jsonb_build_object('identity', 'f' || n)
      from generate_series(1, 20) n`)
    await db.query(`insert into meter (address, protocol, channel_id)
      select lpad((880000000000 + n)::text, 12, '0'), 'dlt645-2007', 3 + n % 20
      from generate_series(1, 5001) n`)
    const devices = Array.from({ length: 5_001 }, (_, n) => String(880_000_000_001 + n))
    const resolved = await requests.resolve({ devices })
    const meterIds = resolved.ok ? resolved.value.meterIds : []
    const request = newRequest({ meterIds, items: ['1.8.0', '2.8.0'] })
    const created = await requests.create(request)
    expect(created).toMatchObject({ meters: 5_001, counts: { total: 10_002 }, items: [] })
    expect(await requests.reopen(request.id)).toHaveLength(20)
    expect(await requests.take(request.id, idOf(3), 8, request.requestedAt)).toHaveLength(8)
    await requests.cancel(request.id, 'li', answeredAt)
  })
})
