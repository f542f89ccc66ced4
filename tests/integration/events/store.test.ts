import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DeviceEvent } from '#protocols/model'
import { civilTime, idOf, instant } from '#src/core'
import { createDeviceEvents, type DeviceEventStore, eventRecord, type Telling } from '#src/events'
import { migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
let database: TestDatabase
let store: DeviceEventStore
beforeAll(async () => {
  database = await migratedDatabase()
  store = createDeviceEvents(database.db, civil)
  await database.db.query(
    `insert into channel (name, kind, settings) values ('one', 'dialin', '{"identity": "1001"}')`,
  )
  await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
  await database.db.query(
    `insert into meter (address, protocol, channel_id) values
       ('000000000001', 'dlt645-2007', 1), ('1001/2', 'gdw376', 1)`,
  )
})
afterAll(() => database.close())

const ofMeter: Telling = {
  device: { meterId: idOf(1), concentratorId: null },
  protocol: 'dlt645-2007',
  toldBy: null,
  source: 'pull',
  receivedAt: instant(Date.parse('2026-11-22T00:00:00Z')),
}
const atMs = (seconds: number) => Date.parse('2026-11-20T00:00:00Z') + 1_000 * seconds
const stamp = (seconds: number | null) =>
  seconds === null ? null : ({ kind: 'epoch', ms: atMs(seconds) } as const)

function event(raised: number | null, cleared: number | null, more: Partial<DeviceEvent> = {}) {
  const plain: DeviceEvent = {
    code: 'voltage-loss',
    eventId: '0301',
    series: '0301',
    phase: 'A',
    of: null,
    raisedAt: stamp(raised),
    clearedAt: stamp(cleared),
    sequence: null,
    place: null,
    details: [{ name: 'start', value: 'x', unit: '' }],
    raw: 'AABB',
  }
  return { ...plain, ...more }
}

const put = (events: readonly DeviceEvent[], telling: Telling = ofMeter) =>
  database.db.transaction((tx) =>
    store.store(
      events.map((one) => eventRecord(one, telling, civil)),
      tx,
    ),
  )

const rows = async (series: string) =>
  (
    await database.db.query<{ raised: string | null; cleared: string | null; open: boolean }>(
      `select to_char(raised_at, 'SSSS') as raised, to_char(cleared_at, 'SSSS') as cleared,
         is_span and raised_at is not null and cleared_at is null and not superseded as open
       from device_event where series = $1 order by at, id`,
      [series],
    )
  ).map(({ raised, cleared, open }) => `${raised ?? '?'}-${cleared ?? (open ? 'open' : '')}`)

describe('the store of device events', () => {
  test('joins a beginning and the end that comes later into one row', async () => {
    const low = { code: 'under-voltage' } as const
    await put([event(100, null, low)])
    expect(await rows('0301')).toEqual(['100-open'])
    const open = { open: true, code: 'under-voltage' }
    expect(await store.list(open, null, 10)).toHaveLength(1)
    await put([event(100, 160, low)])
    expect(await rows('0301')).toEqual(['100-160'])
    expect(await store.list(open, null, 10)).toEqual([])
  })

  test('joins an end that came before its beginning', async () => {
    const more = { series: 'ERC10/1', eventId: 'ERC10', code: 'phase-loss' } as const
    await put([event(null, 200, more)])
    await put([event(150, null, more)])
    expect(await rows('ERC10/1')).toEqual(['150-200'])
  })

  test('knows of each series what was told last, and what is open', async () => {
    const more = { series: '0302', eventId: '0302' }
    await put([event(10, null, { ...more, sequence: 1 }), event(20, 30, { ...more, sequence: 2 })])
    const known = (await store.knownOf([idOf(1)])).get(idOf(1)) ?? []
    expect(known.filter(({ series }) => series === '0302')).toEqual([
      {
        series: '0302',
        phase: 'A',
        sequence: 2,
        at: civil.toWall(instant(atMs(30))),
        isOpen: false,
      },
    ])
  })

  test('knows what a terminal told of others, by its numbers', async () => {
    const telling: Telling = {
      ...ofMeter,
      device: { meterId: idOf(2), concentratorId: null },
      protocol: 'gdw376',
      toldBy: 'gdw376 1001',
    }
    const more = { series: 'ERC9/1', eventId: 'ERC9' }
    await put([event(60, null, { ...more, sequence: 4 })], telling)
    await put([event(null, 120, { ...more, sequence: 5 })], telling)
    const [last] = await store.knownFrom('gdw376 1001')
    expect(last).toMatchObject({ series: 'ERC9/1', sequence: 5, isOpen: false })
  })

  test('drops an event of a device that is gone, and stores the others', async () => {
    const gone = { ...ofMeter, device: { meterId: idOf<'meter'>(99), concentratorId: null } }
    await put([event(5, null, { series: 'x' })], gone)
    await put([event(6, null, { series: 'x' })])
    expect(await rows('x')).toEqual(['6-open'])
  })

  test('comes to the same rows in any order and pieces', async () => {
    let nth = 0
    const told = fc.record({
      raised: fc.option(fc.integer({ min: 1, max: 6 })),
      cleared: fc.option(fc.integer({ min: 1, max: 6 })),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (all, seed) => {
          const whole = `s${nth++}`
          const pieces = `s${nth++}`
          const events = (series: string) =>
            all.map(({ raised, cleared }) => event(raised, cleared, { series }))
          await put(events(whole))
          const shuffled = events(pieces)
            .map((one, index) => ({ one, key: (seed * (index + 7)) % 101 }))
            .sort((a, b) => a.key - b.key)
          for (const { one } of shuffled) await put([one, one])
          expect((await rows(pieces)).sort()).toEqual((await rows(whole)).sort())
        },
      ),
      { numRuns: 10 },
    )
  })
})
