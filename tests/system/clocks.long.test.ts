import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face, dlt698Face } from '#simulators/faces'
import { instant } from '#src/core'
import { migratedDatabase, type TestDatabase, temporaryFolder } from '#tests/support'
import type { PageView, ReadView } from './api.ts'
import {
  dialIn,
  meterOf,
  type PlayedCaller,
  type PlayedServer,
  playCaller,
  playServer,
  rowOf,
  tcpBus,
} from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

const SEED = 58
const CALLER = '330100005801'
const METERS = ['330120005801', '330120005802', '330120005803'] as const
const OTHER = '330120005804'
const AHEAD_MS = 130_000
const BEHIND_MS = -100_000

interface ClockView {
  readonly device: string
  readonly address: string
  readonly offsetMs: number | null
}
interface CorrectionView {
  readonly address: string
  readonly how: string
  readonly state: string
  readonly before: { readonly offsetMs: number } | null
  readonly after: { readonly offsetMs: number } | null
}

describe(`clocks, settings and batches over real sockets, seed ${SEED}`, () => {
  // Twenty past noon, far from every hour for as long as this takes.
  const clock = clockFrom(instant(beginning + 5 * 60_000), 5)
  const meters = METERS.map((address) => meterOf(address, SEED))
  const other = meterOf(OTHER, SEED)
  const folder = temporaryFolder()
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller
  let server: PlayedServer

  beforeAll(async () => {
    mkdirSync(join(folder.path, 'secrets'), { recursive: true })
    writeFileSync(
      join(folder.path, 'secrets', 'meter-access.yaml'),
      'default: { password: "02000000", operator: "00000001" }\n',
    )
    database = await migratedDatabase()
    const shown = (at: number, offsetMs: number) => {
      const site = new Date(at + offsetMs + 8 * 3_600_000)
      return {
        year: site.getUTCFullYear(),
        month: site.getUTCMonth() + 1,
        day: site.getUTCDate(),
        hour: site.getUTCHours(),
        minute: site.getUTCMinutes(),
        second: site.getUTCSeconds(),
      }
    }
    // The day before: a meter takes one broadcast a day.
    const yesterday = clock.now() - 86_400_000
    // That of the last is right.
    for (const [at, meter] of meters.entries()) {
      meter.clock.set(shown(yesterday, at < 2 ? AHEAD_MS : 0), yesterday)
    }
    other.clock.set(shown(yesterday, BEHIND_MS), yesterday)
    server = await playServer(dlt698Face(other), clock)
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 3_600,
      env: { HES_DATA_DIR: folder.path },
      seed: async (registry) => {
        const rows = METERS.map((address, index) => rowOf(index + 1, address, dialIn(CALLER)))
        const bus = { ...tcpBus('hall', server.port), protocol: 'dlt698' as const }
        const entered = await registry.importArchive([...rows, rowOf(9, OTHER, bus)])
        expect(entered.ok).toBe(true)
      },
    })
    const port = world.headEnd.ports.dialin ?? 0
    caller = playCaller({ port, identity: CALLER, face: dlt645Face(meters) }, clock)
    await until('the concentrator', async () => caller.online)
  })

  afterAll(async () => {
    await caller?.stop()
    await server?.stop()
    await world?.stop()
    await database?.close()
    folder.remove()
  })

  const clocksOf = () => world.api.get<PageView<ClockView>>('/api/v1/clocks')

  it('measures clocks, corrects them by broadcast and one by one, and proves it', async () => {
    await world.api.send('PUT', '/api/v1/clock-policy', { autoCorrect: true, trustHost: true })
    await until('everybody to be known', async () => (await clocksOf()).items.length === 5)
    const { items } = await clocksOf()
    const devices = items
      .filter(({ address }) => address === METERS[0] || address === OTHER)
      .map(({ device }) => device)
    const asked = await world.api.post('/api/v1/clocks/measure', { devices })
    expect(asked).toMatchObject({ status: 202, body: { devices: 2 } })
    const corrections = () => world.api.get<PageView<CorrectionView>>('/api/v1/clock-corrections')
    await until('both to be corrected', async () => {
      return (await corrections()).items.filter(({ state }) => state === 'done').length === 2
    })
    const done = new Map((await corrections()).items.map((one) => [one.address, one]))
    const first = done.get(METERS[0])
    expect(first?.how).toBe('broadcast')
    expect(Math.abs((first?.before?.offsetMs ?? 0) - AHEAD_MS)).toBeLessThan(20_000)
    expect(Math.abs(first?.after?.offsetMs ?? 99_999)).toBeLessThan(20_000)
    expect(done.get(OTHER)?.how).toBe('own')
    expect(Math.abs((done.get(OTHER)?.before?.offsetMs ?? 0) - BEHIND_MS)).toBeLessThan(20_000)
  })

  it('measures a clock that somebody reads for another reason, with no frame of its own', async () => {
    const { items } =
      await world.api.get<PageView<{ id: number; address: string }>>('/api/v1/meters')
    const meter = items.find(({ address }) => address === METERS[2])?.id ?? 0
    const asked = { devices: [meter], items: ['1.8.0', '0.9.2', '0.9.1'] }
    expect((await world.api.post('/api/v1/reads', asked)).status).toBe(202)
    await until('the measurement', async () => {
      const rows = await database.db.query(
        `select from clock_measurement where source = 'reading' and device_id = $1`,
        [meter],
      )
      return rows.length === 1
    })
  })

  it('writes a setting that is on the list, reads it back, and refuses others', async () => {
    const { items } =
      await world.api.get<PageView<{ id: number; address: string }>>('/api/v1/meters')
    const meter = items.find(({ address }) => address === METERS[1])?.id ?? 0
    const order = { meters: [meter], item: '04000A01', value: '01010000' }
    const made = await world.api.post<{ first: { id: number } }>('/api/v1/parameters', order)
    expect(made.status).toBe(202)
    const writes = () =>
      world.api.get<PageView<{ state: string; after: string | null; endedAt: string | null }>>(
        '/api/v1/parameters',
      )
    await until('the write', async () => typeof (await writes()).items[0]?.endedAt === 'string')
    expect((await writes()).items[0]).toMatchObject({ state: 'done', after: '01010000' })
    const refused = await world.api.post('/api/v1/parameters', { ...order, item: '04000401' })
    expect(refused).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  })

  it('reads the meters of a file, lists the lines that name none, and pages the answers', async () => {
    const file = ['address', ...METERS, OTHER, 'nobody'].join('\n')
    const path = '/api/v1/reads/files?items=1.8.0'
    const refused = await world.api.post(path, file, 'text/csv')
    expect(refused).toMatchObject({ status: 404, body: { errors: [{ name: 'nobody', line: 6 }] } })
    const made = await world.api.post<ReadView>(`${path}&partial=true`, file, 'text/csv')
    expect(made).toMatchObject({ status: 202, body: { meters: 4, progress: { total: 4 } } })
    const { id } = made.body
    const ended = await world.api.get<ReadView>(`/api/v1/reads/${id}?wait=20`)
    expect(ended).toMatchObject({ state: 'done', progress: { answered: 4, percent: 100 } })
    const page = await world.api.get<PageView<unknown>>(`/api/v1/reads/${id}/items?limit=3`)
    expect([page.items.length, page.next === null]).toEqual([3, false])
    const again = await world.api.post(`/api/v1/reads/${id}/cancel`, {})
    expect(again).toMatchObject({ body: { state: 'done', cancelledBy: null } })
  })
})
