import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Face } from '#simulators/faces'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase, temporaryFolder } from '#tests/support'
import { type MeterView, metricsOf, type ReadingView } from './api.ts'
import { type PlayedServer, playServer } from './devices.ts'
import { until } from './time.ts'
import { startWorld, type World } from './world.ts'

const columns = 'channel,channel_kind,channel_settings,meter_address,protocol,profile'

/** A gateway whose units hold 123456 hundredths of a kWh in two registers, low one first. */
const gateway: Face = {
  receive(request) {
    const [, , , , , , unit = 0, functionCode = 0, high = 0, low = 0, , count] = request
    const isAsked = functionCode === 4 && high === 0x10 && low === 0x02 && count === 2
    const head = [...request.subarray(0, 4), 0]
    if (!isAsked) return [Uint8Array.of(...head, 3, unit, functionCode | 0x80, 2)]
    return [Uint8Array.of(...head, 7, unit, functionCode, 4, 0xe2, 0x40, 0x00, 0x01)]
  },
  reset() {},
}

const mapOf = (name: string) => `
name: ${name}
functionCode: 4
wordOrder: CDAB
points:
  - { item: 1.8.0, address: 0x1002, type: u32, exponent: -2 }
`

describe('a head-end with register maps in its data directory', () => {
  const folder = temporaryFolder()
  const maps = join(folder.path, 'profiles', 'modbus')
  let database: TestDatabase
  let world: World
  let server: PlayedServer
  /** At the start. */
  let counted: ReadonlyMap<string, number>

  beforeAll(async () => {
    mkdirSync(maps, { recursive: true })
    writeFileSync(join(maps, 'pump.yaml'), mapOf('pump'))
    writeFileSync(join(maps, 'broken.yaml'), 'name: mill\nfunctionCode: 9\n')
    writeFileSync(join(maps, 'clash.yaml'), mapOf('sdm630'))
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock: systemClock,
      cycleSeconds: 1,
      env: { HES_DATA_DIR: folder.path },
    })
    counted = await metricsOf(world.api.url)
    server = await playServer(gateway, systemClock)
  })

  afterAll(async () => {
    await world?.stop()
    await server?.stop()
    await database?.close()
    folder.remove()
  })

  const take = (unit: number, profile: string) => {
    const row = `gateway,modbus-tcp,host=127.0.0.1;port=${server.port},${unit},modbus,${profile}`
    return world.api.post('/api/v1/archive/imports', `${columns}\n${row}\n`, 'text/csv')
  }

  const totalOf = async (unit: number) => {
    const found = await world.api.get<{ items: readonly MeterView[] }>(
      `/api/v1/meters?address=${unit}`,
    )
    const path = `/api/v1/meters/${found.items[0]?.id}/readings?register=1.8.0&limit=1`
    const { items } = await world.api.get<{ items: readonly ReadingView[] }>(path)
    return items[0]?.value
  }

  it('reads a meter by one of them', async () => {
    expect((await take(1, 'pump')).status).toBe(200)
    expect(await until('a reading by the map', () => totalOf(1))).toBe('1234.56')
  })

  it('names every mistake of the files that it does not read, and counts them', async () => {
    const complaints = world.log.filter(({ event }) => event === 'register-map.refused')
    expect(complaints.slice(0, 2)).toMatchObject([
      {
        file: join(maps, 'broken.yaml'),
        mistakes: [
          expect.stringContaining('broken.yaml:1:head:points: there are no points'),
          expect.stringContaining('broken.yaml:2:head:functionCode: must be one of 3, 4'),
        ],
      },
      {
        file: join(maps, 'clash.yaml'),
        mistakes: [expect.stringContaining('sdm630 is a map that the product brings')],
      },
    ])
    expect(world.said.join('\n')).toContain('broken.yaml is not read, 2 mistake(s)')
    expect(counted.get('hes_register_maps{state="known"}')).toBe(1)
    expect(counted.get('hes_register_maps{state="refused"}')).toBe(2)
  })

  it('takes no meter of a map that it does not know', async () => {
    const { status, body } = await take(2, 'mill')
    expect(status).toBe(422)
    expect(JSON.stringify(body)).toMatch(/must be one of sdm630, .*, pump/)
  })

  it('takes in a map that is put there while it runs, with the archive that names it', async () => {
    writeFileSync(
      join(maps, 'lock.json'),
      JSON.stringify({
        name: 'lock',
        functionCode: 4,
        wordOrder: 'CDAB',
        points: [{ item: '1.8.0', address: '0x1002', type: 'u32', exponent: -1 }],
      }),
    )
    expect((await take(3, 'lock')).status).toBe(200)
    expect(await until('a reading by the new map', () => totalOf(3))).toBe('12345.6')
  })

  it('goes on reading by a map whose file was spoilt', async () => {
    writeFileSync(join(maps, 'pump.yaml'), 'name: [')
    expect((await take(4, 'pump')).status).toBe(200)
    expect(await until('a reading by the map of the start', () => totalOf(4))).toBe('1234.56')
  })
})
