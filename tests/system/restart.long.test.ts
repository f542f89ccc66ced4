import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseFrame } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import type { Fleet } from '#simulators/fleet'
import { systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { migratedFolder } from '#tests/support'
import { listAll, type MeterView, type ReadingView, type ReadView } from './api.ts'
import { dialIn, meterOf, type PlayedCaller, playCaller, rowOf } from './devices.ts'
import { until } from './time.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 90_210
const SLOW_METER = '330129999999'
const SLOW_CONCENTRATOR = '330100009999'

/** Polls never come so far: they give up at the first thing that the silent meter is asked. */
const ASKED_ITEM = '32.7.0'
const VOLTAGE = 0x02

const asksForVoltage = (request: Uint8Array) => {
  const parsed = parseFrame(request)
  return parsed.ok && parsed.frame.data.at(3) === VOLTAGE
}

const groups = [
  { kind: 'dialin', meters: 2, concentrators: 1, heartbeatS: 5, hangUpAfterS: null },
  { kind: 'modbus-tcp', meters: 2, port: 0, profiles: ['sdm630'] },
  { kind: 'mqtt', meters: 2, everyS: 1, families: ['openhes', 'tasmota'], backlogHours: 1 },
] as const

describe(`a head-end that is stopped and started again, seed ${SEED}`, () => {
  const clock = systemClock
  const slowMeter = meterOf(SLOW_METER, SEED)
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let fleet: Fleet
  let slow: PlayedCaller
  let database: Database | null = null
  let world: World | null = null
  let password = ''
  let meters: readonly MeterView[] = []
  let restartedAt = 0
  let before = new Map<number, readonly ReadingView[]>()
  let asked: ReadView

  const open = async () => {
    const opened = await openDatabase({ dataDir: folder.path, clock })
    if (!opened.ok) throw new Error(opened.error.message)
    database = opened.value
    return opened.value
  }
  const close = async () => {
    await world?.stop()
    world = null
    await database?.close()
    database = null
  }
  const running = () => {
    if (!world) throw new Error('nothing is running')
    return world
  }
  const readings = async () => {
    const { api } = running()
    const lists = meters.map(
      async ({ id }) =>
        [id, await listAll<ReadingView>(api, `/api/v1/meters/${id}/readings`)] as const,
    )
    return new Map(await Promise.all(lists))
  }
  /** Whether every meter of the fleet has two present values since a moment of ours. */
  const hasTwoRounds = async (since: number) => {
    const { api } = running()
    const path = 'readings?register=1.8.0&limit=10'
    const lists = meters.map(({ id }) =>
      api.get<{ items: readonly ReadingView[] }>(`/api/v1/meters/${id}/${path}`),
    )
    // By our clock: that of a meter may be minutes off.
    const isNew = ({ dataClass, receivedAt }: ReadingView) =>
      dataClass === 'current' && Date.parse(receivedAt) >= since
    const counts = (await Promise.all(lists)).map(({ items }) => items.filter(isNew).length)
    return counts.filter((count) => count >= 2).length >= fleet.stats().meters
  }

  beforeAll(async () => {
    folder = await migratedFolder()
    const startedAt = clock.now()
    world = await startWorld({
      db: await open(),
      clock,
      cycleSeconds: 2,
      // Nobody gives a password: one is made, and has to hold after the restart as well.
      env: { HES_ADMIN_PASSWORD: '' },
      seed: async (registry, ports) => {
        fleet = await startField(scenarioFor(ports, SEED, groups), clock)
        await enter(fleet, registry)
        await registry.importArchive([rowOf(1, SLOW_METER, dialIn(SLOW_CONCENTRATOR))])
        const face = dlt645Face([slowMeter])
        slow = playCaller({ port: ports.dialin ?? 0, identity: SLOW_CONCENTRATOR, face }, clock)
        slow.answers(() => [])
      },
    })
    const { headEnd, api } = world
    password = headEnd.adminPassword ?? ''
    meters = await listAll<MeterView>(api, '/api/v1/meters')
    await until('two rounds of every meter', () => hasTwoRounds(startedAt))
    const { body } = await api.post<ReadView>('/api/v1/reads', {
      devices: [SLOW_METER],
      items: [ASKED_ITEM],
    })
    asked = body
    await until('the question to be in the air', () => slow.heard.some(asksForVoltage))
    before = await readings()
    await close()
    restartedAt = clock.now()

    await slow.stop()
    world = await startWorld({
      db: await open(),
      clock,
      cycleSeconds: 2,
      password,
      env: {
        HES_ADMIN_PASSWORD: '',
        HES_DIALIN_PORT: String(headEnd.ports.dialin),
        HES_MQTT_PORT: new URL(headEnd.ports.mqttUrl).port,
      },
    })
  })

  afterAll(async () => {
    await slow?.stop()
    await fleet?.stop()
    await close()
    folder?.remove()
  })

  it('made a password once, which still opens the door', () => {
    expect(password).toMatch(/.{8,}/)
    expect(running().headEnd.adminPassword).toBeNull()
  })

  it('has everything that was stored, goes on reading, and keeps nothing twice', async () => {
    await until('two more rounds of every meter', () => hasTwoRounds(restartedAt))
    const after = await readings()
    for (const [id, earlier] of before) {
      const all = after.get(id) ?? []
      const keys = all.map(({ register, dataClass, at }) => `${register} ${dataClass} ${at}`)
      expect(new Set(keys).size).toBe(keys.length)
      const kept = new Set(all.map((reading) => JSON.stringify(reading)))
      expect(earlier.filter((reading) => !kept.has(JSON.stringify(reading)))).toEqual([])
    }
  })

  it('takes up the read that the stop interrupted, once the device has called', async () => {
    const { api, headEnd } = running()
    await until('two more rounds of every meter', () => hasTwoRounds(restartedAt))
    const waiting = await api.get<ReadView>(`/api/v1/reads/${asked.id}`)
    expect(waiting.state).toBe('running')
    const face = dlt645Face([slowMeter])
    slow = playCaller({ port: headEnd.ports.dialin ?? 0, identity: SLOW_CONCENTRATOR, face }, clock)
    const done = await until('the end of the read', async () => {
      const read = await api.get<ReadView>(`/api/v1/reads/${asked.id}`)
      return read.state !== 'running' && read.state !== 'requested' && read
    })
    expect(done).toMatchObject({
      state: 'done',
      items: [{ item: ASKED_ITEM, state: 'answered', value: expect.stringMatching(/^2\d\d\.\d$/) }],
    })
  })
})
