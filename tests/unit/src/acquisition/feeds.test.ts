import { expect, it } from 'vitest'
import type { Feed, FeedMessage } from '#drivers/channel'
import { runFeed } from '#src/acquisition'
import { minutes } from '#src/core'
import { createLogger, createMetrics } from '#src/observe'
import { ManualClock } from '#tests/support'

const STRANGERS = 500
const WRITTEN_MAX = 60

it('writes a bounded number of complaints about strangers, and counts the others', async () => {
  const clock = new ManualClock()
  const lines: { event?: string; count?: number }[] = []
  const log = createLogger(
    { level: 'info', pretty: false },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const metrics = createMetrics()
  let acknowledged = 0
  const stranger = (device: string): FeedMessage => ({
    topic: `openhes/v1/meters/${device}/readings`,
    payload: new Uint8Array(0),
    receivedAt: clock.now(),
    retained: false,
    ack: () => {
      acknowledged++
    },
  })
  async function* messages() {
    for (let number = 0; number < STRANGERS; number++) yield stranger(`s${number}`)
    await clock.advance(minutes(1))
    yield stranger('late')
  }
  const feed: Feed = {
    name: 'test',
    connected: true,
    messages,
    publish: async () => {
      throw new Error('nothing is published in this test')
    },
    close: async () => {},
  }
  await runFeed({
    feed,
    decode: (topic) => ({ ok: true, deliveries: [{ device: topic, readings: [] }] }),
    meterOf: () => undefined,
    intake: { visited: async () => 0 },
    slots: { heard: () => [] },
    clock,
    log,
    metrics,
  })
  expect(acknowledged).toBe(STRANGERS + 1)
  const strangers = lines.filter(({ event }) => event === 'push.unknown-device')
  expect(strangers).toHaveLength(WRITTEN_MAX + 1)
  const [summary] = lines.filter(({ event }) => event === 'push.unwritten')
  expect(summary?.count).toBe(STRANGERS - WRITTEN_MAX)
  const { body } = await metrics.text()
  expect(body).toContain(`hes_push_messages_total{outcome="unknown-device"} ${STRANGERS + 1}`)
})
