import fc from 'fast-check'
import { connectAsync } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { startBroker, topicMatches } from '#drivers/broker'
import { nodeNetwork } from '#drivers/tcp'
import { systemClock } from '#src/core'

async function broker(topics: readonly string[]) {
  const started = await startBroker(
    { host: '127.0.0.1', port: 0, topics },
    nodeNetwork,
    systemClock,
  )
  if (!started.ok) throw new Error(started.error.message)
  return started.value
}

describe('the embedded broker', () => {
  it('acknowledges a message when it is stored, not before', async () => {
    const { port, feed } = await broker(['meters/+/readings'])
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`)
    const messages = feed.messages()[Symbol.asyncIterator]()
    let acknowledged = false
    const published = client.publishAsync('meters/7/readings', '{}', { qos: 1 }).then(() => {
      acknowledged = true
    })
    const { value } = await messages.next()
    expect(value).toMatchObject({ topic: 'meters/7/readings' })
    await client.publishAsync('other', 'x', { qos: 1 })
    expect(acknowledged).toBe(false)
    value?.ack()
    await published
    await client.endAsync()
    await feed.close()
  })

  it('has several messages of one client in the air at once', async () => {
    const { port, feed } = await broker(['m/#'])
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`)
    const messages = feed.messages()[Symbol.asyncIterator]()
    const all = Promise.all(
      [1, 2, 3].map((n) => client.publishAsync(`m/${n}`, String(n), { qos: 1 })),
    )
    const held = [await messages.next(), await messages.next(), await messages.next()]
    for (const { value } of held) value?.ack()
    await all
    await client.endAsync()
    await feed.close()
  })

  it('cuts off, without acknowledging, whoever waits when it stops', async () => {
    const { port, feed } = await broker(['m/#'])
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
    const messages = feed.messages()[Symbol.asyncIterator]()
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    const acknowledged: string[] = []
    client.publish('m/1', 'x', { qos: 1 }, (error) => {
      if (!error) acknowledged.push('m/1')
    })
    await messages.next()
    await feed.close()
    await closed
    expect(acknowledged).toEqual([])
    await client.endAsync(true)
  })

  it('says which port is taken', async () => {
    const { port, feed } = await broker([])
    const second = await startBroker(
      { host: '127.0.0.1', port, topics: [] },
      nodeNetwork,
      systemClock,
    )
    expect(second).toMatchObject({ ok: false, error: { code: 'transport.busy' } })
    await feed.close()
  })
})

describe('topic filters', () => {
  it('match by level as the standard says', () => {
    expect(topicMatches('a/+/c', 'a/b/c')).toBe(true)
    expect(topicMatches('a/+/c', 'a/b/d/c')).toBe(false)
    expect(topicMatches('a/#', 'a')).toBe(true)
    expect(topicMatches('a/#', 'a/b/c')).toBe(true)
    expect(topicMatches('a/+', 'a')).toBe(false)
    expect(topicMatches('a', 'a/b')).toBe(false)
  })

  it('match every topic that fills their wildcards', () => {
    const level = fc.stringMatching(/^[a-z]{1,3}$/)
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 5 }), fc.nat(), (levels, pick) => {
        const wild = levels.map((part, index) => (index === pick % levels.length ? '+' : part))
        expect(topicMatches(wild.join('/'), levels.join('/'))).toBe(true)
        expect(topicMatches(wild.join('/'), [...levels, 'more'].join('/'))).toBe(false)
      }),
    )
  })
})
