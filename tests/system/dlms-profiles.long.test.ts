import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import { hours } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type MeterView, type ReadingView, type ReadView } from './api.ts'
import { endedSlots, LATE, RECEIVED, type SlotRow } from './slots.ts'
import { beginning, clockFrom, until } from './time.ts'
import { registerAt } from './truth.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 62056
describe(`DLMS meters that kept what a head-end missed, seed ${SEED}`, () => {
  const clock = clockFrom(beginning)
  let database: TestDatabase
  let world: World
  let field: Fleet
  let port = 0
  let curve: readonly SlotRow[] = []
  let days: readonly SlotRow[] = []

  const start = async () => {
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 900,
      seed: async (registry, ports) => {
        const groups = [{ kind: 'tcp', protocol: 'dlms', meters: 1, port }]
        field = await startField(scenarioFor(ports, SEED, groups), clock)
        port = Number(field.archive()[0]?.channelSettings.port)
        await enter(field, registry)
      },
    })
  }
  const stop = async () => {
    await field?.stop()
    await world?.stop()
  }
  const ended = (plan: string, count: number) => endedSlots(database.db, plan, count)

  beforeAll(async () => {
    database = await migratedDatabase()
    await start()
    await until('a point of the curve', () => ended('DLMS load profile', 1))
    await until('a day', () => ended('DLMS daily profile', 1))
    await stop()
    clock.jump(hours(3))
    await start()
    curve = await until('the curve', () => ended('DLMS load profile', 13))
    await stop()
    clock.jump(hours(3 * 24))
    await start()
    days = await until('the days', () => ended('DLMS daily profile', 4))
  })

  afterAll(async () => {
    await stop()
    await database?.close()
  })

  it('are asked for the points of the curve that were missed', () => {
    expect(curve.filter(({ state }) => state !== RECEIVED && state !== LATE)).toEqual([])
    expect(curve.filter(({ state }) => state === LATE).length).toBeGreaterThan(8)
  })

  it('are asked for the days that were missed', () => {
    expect(days.map(({ start: at, state }) => [at, state])).toEqual([
      ['11-22 00:30', RECEIVED],
      ['11-23 00:30', LATE],
      ['11-24 00:30', LATE],
      ['11-25 00:30', RECEIVED],
    ])
  })

  it('give rows on demand', async () => {
    const [known] = await listAll<MeterView>(world.api, '/api/v1/meters')
    const item = '7:1.0.99.1.0.255:2@2026-11-22T09:00..2026-11-22T10:00'
    const body = { devices: [known?.id], items: [item] }
    const asked = await world.api.post<ReadView>('/api/v1/reads', body)
    expect(asked.status, JSON.stringify(asked.body)).toBe(202)
    const read = await until('the end of the read', async () => {
      const now = await world.api.get<ReadView>(`/api/v1/reads/${asked.body.id}`)
      return now.items.every(({ state }) => state !== 'waiting' && state !== 'running') && now
    })
    expect(read.items).toMatchObject([{ item, state: 'answered' }])
    expect(read.items[0]?.readings).toHaveLength(10)
  })

  it('gave what their registers were at the moments of the rows', async () => {
    const [row] = field.archive()
    const meter = row && field.meterAt(row.usagePoint)
    const [known] = await listAll<MeterView>(world.api, '/api/v1/meters')
    if (!meter || !known) throw new Error('there is one meter')
    const path = `/api/v1/meters/${known.id}/readings?register=1.8.0&limit=200`
    const { items } = await world.api.get<{ items: readonly ReadingView[] }>(path)
    for (const dataClass of ['interval', 'daily']) {
      const found = items.filter((reading) => reading.dataClass === dataClass)
      expect(found.length).toBeGreaterThan(0)
      for (const { value, at } of found) {
        const truth = registerAt(meter, '1.8.0', 3, Date.parse(at)) / 1_000
        expect(Math.abs(Number(value) - truth)).toBeLessThan(0.1)
      }
    }
  })
})
