import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Channel, memoryPair } from '#drivers/channel'
import { Line, type Permit } from '#src/acquisition'
import { milliseconds, seconds } from '#src/core'
import {
  ManualClock,
  settle,
  type ToyRequest,
  testGate,
  toyFrame,
  toyProtocol,
} from '#tests/support'

const limits = { firstByte: milliseconds(1_000), gap: milliseconds(200) }
const never = new AbortController().signal
const ask: ToyRequest = { address: 7, item: 3, part: 0 }

function setUp() {
  const clock = new ManualClock()
  const [ours, theirs] = memoryPair()
  const gate = testGate(clock)
  const line = new Line(ours, clock, gate.keeper)
  const heard: Uint8Array[] = []
  void listen(theirs, heard)
  const say = async (...frames: Uint8Array[]) => {
    for (const frame of frames) await theirs.send(frame, never)
    await settle()
  }
  const exchange = (request: ToyRequest = ask, permit: Permit | null = null, signal = never) =>
    line.exchange(toyProtocol, request, limits, signal, permit)
  return { clock, line, heard, say, exchange, theirs, gate }
}

async function listen(channel: Channel, heard: Uint8Array[]): Promise<void> {
  for await (const chunk of channel.bytes()) heard.push(chunk)
}

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
    await clock.advance(1_000)
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
    await clock.advance(1_000)
    expect(await first).toMatchObject({ kind: 'failed' })
    await say(toyFrame(7, 3, 0, 1))
    const second = exchange({ address: 7, item: 4, part: 0 })
    await settle()
    await say(toyFrame(7, 3, 0, 1), toyFrame(7, 4, 0, 2))
    expect(await second).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 2 } }] })
    expect(line.counters.strays).toBe(2)
  })

  it('ignores the echo of a two-wire converter', async () => {
    const { exchange, say, heard } = setUp()
    const outcome = exchange()
    await settle()
    await say(...heard, toyFrame(7, 3, 0, 5))
    expect(await outcome).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 5 } }] })
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

describe('the gatekeeper on the line', () => {
  const setClock: ToyRequest = { address: 7, item: 99, part: 0, broadcast: true }
  const trip: ToyRequest = { address: 7, item: 98, part: 0 }
  const refused = { kind: 'failed', failure: { code: 'exchange.gate', retry: 'never' } }

  function orders({ gate }: Pick<ReturnType<typeof setUp>, 'gate'>) {
    const common = { device: { protocol: toyProtocol.name, address: '7' }, reference: null }
    const people = { requestedBy: 'user/1', approvers: ['user/2'], life: seconds(60) }
    return {
      clock: () =>
        gate.office.issue({
          ...{ ...common, ...people, effect: 'clock', action: null },
          purpose: 'upkeep',
        }),
      trip: () =>
        gate.office.issue({
          ...{ ...common, ...people, effect: 'trip', action: 'trip' },
          purpose: 'test',
        }),
    }
  }

  it('sends no clock frame without a permit, with a spent or an expired one', async () => {
    const field = setUp()
    const { clock, exchange, heard } = field
    const permit = await orders(field).clock()
    expect(await exchange(setClock)).toMatchObject(refused)
    expect(heard).toHaveLength(0)
    expect(await exchange(setClock, permit)).toMatchObject({ kind: 'answered' })
    await settle()
    expect(heard).toHaveLength(1)
    expect(await exchange(setClock, permit)).toMatchObject({
      ...refused,
      failure: { fault: 'gate.used' },
    })
    const old = await orders(field).clock()
    await clock.advance(60_000)
    expect(await exchange(setClock, old)).toMatchObject({
      ...refused,
      failure: { fault: 'gate.expired' },
    })
    expect(heard).toHaveLength(1)
  })

  it('writes the verdict before the frame leaves, and what came of it after', async () => {
    const field = setUp()
    const { gate, exchange, say, heard } = field
    const permit = await orders(field).trip()
    const outcome = exchange(trip, permit)
    await settle()
    expect(gate.ledger.verdicts).toMatchObject([{ codes: [], asked: { effect: 'trip' } }])
    expect(heard).toHaveLength(1)
    expect(gate.ledger.outcomes).toEqual([])
    await say(toyFrame(7, 98, 1, 0))
    expect(await outcome).toMatchObject({ kind: 'refused' })
    expect(gate.ledger.outcomes).toEqual(['refused toy.no'])
  })

  it('sends nothing when the verdict cannot be written', async () => {
    const field = setUp()
    const { gate, exchange, heard } = field
    const permits = orders(field)
    const [trips, clocks] = [await permits.trip(), await permits.clock()]
    gate.ledger.broken = true
    for (const [request, permit] of [
      [trip, trips],
      [setClock, clocks],
    ] as const) {
      expect(await exchange(request, permit)).toMatchObject({
        ...refused,
        failure: { fault: 'gate.ledger' },
      })
    }
    expect(heard).toHaveLength(0)
  })

  it('looks again right before the frame leaves', async () => {
    const stop = setUp()
    const stopping = await orders(stop).trip()
    slowly(stop, () => {
      stop.gate.file.isThere = true
    })
    expect(await stop.exchange(trip, stopping)).toMatchObject({
      failure: { fault: 'gate.stopped' },
    })
    const late = setUp()
    const permit = await orders(late).trip()
    slowly(late, () => late.clock.advance(501))
    expect(await late.exchange(trip, permit)).toMatchObject({ failure: { fault: 'gate.stale' } })
    await settle()
    expect([...stop.heard, ...late.heard]).toEqual([])
  })

  it('counts a permit as used when its exchange was cancelled meanwhile, and sends nothing', async () => {
    const field = setUp()
    const abort = new AbortController()
    const permit = await orders(field).trip()
    slowly(field, () => abort.abort())
    expect(await field.exchange(trip, permit, abort.signal)).toMatchObject({
      failure: { code: 'exchange.aborted' },
    })
    await settle()
    expect(field.heard).toEqual([])
    expect(field.gate.ledger.outcomes).toEqual(['not-sent'])
    expect(await field.exchange(trip, permit)).toMatchObject({ failure: { fault: 'gate.used' } })
  })

  it('takes nothing that comes before the order has left for its answer', async () => {
    const field = setUp()
    const permit = await orders(field).trip()
    slowly(field, () => field.say(toyFrame(7, 98, 0, 1)))
    const outcome = field.exchange(trip, permit)
    await settle()
    await settle()
    await field.say(toyFrame(7, 98, 0, 2))
    expect(await outcome).toMatchObject({ kind: 'answered', readings: [{ value: { digits: 2 } }] })
  })

  it('lets a borrowed line only read', async () => {
    const { line, heard } = setUp()
    const borrowed = line.borrow(
      () => {},
      () => {},
    )
    const order = toyProtocol.encode(trip)
    expect(() => borrowed.send(toyProtocol, order, never)).toThrow('a search only reads')
    await borrowed.send(toyProtocol, toyProtocol.encode(ask), never)
    await settle()
    expect(heard).toHaveLength(1)
  })

  /** Something happens between the verdict and the sending. */
  function slowly({ gate }: Pick<ReturnType<typeof setUp>, 'gate'>, happens: () => unknown): void {
    const { ledger } = gate
    const decide = ledger.decide.bind(ledger)
    ledger.decide = async (asked, judge) => {
      const reasons = await decide(asked, judge)
      await happens()
      return reasons
    }
  }
})
