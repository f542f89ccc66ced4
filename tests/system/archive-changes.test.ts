import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { civilTime, systemClock } from '#src/core'
import { createRegistry, parseArchive } from '#src/registry'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { type Api, type MeterView, metricsOf, type ReadingView } from './api.ts'
import { meterOf, type PlayedCaller, type PlayedServer, playCaller, playServer } from './devices.ts'
import { until } from './time.ts'
import { startWorld, type World, ZONE } from './world.ts'

const SEED = 41
const CALLER = '330100004101'
const columns = 'channel,channel_kind,channel_settings,concentrator,meter_address,protocol'

describe(`an archive that changes while the head-end runs, seed ${SEED}`, () => {
  const clock = systemClock
  const face = dlt645Face([meterOf('330120004101', SEED)])
  const bus = dlt645Face([
    meterOf('330120004102', SEED),
    meterOf('330120004103', SEED),
    meterOf('330120004104', SEED),
  ])
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller
  let server: PlayedServer

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock, cycleSeconds: 1 })
    server = await playServer(bus, clock)
    const port = world.headEnd.ports.dialin ?? 0
    caller = playCaller({ port, identity: CALLER, face }, clock)
  })

  afterAll(async () => {
    await caller?.stop()
    await world?.stop()
    await server?.stop()
    await database?.close()
  })

  const take = async (...rows: readonly string[]) => {
    const csv = [columns, ...rows].join('\n')
    const { status } = await world.api.post('/api/v1/archive/imports', csv, 'text/csv')
    expect(status).toBe(200)
  }
  const busRow = (address: string) =>
    `bus,tcp,host=127.0.0.1;port=${server.port},,${address},dlt645-2007`
  const isRead = (address: string, times = 1) => readingsOf(world.api, address, times)

  it('reads meters once they are imported, and leaves channels as they were alone', async () => {
    await take(`,,,${CALLER},330120004101,dlt645-2007`, busRow('330120004102'))
    await until('a reading of both', async () => {
      return (await isRead('330120004101')) && (await isRead('330120004102'))
    })

    const losses = caller.losses
    await take(busRow('330120004103'))
    await until('a reading of the new one', () => isRead('330120004103'))
    await until('more of the old one', () => isRead('330120004102', 3))
    expect(caller.losses).toBe(losses)
    expect((await metricsOf(world.api.url)).get('hes_channels')).toBe(2)
  })

  it('reads meters that another process imported into its database', async () => {
    const csv = [columns, busRow('330120004104')].join('\n')
    const parsed = parseArchive(new TextEncoder().encode(csv), civilTime(ZONE))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const imported = await createRegistry(database.db).importArchive(parsed.value)
    expect(imported).toMatchObject({ ok: true, value: { created: 1 } })
    await until('a reading of the new one', () => isRead('330120004104'))
  })
})

async function readingsOf(api: Api, address: string, times: number): Promise<boolean> {
  const found = await api.get<{ items: readonly MeterView[] }>(`/api/v1/meters?address=${address}`)
  const [meter] = found.items
  if (!meter) return false
  const path = `/api/v1/meters/${meter.id}/readings?register=1.8.0&limit=10`
  const { items } = await api.get<{ items: readonly ReadingView[] }>(path)
  return items.length >= times
}
