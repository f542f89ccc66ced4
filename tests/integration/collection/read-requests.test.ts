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
    await requests.start(request.id, [meter(1)])
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
    await requests.start(request.id, [meter(1)])
    await requests.record(request.id, [answer(1, '1.8.0', '1.00')])
    const [first] = await createReadRequests(database.db).unfinished()
    expect(first).toMatchObject({ id: request.id, state: 'running' })
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
})
