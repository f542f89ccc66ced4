import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type MeterView, metricsOf, type ReadingView, type ReadView } from './api.ts'
import { beginning, clockFrom, until } from './time.ts'
import { registerAt } from './truth.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 97

/** Buses behind serial servers, two meters on each. */
const buses = [
  { protocol: 'dlt645-1997' },
  { protocol: 'dlt698' },
  { protocol: 'dlms' },
  { protocol: 'dlms', framing: 'wrapper' },
] as const

describe(`meters of further protocols behind serial servers, seed ${SEED}`, () => {
  const clock = clockFrom(beginning, 5)
  let database: TestDatabase
  let world: World
  let field: Fleet

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 20,
      seed: async (registry, ports) => {
        const groups = buses.map((bus) => ({ kind: 'tcp', meters: 2, port: 0, ...bus }))
        field = await startField(scenarioFor(ports, SEED, groups), clock)
        await enter(field, registry)
      },
    })
  })

  afterAll(async () => {
    await world?.stop()
    await field?.stop()
    await database?.close()
  })

  const metersOn = async (nth: number) => {
    const channel = field.archive()[2 * nth]?.channel
    const all = await listAll<MeterView>(world.api, '/api/v1/meters')
    return all.filter((meter) => meter.channel === channel)
  }

  it.each(buses.map((bus, nth) => ({ ...bus, nth })))(
    'are polled: $protocol $framing',
    async ({ nth }) => {
      const meters = await metersOn(nth)
      expect(meters).toHaveLength(2)
      for (const { id, usagePoint } of meters) {
        const reading = await until('a present value', async () => {
          const path = `/api/v1/meters/${id}/readings?register=1.8.0&limit=100`
          const { items } = await world.api.get<{ items: readonly ReadingView[] }>(path)
          return items.find(({ dataClass }) => dataClass === 'current')
        })
        const meter = field.meterAt(usagePoint)
        if (!meter) throw new Error(`nobody lives at ${usagePoint}`)
        const truth = registerAt(meter, '1.8.0', 2, Date.parse(reading.at))
        expect(Math.abs(Number(reading.value) - truth / 100)).toBeLessThan(0.1)
      }
    },
  )

  it('answer reads on demand', async () => {
    const all = await listAll<MeterView>(world.api, '/api/v1/meters')
    const devices = all.map(({ id }) => id)
    const body = { devices, items: ['1.8.0'] }
    const asked = await world.api.post<ReadView>('/api/v1/reads', body)
    expect(asked.status, JSON.stringify(asked.body)).toBe(202)
    const read = await until('the end of the read', async () => {
      const now = await world.api.get<ReadView>(`/api/v1/reads/${asked.body.id}`)
      return now.items.every(({ state }) => state !== 'waiting' && state !== 'running') && now
    })
    const unanswered = read.items.filter(({ state }) => state !== 'answered')
    expect(unanswered).toEqual([])
  })

  it('are none of them silent', async () => {
    await until('all channels', async () => {
      const metrics = await metricsOf(world.api.url)
      return metrics.get('hes_channels_online') === buses.length
    })
    expect((await metricsOf(world.api.url)).get('hes_meters_silent')).toBe(0)
  })
})
