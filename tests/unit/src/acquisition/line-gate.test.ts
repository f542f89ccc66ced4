import { describe, expect, it } from 'vitest'
import { seconds } from '#src/core'
import { settle, type ToyRequest, toyFrame, toyProtocol } from '#tests/support'
import { ask, never, setUp } from './line-field.ts'

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
