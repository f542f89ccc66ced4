import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { mqttTopics, rowOf, tcpBus } from './devices.ts'
import { startWorld, type World } from './world.ts'

let database: TestDatabase
let world: World

beforeAll(async () => {
  database = await migratedDatabase()
  const bus = tcpBus('bus', 1)
  world = await startWorld({
    db: database.db,
    clock: systemClock,
    seed: async (registry) => {
      const topics = { ...mqttTopics, channelSettings: { mapping: 'tasmota' } }
      const entered = await registry.importArchive([
        rowOf(1, '330120000001', { ...bus, profile: 'no-blokcs' }),
        rowOf(2, '330120000002', { ...bus, profile: 'no-blokcs' }),
        rowOf(3, '330120000003', { ...bus, profile: 'no-blocks' }),
        rowOf(4, 'plug', topics),
      ])
      expect(entered.ok).toBe(true)
    },
  })
})

afterAll(async () => {
  await world?.stop()
  await database?.close()
})

it('complains at the start of what the archive says and nobody follows', () => {
  const complaints = world.log.filter(({ event }) => event?.startsWith('archive.'))
  expect(complaints).toMatchObject([
    { event: 'archive.unknown-profile', profile: 'no-blokcs', meters: 2, address: '330120000001' },
    { event: 'archive.unread-settings', channel: 'mqtt', unread: ['mapping'] },
  ])
})
