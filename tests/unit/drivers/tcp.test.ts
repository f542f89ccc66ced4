import { describe, expect, it } from 'vitest'
import { describeSystemError } from '#drivers/channel'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { ManualClock, virtualNetwork } from '#tests/support'

const never = new AbortController().signal

describe('a TCP dialer', () => {
  it('says that nothing listens, and what to check', async () => {
    const opened = await tcpDialer({ host: '127.0.0.1', port: 1 }, nodeNetwork).open(never)
    expect(opened).toMatchObject({
      ok: false,
      error: { code: 'transport.refused', retry: 'later' },
    })
    expect(opened.ok ? '' : opened.error.message).toContain('tcp:127.0.0.1:1')
  })

  it('gives up when the caller does', async () => {
    const dialer = tcpDialer({ host: '127.0.0.1', port: 1 }, nodeNetwork)
    const opened = await dialer.open(AbortSignal.abort())
    expect(opened).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
  })

  it('gives up by itself on a network that never answers', async () => {
    const clock = new ManualClock()
    const silent = {
      ...virtualNetwork(),
      connect: (_host: string, _port: number, signal: AbortSignal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    }
    const opening = tcpDialer({ host: 'void', port: 1, clock }, silent).open(never)
    await clock.advance(10_000)
    expect(await opening).toMatchObject({ ok: false, error: { code: 'transport.timeout' } })
    expect(clock.waiting).toBe(0)
  })

  it('runs on a virtual network', async () => {
    const network = virtualNetwork()
    const opened = await tcpDialer({ name: 'x', host: 'a', port: 1, baud: 2_400 }, network).open(
      never,
    )
    expect(opened.ok && opened.value.facts).toMatchObject({ name: 'x', baud: 2_400 })
  })
})

describe('a system error', () => {
  it.each([
    ['ECONNREFUSED', 'transport.refused'],
    ['ECONNRESET', 'transport.closed'],
    ['ETIMEDOUT', 'transport.timeout'],
    ['ENOTFOUND', 'transport.unreachable'],
    ['EADDRINUSE', 'transport.busy'],
    ['EACCES', 'transport.permission'],
    ['ENOENT', 'transport.no-device'],
    ['EWHATEVER', 'transport.closed'],
  ])('%s becomes %s with a sentence', (code, expected) => {
    const error = describeSystemError(Object.assign(new Error('boom'), { code }), 'opening x')
    expect(error.code).toBe(expected)
    expect(error.message).toMatch(/^opening x: .{4,}/)
  })

  it('of several attempts is told by the first', () => {
    const first = Object.assign(new Error('no'), { code: 'EHOSTUNREACH' })
    const error = describeSystemError(new AggregateError([first, new Error('x')]), 'x')
    expect(error.code).toBe('transport.unreachable')
  })
})
