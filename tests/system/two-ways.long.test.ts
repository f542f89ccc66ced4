import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { meterOf, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { PASSWORD, startWorld, type World } from './world.ts'

const SEED = 91
const METER = '330120009101'

interface ChannelView {
  readonly id: number
  readonly name: string
  readonly used: string
  readonly backup: unknown
  readonly pools: readonly string[]
}

describe(`a terminal that is reached two ways, seed ${SEED}`, () => {
  const face = () => dlt645Face([meterOf(METER, SEED)])
  let database: TestDatabase
  let world: World
  let fibre: PlayedServer
  let mobile: PlayedServer

  beforeAll(async () => {
    database = await migratedDatabase()
    fibre = await playServer(face(), systemClock)
    mobile = await playServer(face(), systemClock)
    world = await startWorld({
      db: database.db,
      clock: clockFrom(beginning, 60),
      cycleSeconds: 60,
      seed: async (registry) => {
        const entered = await registry.importArchive([
          rowOf(1, METER, tcpBus('fibre-1', fibre.port)),
        ])
        expect(entered.ok).toBe(true)
      },
    })
  })

  afterAll(async () => {
    await world?.stop()
    await fibre?.stop()
    await mobile?.stop()
    await database?.close()
  })

  const hes = (...argv: readonly string[]) =>
    startHes(['channel', ...argv, '--server', world.api.url], {
      HES_USERNAME: 'admin',
      HES_PASSWORD: PASSWORD,
    }).ended
  const channel = async () => {
    const { items } = await world.api.get<PageView<ChannelView>>('/api/v1/channels')
    const [first] = items
    if (!first) throw new Error('there is a channel')
    return first
  }

  it('goes over the second while the first is cut, back when it is mended, and says so', async () => {
    const { id } = await channel()
    const backup = { kind: 'tcp', settings: `host=127.0.0.1;port=${mobile.port}` }
    const refused = await world.api.send<{ detail: string }>(
      'PUT',
      `/api/v1/channels/${id}/backup`,
      { ...backup, settings: 'host=127.0.0.1' },
    )
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      'a channel of kind tcp needs port (a number from 1 to 65535)',
    ])
    const set = await world.api.send('PUT', `/api/v1/channels/${id}/backup`, backup)
    expect(set.status).toBe(200)
    await until('a reading over the first way', () => fibre.heard.length > 0)
    expect(await channel()).toMatchObject({ used: 'primary', backup: { kind: 'tcp' } })
    const { port } = fibre
    await fibre.stop()
    await until('a reading over the second way', () => mobile.heard.length > 0)
    await until('the change', async () => (await channel()).used === 'backup')
    fibre = await playServer(face(), systemClock, port)
    await until('the way back', async () => (await channel()).used === 'primary')
    await until('a reading over the first way again', () => fibre.heard.length > 0)
    const path = `/api/v1/channels/${id}/changes`
    const { items } = await world.api.get<PageView<{ used: string; reason: string }>>(path)
    expect(items.map(({ used, reason }) => [used, reason])).toEqual([
      ['primary', 'recovered'],
      ['backup', 'transport.refused'],
    ])
    const changed = await hes('changes', String(id), '--json')
    expect(JSON.parse(changed.stdout).items).toEqual(items)
    const all = await world.api.get<PageView<unknown>>('/api/v1/channels/changes?limit=1')
    expect(all.items).toEqual(items.slice(0, 1))
    expect((await world.api.send('DELETE', `/api/v1/channels/${id}/backup`)).status).toBe(200)
    expect(await channel()).toMatchObject({ used: 'primary', backup: null })
    expect((await world.api.send('DELETE', '/api/v1/channels/999/backup')).status).toBe(404)
  })

  it('shares a pool with other channels, under a limit that can be changed', async () => {
    const path = '/api/v1/permit-pools/cell-17'
    const pool = { kind: 'cell', visitsMax: 3, channels: ['fibre-1'] }
    const unknown = await world.api.send<{ detail: string }>('PUT', path, {
      ...pool,
      channels: ['fibre-1', 'fibre-9'],
    })
    expect([unknown.status, unknown.body.detail]).toEqual([
      404,
      'There is no channel fibre-9; nothing was changed.',
    ])
    expect((await world.api.send('PUT', path, pool)).body).toEqual({ name: 'cell-17', ...pool })
    expect((await channel()).pools).toEqual(['cell-17'])
    const { items } = await world.api.get<PageView<unknown>>('/api/v1/permit-pools')
    expect(items).toEqual([{ name: 'cell-17', ...pool }])
    const heard = fibre.heard.length
    await until('a reading under the limit', () => fibre.heard.length > heard)
    const id = String((await channel()).id)
    const ls = await hes('ls')
    expect(ls.stdout, ls.stderr).toMatch(
      /1 +fibre-1 +tcp host=127\.0\.0\.1;port=\d+ +primary +cell-17/,
    )
    const wider = await hes(
      'pool',
      'cell-17',
      '--kind',
      'cell',
      '--visits',
      '9',
      '--channels',
      'fibre-1',
    )
    expect([wider.exit, wider.stderr]).toEqual([0, ''])
    expect((await hes('backup', id, 'tcp', 'host=x')).stderr).toContain('needs port')
    expect((await world.api.send('DELETE', path)).status).toBe(200)
    expect((await world.api.send('DELETE', path)).status).toBe(404)
    expect((await channel()).pools).toEqual([])
  })
})
