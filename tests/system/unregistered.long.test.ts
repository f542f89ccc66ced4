import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type ReadingView } from './api.ts'
import { dialIn, meterOf, type PlayedCaller, playCaller, rowOf } from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

const SEED = 645
const METER = '330120006451'
const STRANGER = '330120006452'

describe(`meters whose DTU never registers, seed ${SEED}`, () => {
  const clock = clockFrom(beginning, 5)
  let database: TestDatabase
  let world: World
  const callers: PlayedCaller[] = []

  const call = (address: string | null) => {
    const meters = address === null ? [] : [meterOf(address, SEED)]
    const port = world.headEnd.ports.dialin ?? 0
    const caller = playCaller({ port, identity: null, face: dlt645Face(meters) }, clock)
    callers.push(caller)
    return caller
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 5,
      seed: async (registry) => {
        await registry.importArchive([rowOf(1, METER, dialIn(METER))])
      },
    })
  })

  afterAll(async () => {
    for (const caller of callers) await caller.stop()
    await world?.stop()
    await database?.close()
  })

  it('are asked for their address, which names the channel, and read', async () => {
    call(METER)
    const readings = await until('its readings', async () => {
      const found = await listAll<ReadingView>(world.api, '/api/v1/meters/1/readings')
      return found.length > 0 && found
    })
    expect(readings.every(({ source }) => source === 'poll')).toBe(true)
  })

  it('are told as unknown where the archive does not have them, or nobody answers', async () => {
    call(STRANGER)
    await until('the stranger', async () => {
      const { items } = await world.api.get<{ items: { identity: string }[] }>('/api/v1/quarantine')
      return items.some(({ identity }) => identity === STRANGER)
    })
    call(null)
    await until('the mute one', () =>
      world.log.some(({ event }) => event === 'dialin.unidentified'),
    )
  })
})
