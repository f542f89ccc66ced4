import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { connectAsync } from 'mqtt'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FeedMessage } from '#drivers/channel'
import { type MqttFeed, type MqttFeedOptions, mqttFeed } from '#drivers/mqtt'
import { systemClock } from '#src/core'
import { ManualClock } from '#tests/support'

const never = new AbortController().signal
const PATIENCE = { timeout: 10_000 }
const random = { next: () => 0 }

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

async function startBroker(settings: Partial<Aedes> = {}) {
  const broker = Object.assign(await Aedes.createBroker(), settings)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    broker.handle(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const acknowledged: string[] = []
  broker.on('ack', (packet) => {
    if (packet && 'payload' in packet) acknowledged.push(String(packet.payload))
  })
  const publish = async (...payloads: (string | Buffer)[]) => {
    const client = await connectAsync(url)
    for (const payload of payloads) await client.publishAsync('m/1', payload, { qos: 1 })
    await client.endAsync()
  }
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  disposals.push(async () => {
    cutAll()
    server.close()
    await new Promise<void>((resolve) => broker.close(() => resolve()))
  })
  return { url, acknowledged, publish, cutAll }
}

async function subscribe(
  url: string,
  options: Partial<MqttFeedOptions> = {},
): Promise<{ feed: MqttFeed; received: FeedMessage[] }> {
  const feed = mqttFeed(
    { url, clientId: 'head', topics: ['m/#'], ...options },
    { clock: systemClock, random },
  )
  disposals.push(() => feed.close())
  const received: FeedMessage[] = []
  void (async () => {
    for await (const message of feed.messages()) received.push(message)
  })()
  await vi.waitUntil(() => feed.connected, PATIENCE)
  return { feed, received }
}

const textOf = (message: FeedMessage) => Buffer.from(message.payload).toString()

describe('an MQTT feed', () => {
  it('has many messages in flight and acknowledges none before it is told to', async () => {
    const { url, acknowledged, publish } = await startBroker()
    const { received, feed } = await subscribe(url)
    await publish('a', 'b', 'c')
    await vi.waitUntil(() => received.length === 3, PATIENCE)
    expect(feed.unacknowledged).toBe(3)
    expect(acknowledged).toEqual([])
    for (const message of received) message.ack()
    await vi.waitUntil(() => acknowledged.length === 3, PATIENCE)
    expect(feed.unacknowledged).toBe(0)
  })

  it('acknowledges in the order of arrival, whatever is stored first', async () => {
    const { url, acknowledged, publish } = await startBroker()
    const { received } = await subscribe(url)
    await publish('a', 'b', 'c', 'd')
    await vi.waitUntil(() => received.length === 4, PATIENCE)
    for (const i of [2, 1, 1, 0, 3]) received[i]?.ack()
    await vi.waitUntil(() => acknowledged.length === 4, PATIENCE)
    expect(acknowledged).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gets again what was not acknowledged when the connection broke, and loses nothing', async () => {
    const { url, acknowledged, publish, cutAll } = await startBroker()
    const { feed, received } = await subscribe(url)
    await publish('a', 'b', 'c')
    await vi.waitUntil(() => received.length === 3, PATIENCE)
    received[0]?.ack()
    await vi.waitUntil(() => acknowledged.length === 1, PATIENCE)
    cutAll()
    await vi.waitUntil(() => !feed.connected, PATIENCE)
    await publish('d')
    await vi.waitUntil(() => received.length === 6, PATIENCE)
    expect(received.slice(3).map(textOf)).toEqual(['b', 'c', 'd'])
    expect(acknowledged).toEqual(['a'])
    for (const message of received.slice(3)) message.ack()
    await vi.waitUntil(() => acknowledged.length === 4, PATIENCE)
  })

  it('never acknowledges on a new connection what came on the old one', async () => {
    const { url, acknowledged, publish, cutAll } = await startBroker()
    const { feed, received } = await subscribe(url)
    await publish('a')
    await vi.waitUntil(() => received.length === 1, PATIENCE)
    cutAll()
    await vi.waitUntil(() => received.length === 2 && feed.connected, PATIENCE)
    received[0]?.ack()
    await publish('b')
    await vi.waitUntil(() => received.length === 3, PATIENCE)
    expect(acknowledged).toEqual([])
    expect(feed.unacknowledged).toBe(2)
  })

  it('reads no further than its limit until something is acknowledged', async () => {
    const { url, publish } = await startBroker()
    const { feed, received } = await subscribe(url, { unacknowledgedMax: 5 })
    await publish(...Array.from({ length: 20 }, (_, i) => String(i)))
    await vi.waitUntil(() => received.length === 5, PATIENCE)
    expect(feed.unacknowledged).toBe(5)
    for (let next = 0; next < 20; next++) {
      await vi.waitUntil(() => received.length > next, PATIENCE)
      expect(feed.unacknowledged).toBeLessThanOrEqual(5)
      received[next]?.ack()
    }
    expect(received.map(textOf)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
  })

  it('carries any payload, and drops what no meter could mean', async () => {
    const dropped: number[] = []
    const { url, publish, acknowledged } = await startBroker()
    const { received } = await subscribe(url, {
      observe: { dropped: (_topic, payloadBytes) => dropped.push(payloadBytes) },
    })
    await publish('', Buffer.from([0, 255, 254]), Buffer.alloc(1_100_000), '{"__proto__":1')
    await vi.waitUntil(() => received.length === 3, PATIENCE)
    expect(received.map(({ payload }) => payload.length)).toEqual([0, 3, 14])
    expect(dropped).toEqual([1_100_000])
    for (const message of received) message.ack()
    await vi.waitUntil(() => acknowledged.length === 4, PATIENCE)
  })

  it('publishes, and refuses to while there is no connection', async () => {
    const { url, cutAll } = await startBroker()
    const { feed, received } = await subscribe(url)
    expect(await feed.publish('m/2', Buffer.from('hello'), never)).toEqual({ ok: true })
    await vi.waitUntil(() => received.length === 1, PATIENCE)
    cutAll()
    await vi.waitUntil(() => !feed.connected, PATIENCE)
    const sent = await feed.publish('m/2', Buffer.from('hello'), never)
    expect(sent).toMatchObject({ ok: false, error: { code: 'transport.closed' } })
  })

  it('stops waiting for a broker that does not confirm', async () => {
    const { url } = await startBroker({ authorizePublish: () => {} })
    const clock = new ManualClock()
    const feed = mqttFeed({ url, clientId: 'head', topics: [] }, { clock, random })
    disposals.push(() => feed.close())
    await vi.waitUntil(() => feed.connected, PATIENCE)
    const sent = feed.publish('m/2', Buffer.from('hello'), never)
    await clock.advance(10_000)
    expect(await sent).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
    const aborted = feed.publish('m/2', Buffer.from('hello'), AbortSignal.abort())
    expect(await aborted).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
  })

  it('says so when the broker denies it a topic or access', async () => {
    const deaf = await startBroker({
      authorizeSubscribe: (_client, _sub, done) => done(null, null),
    })
    const feed = mqttFeed(
      { url: deaf.url, clientId: 'head', topics: ['m/#'] },
      { clock: systemClock, random },
    )
    disposals.push(() => feed.close())
    await vi.waitUntil(() => feed.failure?.code === 'transport.permission', PATIENCE)
    expect(feed.failure?.message).toContain('m/#')

    const closed = await startBroker({
      authenticate: (_client, _user, _password, done) =>
        done(Object.assign(new Error('no'), { returnCode: 4 as const }), false),
    })
    const other = mqttFeed(
      { url: closed.url, clientId: 'head', username: 'x', password: 'y', topics: ['m/#'] },
      { clock: systemClock, random },
    )
    disposals.push(() => other.close())
    await vi.waitUntil(() => other.failure?.code === 'transport.permission', PATIENCE)
  })

  it('says so when there is no broker, and can be closed', async () => {
    const feed = mqttFeed(
      { url: 'mqtt://127.0.0.1:1', clientId: 'head', topics: [] },
      { clock: systemClock, random },
    )
    await vi.waitUntil(() => feed.failure?.code === 'transport.refused', PATIENCE)
    await feed.close()
    expect(feed.connected).toBe(false)
    for await (const _ of feed.messages()) throw new Error('a closed feed has no messages')
  })
})
