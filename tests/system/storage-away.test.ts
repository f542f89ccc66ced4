import { connectAsync } from 'mqtt'
import { expect, it } from 'vitest'
import { migratedDatabase } from '#tests/support'
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

it('a database that refuses to store costs patience, not data, and does not hold up a stop', async () => {
  const { db, close } = await migratedDatabase()
  const world = await startWorld({
    db,
    clock: clockFrom(beginning, 10),
    seed: async (registry) => {
      await registry.importArchive([rowOf(1, DEVICE, mqttTopics)])
    },
  })
  const client = await connectAsync(world.headEnd.ports.mqttUrl, { reconnectPeriod: 0 })
  const [meter] = await listAll<MeterView>(world.api, '/api/v1/meters')
  const failures = async () => (await metricsOf(world.api.url)).get('hes_storage_failures_total')
  const readings = () => listAll<ReadingView>(world.api, `/api/v1/meters/${meter?.id}/readings`)
  let acknowledged = 0
  const publish = (value: string) =>
    client.publishAsync(TOPIC, message(value), { qos: 1 }).then(() => {
      acknowledged++
    })

  await db.query('alter table reading_curve rename to reading_curve_away')
  const sent = [publish('1.00'), publish('2.00')]
  await until('three attempts', async () => ((await failures()) ?? 0) >= 3)
  expect(acknowledged).toBe(0)
  await db.query('alter table reading_curve_away rename to reading_curve')
  await Promise.all(sent)
  expect((await readings()).map(({ value }) => value).sort()).toEqual(['1.00', '2.00'])

  await db.query('alter table reading_curve rename to reading_curve_away')
  const before = (await failures()) ?? 0
  const unsent = publish('3.00').catch(() => 'cut off')
  await until('another attempt', async () => ((await failures()) ?? 0) > before)
  await world.stop()
  const givenUp = world.log.find(({ event }) => event === 'storage.given-up')
  // The reading and its slot; slots that came due meanwhile wait as well.
  expect(Number(givenUp?.waiting)).toBeGreaterThanOrEqual(2)
  client.end(true)
  await unsent
  expect(acknowledged).toBe(2)
  await close()
})
