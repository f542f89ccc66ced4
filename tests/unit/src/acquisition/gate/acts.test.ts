import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import { modbus } from '#protocols/modbus'
import { type Classifier, readingGatekeeper } from '#src/acquisition/gate'
import { ManualClock, testGate } from '#tests/support'

const bytes = (hex: string) => fromHex(hex) ?? new Uint8Array(0)

/** A concentrator's envelope: 76, and any number of carried frames, each behind its length. */
const carrier: Classifier = {
  name: 'gdw376',
  effect: (frame) => (frame[0] === 0x76 ? 'read' : 'unknown'),
  carried(frame) {
    const found: Uint8Array[] = []
    for (let at = 1; at < frame.length; at += 1 + (frame[at] ?? 0)) {
      found.push(frame.subarray(at + 1, at + 1 + (frame[at] ?? 0)))
    }
    return found
  },
  describe: (frame) => ({ valid: frame[0] === 0x76 }),
  aim: (frame) => ({
    address: 'concentrator',
    isGroup: false,
    action: null,
    expiresAt: null,
    // Its own password: the last byte.
    secrets: [{ from: frame.length - 1, to: frame.length }],
  }),
}

const carry = (...frames: readonly Uint8Array[]) =>
  Uint8Array.from([0x76, ...frames.flatMap((frame) => [frame.length, ...frame])])

const meter = { address: '000000000106', profile: null }
const access = { password: '02123456', operator: '00000009' }
const [readRequest] = dlt645.plan(['1.8.0'], meter).requests
const [tripRequest] =
  dlt645.order?.(
    {
      action: 'trip',
      expiresAt: { year: 2026, month: 11, day: 22, hour: 12, minute: 5, second: 0 },
    },
    { ...meter, access },
  ).requests ?? []
const read = readRequest ? dlt645.encode(readRequest) : bytes('')
const trip = tripRequest ? dlt645.encode(tripRequest) : bytes('')
const known = [carrier, dlt645, modbus]
const gate = readingGatekeeper(known)

describe('what a frame does', () => {
  it('is a read only if every frame inside it is', () => {
    expect(gate.reads(dlt645, read)).toBe(true)
    expect(gate.reads(dlt645, trip)).toBe(false)
    expect(gate.reads(carrier, carry())).toBe(true)
    expect(gate.reads(carrier, carry(read, read))).toBe(true)
    expect(gate.reads(carrier, carry(read, trip))).toBe(false)
    expect(gate.reads(carrier, carry(carry(read)))).toBe(true)
    expect(gate.reads(carrier, carry(carry(trip)))).toBe(false)
  })

  it('is unknown where nobody knows the frame inside', () => {
    expect(gate.reads(carrier, carry(bytes('010203')))).toBe(false)
    expect(gate.reads(carrier, carry(bytes('')))).toBe(false)
    expect(gate.reads(carrier, carry(read.subarray(1)))).toBe(false)
    expect(readingGatekeeper([]).reads(carrier, carry(read))).toBe(false)
  })

  it('is unknown where frames are in frames without end', () => {
    let frame = read
    for (let depth = 0; depth < 4; depth++) frame = carry(frame)
    expect(gate.reads(carrier, frame)).toBe(false)
  })

  it('counts as the worse of what two protocols take it for', async () => {
    const harmless: Classifier = {
      name: 'dlt645-1997',
      effect: () => 'read',
      describe: () => ({ valid: true }),
    }
    for (const order of [
      [harmless, dlt645],
      [dlt645, harmless],
    ]) {
      expect(readingGatekeeper(order).reads(carrier, carry(trip))).toBe(false)
      expect(readingGatekeeper(order).reads(carrier, carry(read))).toBe(true)
    }
  })

  it('is no Modbus write only because a meter address looks like one', () => {
    expect(gate.reads(carrier, carry(read))).toBe(true)
  })

  it('is never a read behind a single flipped bit that turns a read into something else', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * trip.length - 1 }), (bit) => {
        const flipped = trip.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        expect(gate.reads(dlt645, flipped)).toBe(false)
        expect(gate.reads(carrier, carry(flipped))).toBe(false)
      }),
    )
  })
})

describe('the journal', () => {
  it('names the device that acts and hides every password, also in a carried frame', async () => {
    const clock = new ManualClock()
    const { keeper, ledger } = testGate(clock, known)
    await keeper.admit(carrier, carry(read, trip), null, 'dialin:37010001')
    await keeper.admit(dlt645, trip, null, 'serial:/dev/ttyUSB0')
    const [carried, bare] = ledger.verdicts.map(({ asked }) => asked)
    expect(carried).toMatchObject({
      protocol: 'dlt645-2007',
      effect: 'trip',
      action: 'trip',
      address: meter.address,
      via: 'dialin:37010001',
      cuts: true,
    })
    const secret = toHex(trip.subarray(11, 18))
    expect(toHex(trip)).toContain(secret)
    for (const entry of [carried, bare]) {
      expect(entry?.frame).not.toContain(secret)
      expect(entry?.frame).toContain(toHex(trip.subarray(0, 11)))
      expect(entry?.frame).toContain('*'.repeat(14))
    }
    expect(JSON.stringify(ledger.verdicts)).not.toContain('123456')
  })

  it('hides the password of the carrier too, and every copy of one', async () => {
    const { keeper, ledger } = testGate(new ManualClock(), known)
    await keeper.admit(carrier, carry(trip, trip), null, 'dialin:37010001')
    const [entry] = ledger.verdicts
    expect(entry?.codes).toContain('gate.several')
    expect(entry?.asked.frame).not.toContain(toHex(trip.subarray(11, 18)))
    expect(entry?.asked.frame).toMatch(/\*\*$/)
    const blind: Classifier = { ...carrier, aim: () => null }
    await keeper.admit(blind, carry(trip), null, 'dialin:37010001')
    expect(ledger.verdicts[1]?.asked.frame).toBe(`(${carry(trip).length} bytes)`)
  })

  it('tells only the length of a frame whose secrets cannot be placed', async () => {
    const { keeper, ledger } = testGate(new ManualClock(), known)
    const writing: Classifier = {
      name: 'modbus',
      effect: () => 'write',
      describe: () => ({ valid: true }),
    }
    await keeper.admit(writing, bytes('01060010FF00'), null, 'tcp:10.0.0.5:502')
    expect(ledger.verdicts[0]).toMatchObject({
      asked: { frame: '(6 bytes)', effect: 'write' },
      codes: ['gate.unclear', 'gate.no-permit'],
    })
  })

  it('keeps a refused frame with every reason against it', async () => {
    const { keeper, ledger } = testGate(new ManualClock(), known)
    ledger.armed = false
    ledger.stopped = true
    await keeper.admit(dlt645, trip, null, 'line')
    expect(ledger.verdicts[0]?.codes).toEqual(['gate.no-permit', 'gate.stopped', 'gate.disarmed'])
  })
})
