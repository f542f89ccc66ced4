import { expect, it, onTestFinished, vi } from 'vitest'
import { type MqttFeed, mqttFeed } from '#drivers/mqtt'
import { systemClock, systemRandom } from '#src/core'
import { Broker, Publisher } from './mosquitto.ts'
import { describeWith, patience } from './support.ts'

const world = { clock: systemClock, random: systemRandom }

function openFeed({ url }: Broker, clientId = 'head-end'): MqttFeed {
  const feed = mqttFeed({ url, clientId, topics: ['meters/+'] }, world)
  onTestFinished(() => feed.close())
  return feed
}

async function connected(feed: MqttFeed): Promise<void> {
  await vi.waitUntil(() => feed.connected, patience)
}

/** Stores every message, as a database does, some time after it came; then acknowledges it. */
function storeFrom(feed: MqttFeed): Set<string> {
  const stored = new Set<string>()
  const taking = (async () => {
    for await (const { payload, ack } of feed.messages()) {
      await new Promise(setImmediate)
      stored.add(Buffer.from(payload).toString())
      ack()
    }
  })()
  onTestFinished(() => feed.close().then(() => taking))
  return stored
}

/** Takes messages without ever acknowledging one, as before a crash. */
function forgetFrom(feed: MqttFeed): string[] {
  const seen: string[] = []
  const taking = (async () => {
    for await (const { payload } of feed.messages()) seen.push(Buffer.from(payload).toString())
  })()
  onTestFinished(() => feed.close().then(() => taking))
  return seen
}

const messages = (publisher: number, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `${publisher}:${from + index}`)

async function holds(stored: ReadonlySet<string>, wanted: readonly string[]): Promise<void> {
  await vi.waitUntil(() => wanted.every((message) => stored.has(message)), patience)
}

const PUBLISHERS = 6
const EACH = 100

describeWith(['mosquitto', 'mosquitto-clients'], 'Mosquitto', () => {
  it('loses nothing that it acknowledged when it is restarted in the middle', async () => {
    const broker = await Broker.started()
    const feed = openFeed(broker)
    await connected(feed)
    const stored = storeFrom(feed)
    const publishers = Array.from({ length: PUBLISHERS }, (_, index) => {
      return new Publisher(broker, `meters/${index}`)
    })
    for (const [index, publisher] of publishers.entries()) {
      publisher.send(messages(index, 0, EACH))
    }
    // Some are through, some on their way, some not yet sent.
    await Promise.all(publishers.map((publisher) => publisher.isAcknowledged(EACH / 4)))
    await broker.stop()
    for (const [index, publisher] of publishers.entries()) {
      publisher.send(messages(index, EACH, EACH))
    }
    await vi.waitUntil(() => !feed.connected, patience)
    await broker.restart()
    await Promise.all(publishers.map((publisher) => publisher.isAcknowledged()))
    const acknowledged = publishers.flatMap((publisher) => publisher.acknowledged())
    expect(acknowledged).toHaveLength(PUBLISHERS * 2 * EACH)
    await holds(stored, acknowledged)
    expect(feed.unacknowledged).toBe(0)
  })

  it('keeps for us what came while we were away, also over a power failure', async () => {
    const broker = await Broker.started()
    const first = openFeed(broker)
    await connected(first)
    const forgotten = forgetFrom(first)
    const publisher = new Publisher(broker, 'meters/1')
    publisher.send(messages(1, 0, EACH))
    await publisher.isAcknowledged()
    await vi.waitUntil(() => forgotten.length > 0, patience)
    await first.close()
    publisher.send(messages(1, EACH, EACH))
    await publisher.isAcknowledged()
    await broker.save()
    await broker.kill()
    await broker.restart()
    const second = openFeed(broker)
    const stored = storeFrom(second)
    // What the first feed took and did not acknowledge comes again, and what it never saw.
    await holds(stored, publisher.lines)
    await vi.waitUntil(() => second.unacknowledged === 0, patience)
  })

  it('does not send again what we acknowledged', async () => {
    const broker = await Broker.started()
    const first = openFeed(broker)
    await connected(first)
    const stored = storeFrom(first)
    const publisher = new Publisher(broker, 'meters/1')
    publisher.send(messages(1, 0, EACH))
    await holds(stored, publisher.lines)
    await first.close()
    await broker.stop()
    await broker.restart()
    const second = openFeed(broker)
    const again = storeFrom(second)
    await connected(second)
    publisher.send(['the last one'])
    await holds(again, ['the last one'])
    expect([...again]).toEqual(['the last one'])
  })

  it('that is killed while we hold messages sends them again on the new connection', async () => {
    const broker = await Broker.started()
    const early = openFeed(broker)
    await connected(early)
    await early.close()
    const publisher = new Publisher(broker, 'meters/1')
    publisher.send(messages(1, 0, EACH))
    await publisher.isAcknowledged()
    await broker.save()
    const feed = openFeed(broker)
    const held: (() => void)[] = []
    const counts = new Map<string, number>()
    const taking = (async () => {
      for await (const { payload, ack } of feed.messages()) {
        const text = Buffer.from(payload).toString()
        counts.set(text, (counts.get(text) ?? 0) + 1)
        held.push(ack)
      }
    })()
    await vi.waitUntil(() => held.length > 0, patience)
    await broker.kill()
    await vi.waitUntil(() => !feed.connected, patience)
    const late = held.splice(0)
    await broker.restart()
    // Acknowledgements of the connection that is gone reach nobody on the new one.
    await connected(feed)
    for (const ack of late) ack()
    await vi.waitUntil(() => {
      for (const ack of held.splice(0)) ack()
      return publisher.lines.every((line) => counts.has(line)) && feed.unacknowledged === 0
    }, patience)
    expect(Math.max(...counts.values())).toBe(2)
    await feed.close()
    await taking
  })

  it('that wants a password is named as the one who denies access', async () => {
    const broker = await Broker.started(['allow_anonymous false'])
    const feed = openFeed(broker)
    await vi.waitUntil(() => feed.failure?.code === 'transport.permission', patience)
    expect(feed.failure?.message).toContain('check user name and password')
    expect(feed.connected).toBe(false)
  })
})
