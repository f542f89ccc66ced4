import { connect as dial } from 'node:net'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type MeterView, metricsOf, type PageView, type ReadingView } from './api.ts'
import { meterOf, mqttTopics, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

interface Waiting {
  readonly id: number
  readonly identity: string
}

const DEVICE = '330120000001'
const topicOf = (device: string) => `openhes/v1/meters/${device}/readings`
const good = (value: number) =>
  JSON.stringify({ readings: [{ register: '1.8.0', value: `${value}.00`, unit: 'kWh' }] })

const MEGABYTE = 1_048_576
const deep = '['.repeat(200_000)
const wide = `{"readings":[${'{},'.repeat(100_000)}{}]}`

/** What is published, and what is to be said of it. */
const broken = [
  ['no JSON', topicOf(DEVICE), 'voltage is fine', 'mqtt.not-json'],
  ['nothing', topicOf(DEVICE), '', 'mqtt.not-json'],
  ['bytes that are no text', topicOf(DEVICE), Buffer.of(0xff, 0xfe, 0x68, 0x16), 'mqtt.not-text'],
  ['a number', topicOf(DEVICE), '42', 'mqtt.wrong-type'],
  ['an object without readings', topicOf(DEVICE), '{"hello":"world"}', 'mqtt.no-values'],
  [
    'a register there is not',
    topicOf(DEVICE),
    good(1).replace('1.8.0', '9.9.9'),
    'mqtt.unknown-register',
  ],
  [
    'a unit of another quantity',
    topicOf(DEVICE),
    good(1).replace('kWh', 'V'),
    expect.stringMatching(/^mqtt\./),
  ],
  [
    'a value that is no number',
    topicOf(DEVICE),
    good(1).replace('1.00', '1..0'),
    expect.stringMatching(/^mqtt\./),
  ],
  ['arrays in arrays', topicOf(DEVICE), deep, 'mqtt.not-json'],
  ['a hundred thousand empty readings', topicOf(DEVICE), wide, expect.stringMatching(/^mqtt\./)],
  ['more than a megabyte', topicOf(DEVICE), `"${'x'.repeat(MEGABYTE)}"`, 'mqtt.too-large'],
  [
    'Tasmota without its energy',
    'tele/tasmota_1/SENSOR',
    '{"ENERGY":7}',
    expect.stringMatching(/^mqtt\./),
  ],
] as const

describe('what does not belong', () => {
  const clock = clockFrom(beginning)
  const polled = meterOf('330120000002', 2)
  let database: TestDatabase
  let world: World
  let bus: PlayedServer
  let client: MqttClient
  let meters: readonly MeterView[]

  beforeAll(async () => {
    database = await migratedDatabase()
    bus = await playServer(dlt645Face([polled]), clock)
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 1,
      seed: async (registry) => {
        const entered = await registry.importArchive([
          rowOf(1, DEVICE, mqttTopics),
          rowOf(2, 'tasmota_1', mqttTopics),
          rowOf(3, polled.spec.address, tcpBus('bus', bus.port)),
        ])
        expect(entered.ok).toBe(true)
      },
    })
    client = await connectAsync(world.headEnd.ports.mqttUrl, { clientId: 'meters' })
    meters = await listAll<MeterView>(world.api, '/api/v1/meters')
  })

  afterAll(async () => {
    await client?.endAsync(true)
    await world?.stop()
    await bus?.stop()
    await database?.close()
  })

  const readingsOf = (address: string) => {
    const { id } = meters.find((meter) => meter.address === address) ?? { id: 0 }
    return listAll<ReadingView>(world.api, `/api/v1/meters/${id}/readings`)
  }
  const publish = (topic: string, payload: string | Buffer) =>
    client.publishAsync(topic, payload, { qos: 1 })
  const count = async (name: string) => (await metricsOf(world.api.url)).get(name) ?? 0

  describe.each(broken)('a message with %s', (_, topic, payload, code) => {
    it('is acknowledged, counted, and told with code, topic and bytes', async () => {
      const name = 'hes_push_messages_total{outcome="malformed"}'
      const before = await count(name)
      const told = world.log.length
      await publish(topic, payload)
      expect(await count(name)).toBe(before + 1)
      const [line] = world.log.slice(told).filter(({ event }) => event === 'push.malformed')
      expect(line).toMatchObject({ level: 40, code, topic, payload: expect.any(String) })
      expect(String(line?.payload).length).toBeLessThan(1_000)
    })
  })

  it('bytes that are no text are told as hex', async () => {
    await publish(topicOf(DEVICE), Buffer.of(0xff, 0xfe, 0x68, 0x16))
    expect(world.log.findLast(({ code }) => code === 'mqtt.not-text')?.payload).toBe('FFFE6816')
  })

  it('a message of an unknown device is counted, told, and not stored', async () => {
    const name = 'hes_push_messages_total{outcome="unknown-device"}'
    const before = await count(name)
    await publish(topicOf('nobody'), good(1))
    expect(await count(name)).toBe(before + 1)
    expect(world.log.find(({ device }) => device === 'nobody')).toMatchObject({
      event: 'push.unknown-device',
      topic: topicOf('nobody'),
    })
  })

  it('a topic that nobody reads is passed on and disturbs nothing', async () => {
    await publish('somebody/elses/topic', 'anything')
    await publish(`${topicOf(DEVICE)}/nonsense`, 'anything')
  })

  it('after all of it a good message is stored', async () => {
    for (const [, topic, payload] of broken) await publish(topic, payload)
    const value = 1_234
    await publish(topicOf(DEVICE), good(value))
    const stored = await until('the good one', async () => {
      const found = await readingsOf(DEVICE)
      return found.length > 0 && found
    })
    expect(stored.filter((reading) => reading.value === `${value}.00`)).toHaveLength(1)
    expect(new Set(stored.map((reading) => reading.value))).toEqual(new Set([`${value}.00`]))
  })

  it('meters on other channels are read meanwhile', async () => {
    const before = (await readingsOf(polled.spec.address)).length
    for (const [, topic, payload] of broken) await publish(topic, payload)
    await until('further readings', async () => {
      return (await readingsOf(polled.spec.address)).length > before
    })
    // A busy machine may come too late for a slot of one second; no other miss is excused.
    const rounds = world.said.filter((line) => line.includes('present values: '))
    const missed = rounds.filter((line) => !line.includes('1 of 1 meters'))
    expect(missed.filter((line) => !line.includes('1 overtaken'))).toEqual([])
  })

  it('a caller that is not in the archive waits, is shown, and comes in once it is adopted', async () => {
    const identity = '330100007777'
    const socket = dial(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
      socket.write(`REG:${identity}\r\n`)
    })
    socket.resume()
    const waiting = await until('the quarantine', async () => {
      const { items } = await world.api.get<PageView<Waiting>>('/api/v1/quarantine')
      return items.find((one) => one.identity === identity) ?? false
    })
    expect(waiting).toMatchObject({ reason: 'unknown', state: 'waiting', rule: 'reg', calls: 1 })
    const path = `/api/v1/quarantine/${waiting.id}/adopt`
    const { body: adopted } = await world.api.post<{ id: number }>(path, { name: 'garden' })
    await until('its time online', async () => {
      const connections = `/api/v1/concentrators/${adopted.id}/connections`
      const { intervals } = await world.api.get<{ intervals: { to: null }[] }>(connections)
      return intervals.some(({ to }) => to === null)
    })
    socket.destroy()
  })

  it('a caller that sends garbage is let go, counted and told', async () => {
    const name = 'hes_dialin_events_total{event="garbage"}'
    const before = await count(name)
    await new Promise<void>((resolve) => {
      const socket = dial(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
        socket.write('GET / HTTP/1.1\r\n'.repeat(100))
      })
      socket.on('error', () => socket.destroy())
      socket.on('close', () => resolve())
      socket.resume()
    })
    expect(await count(name)).toBe(before + 1)
    expect(world.log.find(({ event }) => event === 'dialin.garbage')).toMatchObject({
      remoteAddress: expect.stringContaining('127.0.0.1'),
      bytes: expect.any(Number),
    })
  })

  it('an archive with wrong rows is refused as a whole, every bad line named', async () => {
    const csv = [
      'meter_address,protocol,channel,channel_kind,channel_settings,usage_point',
      `330120000010,dlt645-2007,bus-2,tcp,host=127.0.0.1;port=4001,P10`,
      `twelve,dlt645-2007,bus-2,tcp,host=127.0.0.1;port=4001,P11`,
      `330120000012,dlt645-2032,bus-2,tcp,host=127.0.0.1;port=4001,P12`,
      `330120000013,dlt645-2007,bus-3,tcp,host=127.0.0.1,P13`,
      `7,modbus,gateway,modbus-tcp,host=127.0.0.1;port=502,P14`,
    ].join('\n')
    interface Refusal {
      readonly code: string
      readonly errors: readonly { readonly line: number; readonly name: string }[]
    }
    const { status, body } = await world.api.post<Refusal>(
      '/api/v1/archive/imports',
      csv,
      'text/csv',
    )
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid-archive' })
    expect([...new Set(body.errors.map(({ line }) => line))]).toEqual([3, 4, 5, 6])
    expect(await listAll<MeterView>(world.api, '/api/v1/meters')).toHaveLength(meters.length)
    const route = 'method="POST",route="/api/v1/archive/imports",status="422"'
    expect(await count(`hes_http_requests_total{${route}}`)).toBe(1)
  })
})
