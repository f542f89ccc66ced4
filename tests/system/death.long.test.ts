import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeMessages } from '#protocols/mqtt'
import { seededRandom } from '#simulators/line'
import { civilTime, idOf, instant, type MeterId, systemClock } from '#src/core'
import { type Database, openDatabase } from '#src/db'
import { createReadings } from '#src/readings'
import { createRegistry } from '#src/registry'
import { migratedFolder } from '#tests/support'
import { metricsOf } from './api.ts'
import { mqttTopics, rowOf } from './devices.ts'
import { type Running, startHes } from './process.ts'
import { until } from './time.ts'
import { freePorts, ZONE } from './world.ts'

const SEED = 31_337
const KILLS = 3
const IN_THE_AIR_MAX = 40
const devices = ['330120000001', '330120000002', '330120000003']
const startMs = Date.UTC(2026, 10, 22, 4, 0, 0)

interface Said {
  readonly device: string
  readonly at: number
  readonly value: string
}

describe(`a process that is killed while meters report, seed ${SEED}`, () => {
  const random = seededRandom(SEED)
  const acknowledged: Said[] = []
  let folder: Awaited<ReturnType<typeof migratedFolder>>
  let hes: Running | null = null
  let second = 0

  const open = async (): Promise<Database> => {
    const opened = await openDatabase({ dataDir: folder.path, clock: systemClock })
    if (!opened.ok) throw new Error(opened.error.message)
    return opened.value
  }

  beforeAll(async () => {
    folder = await migratedFolder()
    const db = await open()
    const rows = devices.map((device, index) => rowOf(index + 1, device, mqttTopics))
    const entered = await createRegistry(db, systemClock).importArchive(rows)
    await db.close()
    expect(entered.ok).toBe(true)
    for (let kill = 0; kill < KILLS; kill++) await reportUntilKilled(random.between(20, 200))
    await catchUp()
  })

  afterAll(() => {
    hes?.kill('SIGKILL')
    folder?.remove()
  })

  /** Starts the head-end and kills it right after so many acknowledgements, in full flight. */
  async function reportUntilKilled(acknowledgements: number): Promise<void> {
    const own = startHes(['serve'], { ...freePorts, HES_DATA_DIR: folder.path })
    hes = own
    const [, url = ''] = await own.told(/MQTT +(mqtt:\S+)/)
    const client = await connectAsync(url, { reconnectPeriod: 0, clientId: 'meters' })
    const cutOff = new Promise<boolean>((resolve) => client.once('close', () => resolve(false)))
    let count = 0
    let isKilled = false
    const acknowledge = () => {
      count++
      if (count < acknowledgements || isKilled) return
      isKilled = true
      own.kill('SIGKILL')
    }
    await Promise.all(
      Array.from({ length: IN_THE_AIR_MAX }, async () => {
        while (!isKilled && (await report(client, cutOff))) acknowledge()
      }),
    )
    const { signal } = await own.ended
    client.end(true)
    expect({ signal, enough: count >= acknowledgements }).toEqual({
      signal: 'SIGKILL',
      enough: true,
    })
  }

  /** What was acknowledged and had not reached the database does so at the next start. */
  async function catchUp(): Promise<void> {
    const own = startHes(['serve'], { ...freePorts, HES_DATA_DIR: folder.path })
    hes = own
    const [url = ''] = await own.told(/http:\/\/[\d.:]+/)
    await until('the outbox to be empty', async () => {
      return (await metricsOf(url)).get('hes_outbox_deliveries') === 0
    })
    own.kill('SIGTERM')
    await own.ended
  }

  /** One message; true once the broker has acknowledged it. */
  async function report(client: MqttClient, cutOff: Promise<boolean>): Promise<boolean> {
    const device = devices[second % devices.length] ?? ''
    const at = startMs + second * 1_000
    const digits = 1_000_000 + second
    second++
    const wall = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
    const samples = [{ code: '1.8.0', digits, scale: 3 }] as const
    const [message] = encodeMessages('openhes', { device, at: { epochMs: at, wall }, samples })
    if (!message) throw new Error('the form has a message')
    const publishing = new Promise<boolean>((resolve) => {
      client.publish(message.topic, Buffer.from(message.payload), { qos: 1 }, (error) =>
        resolve(!error),
      )
    })
    if (!(await Promise.race([publishing, cutOff]))) return false
    acknowledged.push({ device, at, value: (digits / 1_000).toFixed(3) })
    return true
  }

  it('had every acknowledged message in its database each time', async () => {
    const db = await open()
    try {
      const readings = createReadings(db, civilTime(ZONE))
      const registry = createRegistry(db, systemClock)
      const stored = new Map<string, string>()
      for (const device of devices) {
        const [meter] = await registry.meterByAddress('mqtt', device)
        const id: MeterId = meter?.id ?? idOf(0)
        const page = await readings.list(id, { limit: 10_000, from: instant(startMs) })
        if (!page.ok) throw new Error('no such page')
        for (const { at, value } of page.value.items) stored.set(`${device} ${at}`, value)
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * 20)
      const lost = acknowledged.filter(({ device, at, value }) => {
        return stored.get(`${device} ${at}`) !== value
      })
      expect(lost).toEqual([])
    } finally {
      await db.close()
    }
  })
})
