import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { milliseconds } from '#src/core'
import { settle, toyFrame, toyProtocol } from '#tests/support'
import { ask, limits, never, setUp } from './line-field.ts'

describe('an exchange on a line', () => {
  it('delivers the answer to what was asked', async () => {
    const { exchange, say } = setUp()
    const outcome = exchange()
    await settle()
    await say(toyFrame(7, 3, 0, 42))
    expect(await outcome).toMatchObject({
      kind: 'answered',
      readings: [{ value: { digits: 42 } }],
    })
  })

  it('joins an answer that arrives byte by byte with noise before it', async () => {
    const { exchange, say } = setUp()
    const outcome = exchange()
    await settle()
    await say(Uint8Array.of(1, 2, 0xaa))
    for (const byte of toyFrame(7, 3, 0, 42)) await say(Uint8Array.of(byte))
    expect(await outcome).toMatchObject({ kind: 'answered' })
  })

  it('keeps silence, damage, a foreign answer and a refusal apart', async () => {
    const { clock, exchange, say } = setUp()
    const silent = exchange()
    await clock.advance(1_001)
    expect(await silent).toMatchObject({ kind: 'failed', failure: { code: 'exchange.timeout' } })

    const damaged = exchange()
    await settle()
    await say(Uint8Array.of(0xaa, 7, 3))
    await clock.advance(400)
    expect(await damaged).toMatchObject({
      kind: 'failed',
      failure: { code: 'exchange.damaged', raw: Uint8Array.of(0xaa, 7, 3) },
    })

    const foreign = exchange()
    await settle()
    await say(toyFrame(8, 3, 0, 42), toyFrame(7, 4, 0, 42))
    await clock.advance(400)
    expect(await foreign).toMatchObject({ kind: 'failed', failure: { code: 'exchange.mismatch' } })

    const refused = exchange()
    await settle()
    await say(toyFrame(7, 3, 1, 0))
    expect(await refused).toMatchObject({ kind: 'refused', refusal: { code: 'toy.no' } })
  })

  it('waits on while bytes keep coming, and no longer than the gap after the last', async () => {
    const { clock, exchange, say } = setUp()
    const outcome = exchange()
    await settle()
    for (let piece = 0; piece < 10; piece++) {
      await say(Uint8Array.of(0x55))
      await clock.advance(150)
    }
    await say(toyFrame(7, 3, 0, 9))
    expect(await outcome).toMatchObject({ kind: 'answered' })
  })

  it('never gives the late answer of one request to the next', async () => {
    const { clock, line, exchange, say } = setUp()
    const first = exchange()
    await clock.advance(1_001)
    expect(await first).toMatchObject({ kind: 'failed' })
    await say(toyFrame(7, 3, 0, 1))
    const second = exchange({ address: 7, item: 4, part: 0 })
    await settle()
    await say(toyFrame(7, 3, 0, 1), toyFrame(7, 4, 0, 2))
    expect(await second).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 2 } }] })
    expect(line.counters.strays).toBe(2)
  })

  it('waits longer once answers come too late, and not less for one that is of an earlier question', async () => {
    const { clock, exchange, say } = setUp()
    const first = exchange()
    await clock.advance(1_001)
    expect(await first).toMatchObject({ failure: { code: 'exchange.timeout' } })

    // The answer to the first is not taken for an answer to the second, and not for its beginning.
    const second = exchange({ address: 7, item: 4, part: 0 })
    await settle()
    await say(toyFrame(7, 3, 0, 1))
    await clock.advance(900)
    await say(toyFrame(7, 4, 0, 2))
    expect(await second).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 2 } }] })

    const third = exchange()
    await clock.advance(1_900)
    await say(toyFrame(7, 3, 0, 3))
    expect(await third).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 3 } }] })
  })

  it('ignores the echo of a two-wire converter', async () => {
    const { exchange, say, heard } = setUp()
    const outcome = exchange()
    await settle()
    await say(...heard, toyFrame(7, 3, 0, 5))
    expect(await outcome).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 5 } }] })
  })

  it('waits for a following part as long as for the first one', async () => {
    const { clock, say, exchange } = setUp()
    const outcome = exchange()
    await say(toyFrame(7, 3, 2, 11))
    await clock.advance(milliseconds(limits.firstByte - 100))
    await say(toyFrame(7, 3, 0, 22))
    expect(await outcome).toMatchObject({ kind: 'answered', readings: [{}, {}] })
  })

  it('asks for each following part and joins them', async () => {
    const { exchange, say, heard } = setUp()
    const outcome = exchange()
    await settle()
    await say(toyFrame(7, 3, 2, 10))
    await say(toyFrame(7, 3, 2, 20))
    await say(toyFrame(7, 3, 0, 30))
    expect(await outcome).toMatchObject({
      kind: 'answered',
      readings: [{ value: { digits: 10 } }, { value: { digits: 20 } }, { value: { digits: 30 } }],
    })
    expect(heard.map((frame) => frame[4])).toEqual([0, 1, 2])
  })

  it('lets somebody else through between two parts of one answer, and goes on with it', async () => {
    const { clock, line, say, heard } = setUp()
    const other = { address: 8, item: 5, part: 0 }
    let urgent: ReturnType<typeof line.exchange> | null = null
    const giveWay = () => {
      if (urgent) return null
      urgent = line.exchange(toyProtocol, other, limits, never)
      return urgent.then(() => {})
    }
    const outcome = line.exchange(toyProtocol, ask, limits, never, null, giveWay)
    await clock.advance(milliseconds(5))
    await say(toyFrame(7, 3, 2, 10))
    await clock.advance(milliseconds(300))
    await say(toyFrame(8, 5, 0, 99))
    await clock.advance(milliseconds(7))
    await say(toyFrame(7, 3, 0, 20))
    expect(heard.map(([, address, , , part]) => [address, part])).toEqual([
      [7, 0],
      [8, 0],
      [7, 1],
    ])
    expect(await urgent).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 99 } }] })
    // What the other one took is not held against this one.
    expect(await outcome).toMatchObject({
      kind: 'answered',
      readings: [{ value: { digits: 10 } }, { value: { digits: 20 } }],
      roundTripMs: 12,
    })
    const traced = line.trace.take().filter(({ bytes }) => bytes[1] === 7)
    expect(traced).toHaveLength(4)
  })

  it('ends in the middle of an answer with the line or the signal, also while another has it', async () => {
    for (const end of ['close', 'abort'] as const) {
      const { line, say, theirs } = setUp()
      const abort = new AbortController()
      const giveWay = () => line.exchange(toyProtocol, ask, limits, abort.signal).then(() => {})
      const outcome = line.exchange(toyProtocol, ask, limits, abort.signal, null, giveWay)
      await settle()
      await say(toyFrame(7, 3, 2, 10))
      if (end === 'close') await theirs.close()
      else abort.abort()
      const code = end === 'close' ? 'exchange.transport' : 'exchange.aborted'
      expect(await outcome).toMatchObject({ kind: 'failed', failure: { code } })
    }
  })

  it('ends at once when the channel dies or the caller cancels', async () => {
    const dying = setUp()
    const lost = dying.exchange()
    await settle()
    await dying.theirs.close()
    expect(await lost).toMatchObject({ kind: 'failed', failure: { code: 'exchange.transport' } })
    expect(dying.line.open).toBe(false)

    const { exchange } = setUp()
    const abort = new AbortController()
    const cancelled = exchange(ask, null, abort.signal)
    abort.abort()
    expect(await cancelled).toMatchObject({
      kind: 'failed',
      failure: { code: 'exchange.aborted' },
    })
  })

  it('is cancelled by its own signal alone, and leaves none listened to behind', async () => {
    const { line, exchange, say } = setUp()
    const [first, second] = [new AbortController(), new AbortController()]
    for (const { signal } of [first, first, second]) {
      const outcome = exchange(ask, null, signal)
      await settle()
      await say(toyFrame(7, 3, 0, 42))
      expect(await outcome).toMatchObject({ kind: 'answered' })
    }
    const waiting = exchange(ask, null, second.signal)
    first.abort()
    await settle()
    await say(toyFrame(7, 3, 0, 43))
    expect(await waiting).toMatchObject({ kind: 'answered' })
    expect(getEventListeners(first.signal, 'abort')).toHaveLength(0)
    await line.close()
    expect(getEventListeners(second.signal, 'abort')).toHaveLength(0)
  })

  it('expects nothing after a broadcast', async () => {
    const { exchange } = setUp()
    expect(await exchange({ ...ask, broadcast: true })).toMatchObject({ kind: 'answered' })
  })
})
