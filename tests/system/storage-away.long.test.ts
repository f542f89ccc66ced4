import { connectAsync } from 'mqtt'
import { expect, it } from 'vitest'
import { migratedDatabase, temporaryFolder } from '#tests/support'
import { listAll, type MeterView, metricsOf, type ReadingView } from './api.ts'
import { mqttTopics, rowOf } from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld } from './world.ts'

const DEVICE = '330120000001'
const TOPIC = `openhes/v1/meters/${DEVICE}/readings`
/** Each at its own minute: what comes in one millisecond is two words about one moment. */
const message = (value: string) => {
  const [minute] = value.split('.')
  const readings = [{ register: '1.8.0', value, unit: 'kWh' }]
  return JSON.stringify({ at: `2026-11-22T12:0${minute}:00+08:00`, readings })
}

it('a database that refuses to store costs nobody an acknowledgement, and loses nothing', async () => {
  const { db, close } = await migratedDatabase()
  const folder = temporaryFolder()
  const start = () =>
    startWorld({
      db,
      clock: clockFrom(beginning, 10),
      env: { HES_DATA_DIR: folder.path },
      seed: async (registry) => {
        await registry.importArchive([rowOf(1, DEVICE, mqttTopics)])
      },
    })
  let world = await start()
  const client = await connectAsync(world.headEnd.ports.mqttUrl, { reconnectPeriod: 0 })
  const [meter] = await listAll<MeterView>(world.api, '/api/v1/meters')
  const failures = async () => (await metricsOf(world.api.url)).get('hes_storage_failures_total')
  const readings = () => listAll<ReadingView>(world.api, `/api/v1/meters/${meter?.id}/readings`)
  const stored = async () => (await readings()).map(({ value }) => value).sort()
  const publish = (value: string) => client.publishAsync(TOPIC, message(value), { qos: 1 })

  await db.query('alter table reading_curve rename to reading_curve_away')
  await Promise.all([publish('1.00'), publish('2.00')])
  await until('three attempts', async () => ((await failures()) ?? 0) >= 3)
  await db.query('alter table reading_curve_away rename to reading_curve')
  await until('both', async () => (await readings()).length === 2)
  expect(await stored()).toEqual(['1.00', '2.00'])

  await db.query('alter table reading_curve rename to reading_curve_away')
  await publish('3.00')
  await world.stop()
  client.end(true)
  await db.query('alter table reading_curve_away rename to reading_curve')
  world = await start()
  await until('what the first run left', async () => (await readings()).length === 3)
  expect(await stored()).toEqual(['1.00', '2.00', '3.00'])
  await world.stop()
  folder.remove()
  await close()
})
