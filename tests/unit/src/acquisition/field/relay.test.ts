import { describe, expect, it } from 'vitest'
import { type Channel, memoryPair } from '#drivers/channel'
import { buildFrame, dlt645, encodeAnswers, encodeRefusal, parseFrame } from '#protocols/dlt645'
import type { RelayAction } from '#protocols/model'
import { type FieldWorld, type RelayTask, relayBench } from '#src/acquisition/field'
import { civilTime, instant } from '#src/core'
import { ManualClock, settle, testGate } from '#tests/support'
import { passing } from './meter-bus.ts'

const civil = civilTime('Asia/Shanghai')
const never = new AbortController().signal
const ADDRESS = '000012345678'

const unreachable = async () => {
  throw new Error('these tests open nothing')
}

/** A meter with a relay that may wait, hold, refuse or keep silent. */
interface RelayMeter {
  open: boolean
  protected: boolean
  alarm: boolean
  allowed: boolean
  readonly delayMinutes: number
  readonly clockOffsetMs: number
  readonly refuses: boolean
  readonly answersOrders: boolean
  /** A high current that never falls: the trip is accepted and held. */
  readonly isHeld: boolean
}

function field(change: Partial<RelayMeter> = {}) {
  const clock = new ManualClock()
  const gate = testGate(clock, [dlt645])
  const world: FieldWorld = {
    clock,
    civil,
    gate,
    network: { connect: unreachable, listen: unreachable },
    serialPorts: { open: unreachable },
  }
  const [near, far] = memoryPair({ name: 'serial:bus', baud: 2_400 })
  const meter: RelayMeter = {
    ...{ open: false, protected: false, alarm: false, allowed: true, delayMinutes: 0 },
    ...{ clockOffsetMs: 0, refuses: false, answersOrders: true, isHeld: false },
    ...change,
  }
  const orders: Uint8Array[] = []
  void serve(far, meter, orders, clock)
  const bench = relayBench(near, world)
  const told: string[] = []
  const relay = (action: RelayAction, more: Partial<RelayTask['meter']> = {}) => {
    const task: RelayTask = {
      action,
      meter: { address: ADDRESS, profile: null, access: { password: '02987654' }, ...more },
      reason: 'ticket 7',
      confirmed: 'typed',
    }
    return passing(
      clock,
      bench.relay(task, (text) => told.push(text), never),
    )
  }
  return { clock, gate, meter, orders, relay, told, far }
}

async function serve(
  far: Channel,
  meter: RelayMeter,
  orders: Uint8Array[],
  clock: ManualClock,
): Promise<void> {
  const scanner = dlt645.scanner()
  const act = (command: number) => {
    if (command === 0x1a && !meter.isHeld) {
      clock.after(meter.delayMinutes * 60_000 + 3_000, () => {
        meter.open = true
      })
    }
    if (command === 0x1a) meter.allowed = false
    if (command === 0x1b) meter.allowed = true
    if (command === 0x1c) Object.assign(meter, { open: false, allowed: true })
    if (command === 0x2a || command === 0x2b) meter.alarm = command === 0x2a
    if (command === 0x3a || command === 0x3b) meter.protected = command === 0x3a
  }
  const payloadOf = (dataId: string): Uint8Array | null => {
    const wall = civil.toWall(instant(clock.now() + meter.clockOffsetMs))
    const bcd = (value: number) => ((value / 10) << 4) | (value % 10)
    const { year, month, day, hour, minute, second } = wall
    const low = (meter.open ? 0x10 : 0) | (meter.allowed ? 0 : 0x40) | (meter.alarm ? 0x80 : 0)
    switch (dataId) {
      case '04000503':
        return Uint8Array.of(low, meter.protected ? 0x10 : 0)
      case '04001401':
        return Uint8Array.of(bcd(meter.delayMinutes), 0)
      case '04000101':
        return Uint8Array.of(0, bcd(day), bcd(month), bcd(year % 100))
      case '04000102':
        return Uint8Array.of(bcd(second), bcd(minute), bcd(hour))
      default:
        return null
    }
  }
  for await (const chunk of far.bytes()) {
    for (const bytes of scanner.push(chunk)) {
      const parsed = parseFrame(bytes)
      if (!parsed.ok || parsed.frame.address !== ADDRESS) continue
      const { control, data } = parsed.frame
      if (control === 0x1c) {
        orders.push(bytes)
        if (!meter.refuses) act(data[8] ?? 0)
        if (!meter.answersOrders) continue
        const reply = meter.refuses
          ? encodeRefusal(parsed.frame, ADDRESS, 0x04)
          : buildFrame({ address: ADDRESS, control: 0x9c, data: new Uint8Array(0) })
        await far.send(reply, never)
        continue
      }
      const [d0 = 0, d1 = 0, d2 = 0, d3 = 0] = data
      const dataId = [d3, d2, d1, d0]
        .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
        .join('')
      const value = payloadOf(dataId)
      const frames = value
        ? encodeAnswers(ADDRESS, dataId, value)
        : [encodeRefusal(parsed.frame, ADDRESS, 0x02)]
      for (const frame of frames) await far.send(frame, never)
    }
  }
}

describe('an order to a relay at the bench', () => {
  it('is proven by the state read back, and journaled before and after', async () => {
    const { relay, gate, orders } = field()
    expect(await relay('trip')).toMatchObject({
      ok: true,
      value: {
        before: { contact: 'closed' },
        after: { contact: 'open' },
        answered: true,
        proven: true,
        delayMinutes: 0,
      },
    })
    expect(orders).toHaveLength(1)
    expect(gate.ledger.verdicts).toMatchObject([
      {
        codes: [],
        asked: {
          effect: 'trip',
          address: ADDRESS,
          permit: { reference: 'ticket 7', approvers: ['user/1 (typed)'] },
        },
      },
    ])
    expect(gate.ledger.outcomes).toEqual(['answered'])
    expect(JSON.stringify(gate.ledger.verdicts)).not.toContain('987654')
  })

  it('carries an expiry of minutes, not of years', async () => {
    const { relay, orders, clock } = field()
    const startedAt = clock.now()
    await relay('trip')
    const aim = orders[0] && dlt645.aim?.(orders[0])
    const expiry = aim?.expiresAt && civil.toInstant(aim.expiresAt)
    expect(expiry).toBeGreaterThan(startedAt)
    expect(expiry).toBeLessThanOrEqual(startedAt + 6 * 60_000)
  })

  it('waits as long as the meter does', async () => {
    const { relay, told, clock } = field({ delayMinutes: 5 })
    const startedAt = clock.now()
    expect(await relay('trip')).toMatchObject({ value: { proven: true, delayMinutes: 5 } })
    expect(clock.now() - startedAt).toBeGreaterThan(5 * 60_000)
    expect(told).toContain('the meter waits 5 min by itself')
  })

  it('is not called done while a high current holds the relay', async () => {
    const { relay } = field({ isHeld: true })
    expect(await relay('trip')).toMatchObject({
      value: { answered: true, proven: false, after: { contact: 'closed', tripOrdered: true } },
    })
  })

  it('is never sent twice when no answer comes; the state alone tells', async () => {
    const { relay, orders, gate } = field({ answersOrders: false })
    expect(await relay('trip')).toMatchObject({ value: { answered: false, proven: true } })
    expect(orders).toHaveLength(1)
    expect(gate.ledger.outcomes).toEqual(['failed exchange.timeout'])
  })

  it.each([
    ['close', { open: true, allowed: false }],
    ['allow-close', { open: true, allowed: false }],
    ['alarm', {}],
    ['clear-alarm', { alarm: true }],
    ['protect', {}],
    ['unprotect', { protected: true }],
  ] as const)('%s is proven by what the status word says', async (action, state) => {
    const { relay } = field(state)
    expect(await relay(action)).toMatchObject({ value: { proven: true } })
  })

  it('ends with the reason when the meter refuses', async () => {
    const { relay } = field({ refuses: true })
    expect(await relay('trip')).toMatchObject({
      ok: false,
      error: { code: 'dlt645.unauthorised' },
    })
  })

  it('is not sent to a meter whose clock is off', async () => {
    const { relay, orders } = field({ clockOffsetMs: 600_000 })
    expect(await relay('trip')).toMatchObject({ error: { code: 'relay.clock-off' } })
    expect(orders).toEqual([])
  })

  it('is not sent to whoever hears it, nor without a password', async () => {
    const { relay, orders, gate } = field()
    for (const address of ['AAAAAAAAAAAA', '999999999999', 'AAAA12345678']) {
      expect(await relay('trip', { address })).toMatchObject({ ok: false })
    }
    const bare = await relay('trip', { access: {} })
    expect(bare).toMatchObject({ error: { code: 'relay.no-order' } })
    expect(orders).toEqual([])
    expect(gate.ledger.verdicts).toEqual([])
  })

  it('is not sent while the file TRIP_STOP is there; a close is', async () => {
    const { relay, orders, gate } = field({ open: true })
    gate.file.isThere = true
    expect(await relay('trip')).toMatchObject({
      error: { code: 'exchange.gate', fault: 'gate.stopped' },
    })
    expect(orders).toEqual([])
    expect(await relay('close')).toMatchObject({ value: { proven: true } })
  })

  it('reads nothing of the answers that came before it', async () => {
    const { relay, far } = field({ answersOrders: false, isHeld: true })
    const stale = buildFrame({ address: ADDRESS, control: 0x9c, data: new Uint8Array(0) })
    await far.send(stale, never)
    await settle()
    expect(await relay('trip')).toMatchObject({ value: { answered: false, proven: false } })
  })
})
