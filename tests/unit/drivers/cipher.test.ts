import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryPair } from '#drivers/channel'
import {
  type CipherMachine,
  type KeySet,
  type MeterOrder,
  networkCipherMachine,
  plainDialect,
} from '#drivers/cipher'
import { Esam, fakeCipherMachine } from '#simulators/cipher'
import { createLogger } from '#src/observe'
import { ManualClock, settle } from '#tests/support'
import { dispersionOf, hex, seeded, serial, world } from './cipher-world.ts'

const never = new AbortController().signal
/** 03H, as the head-end would carry it between machine and meter. */
async function authenticated(machine: CipherMachine, esam: Esam, keys: KeySet, nowMs = 0) {
  const device = { keys, dispersion: dispersionOf(esam) }
  const shown = await machine.authenticateMeter(device, never)
  if (!shown.ok) throw new Error(shown.error.code)
  const { cipher, random } = shown.value
  const data = Uint8Array.from([...cipher, ...random, ...dispersionOf(esam)])
  const answer = esam.authenticate(data, nowMs)
  return { device, data, answer }
}

const trip: MeterOrder = {
  kind: 'control',
  data: Uint8Array.of(0x1a, 0, 0, 5, 12, 22, 11, 26),
  header: new Uint8Array(0),
}

async function orderOf(machine: CipherMachine, esam: Esam, keys: KeySet, order = trip) {
  const { device, answer } = await authenticated(machine, esam, keys)
  if (!answer.ok) throw new Error(`refused ${answer.refused}`)
  const meter = { ...device, random: answer.value.random, esam: answer.value.serial }
  const made = await machine.protectOrder(meter, order, never)
  if (!made.ok) throw new Error(made.error.code)
  return made.value
}

describe('an order to a meter with a security chip', () => {
  it.each(['test', 'production'] as const)('is obeyed with %s keys', async (keys) => {
    const { machine, esam } = world(keys)
    const order = await orderOf(machine, esam, keys)
    expect([order.level, order.data.length, order.mac.length]).toEqual([0x98, 16, 4])
    expect(esam.unwrapOrder(order, 0)).toEqual({ ok: true, value: trip.data })
  })

  it('travels plainly with a MAC where it is a parameter of the first class', async () => {
    const { machine, esam } = world()
    const kind = 'parameter-1'
    const order = await orderOf(machine, esam, 'production', { ...trip, kind })
    expect([order.level, hex(order.data)]).toEqual([0x99, hex(trip.data)])
    expect(esam.unwrapOrder(order, 0)).toMatchObject({ ok: true })
  })

  it('tells by its key state which keys it wants, and refuses the others', async () => {
    const { machine, esam } = world('production')
    expect([esam.keyState, world('test').esam.keyState]).toEqual(['0001FFFF', '00000000'])
    const { answer } = await authenticated(machine, esam, 'test')
    expect(answer).toEqual({ ok: false, refused: 0x0008 })
  })

  it('is refused with the bit that says why', async () => {
    const { machine, esam } = world()
    const order = await orderOf(machine, esam, 'production')
    const refused = (change: object, nowMs = 0) => {
      const answer = esam.unwrapOrder({ ...order, ...change }, nowMs)
      return answer.ok ? 0 : answer.refused
    }
    expect(refused({ level: 0x02 })).toBe(0x0004)
    expect(refused({ mac: Uint8Array.of(0, 0, 0, 0) })).toBe(0x0002)
    expect(refused({}, 30 * 60_000)).toBe(0x0008)
    expect(
      new Esam({ address: '1', serial, keys: 'test', random: seeded() }).unwrapOrder(order, 0),
    ).toEqual({
      ok: false,
      refused: 0x0008,
    })
    for (let n = 0; n < 200; n++) refused({ mac: Uint8Array.of(n, 0, 0, 1) })
    expect(refused({})).toBe(0x0001)
  })

  it('cannot be bent: no flipped bit is taken', async () => {
    const { machine, esam } = world()
    const order = await orderOf(machine, esam, 'production')
    const whole = Uint8Array.from([...order.data, ...order.mac])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * whole.length - 1 }), (bit) => {
        const bent = whole.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        const given = { ...order, data: bent.slice(0, 16), mac: bent.slice(16) }
        expect(
          new Esam({
            address: '000012345678',
            serial,
            keys: 'production',
            random: seeded(),
          }).unwrapOrder(given, 0).ok,
        ).toBe(false)
        expect(esam.unwrapOrder(given, 0).ok).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('is for one meter and one authentication', async () => {
    const { machine, esam } = world()
    const order = await orderOf(machine, esam, 'production')
    await authenticated(machine, esam, 'production')
    expect(esam.unwrapOrder(order, 0)).toEqual({ ok: false, refused: 0x0002 })
    const { data } = await authenticated(machine, esam, 'production')
    const other = new Esam({ address: '99', serial, keys: 'production', random: seeded() })
    expect(other.authenticate(data, 0)).toEqual({ ok: false, refused: 0x0004 })
    expect(other.authenticate(data.slice(1), 0)).toEqual({ ok: false, refused: 0x0001 })
  })
})

describe('a message of 376.1', () => {
  it('is authenticated for one terminal, one function and its data', async () => {
    const { machine, esam } = world()
    const data = Uint8Array.of(0, 0, 1, 2)
    const made = await machine.authenticateMessage(
      { keys: 'production', esam: serial },
      { afn: 5, data },
      never,
    )
    if (!made.ok) throw new Error(made.error.code)
    expect(esam.isMessageMac(5, data, made.value)).toBe(true)
    expect(esam.isMessageMac(4, data, made.value)).toBe(false)
    expect(esam.isMessageMac(5, data.slice(1), made.value)).toBe(false)
  })
})

describe('a cipher machine over a network', () => {
  it('says what it can do and which keys it holds', async () => {
    const { machine } = world()
    expect(await machine.health(never)).toMatchObject({
      ok: true,
      value: { keys: [{ set: 'test' }, { set: 'production' }], sessions: 0 },
    })
  })

  it('tells its own no apart from a line that is down', async () => {
    const { machine, fake, esam } = world()
    const ask = (keys: KeySet) =>
      machine.authenticateMeter({ keys, dispersion: dispersionOf(esam) }, never)
    fake.faults.mayUseProduction = false
    expect(await ask('production')).toMatchObject({
      error: { code: 'cipher.not-allowed', machineCode: 161, retry: 'never' },
    })
    fake.faults.keys = ['production']
    expect(await ask('test')).toMatchObject({ error: { code: 'cipher.no-key', machineCode: 45 } })
    fake.faults.outOfOrder = true
    expect(await ask('test')).toMatchObject({
      error: { code: 'cipher.unreachable', machineCode: 171, retry: 'later' },
    })
    fake.faults.outOfOrder = false
    fake.faults.keys = ['test', 'production']
    expect((await ask('test')).ok).toBe(true)
  })

  it('gives up on a silent one, and takes no late answer for the next call', async () => {
    const { clock, machine, fake, esam } = world()
    const device = { keys: 'test', dispersion: dispersionOf(esam) } as const
    fake.faults.silent = true
    const silent = machine.authenticateMeter(device, never)
    await clock.advance(5_000)
    expect(await silent).toMatchObject({ error: { code: 'cipher.timeout', retry: 'later' } })
    fake.faults.silent = false
    expect((await machine.authenticateMeter(device, never)).ok).toBe(true)
  })

  it('takes calls in turn, and not more than it can hold', async () => {
    const { machine, esam } = world()
    const device = { keys: 'test', dispersion: dispersionOf(esam) } as const
    const answers = await Promise.all(
      Array.from({ length: 70 }, () => machine.authenticateMeter(device, never)),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(64)
    expect(answers.at(-1)).toMatchObject({ error: { code: 'cipher.busy' } })
    const large = { ...trip, data: new Uint8Array(2_049) }
    const meter = { ...device, random: Uint8Array.of(1, 2, 3, 4), esam: serial }
    expect(await machine.protectOrder(meter, large, never)).toMatchObject({
      error: { code: 'cipher.limit' },
    })
  })

  it('understands an answer in any pieces, and hangs up on one that is none', async () => {
    const clock = new ManualClock()
    const random = seeded()
    const fake = fakeCipherMachine(random)
    const [near, far] = memoryPair()
    const [inner, machineEnd] = memoryPair()
    void fake.serve(machineEnd)
    void (async () => {
      for await (const chunk of far.bytes()) await inner.send(chunk, never)
    })()
    void (async () => {
      for await (const chunk of inner.bytes()) {
        for (const byte of chunk) await far.send(Uint8Array.of(byte), never)
      }
    })()
    const dialer = { name: 'pieces', open: async () => ({ ok: true, value: near }) as const }
    const machine = networkCipherMachine({ dialer, dialect: plainDialect, clock })
    const device = { keys: 'test', dispersion: new Uint8Array(8) } as const
    expect((await machine.authenticateMeter(device, never)).ok).toBe(true)
    const bad = machine.authenticateMeter(device, never)
    await far.send(Uint8Array.of(0xff, 0xff, 0, 0), never)
    expect(await bad).toMatchObject({ error: { code: 'cipher.damaged' } })
    await settle()
    expect(near.failure).toBeNull()
  })

  it('never throws, whatever an answer holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = plainDialect.decode(bytes)
        if (decoded?.kind === 'answer') expect(decoded.bytes).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})

describe('nothing secret', () => {
  it('is in a log or in anything that is printed, whatever happened', async () => {
    const lines: string[] = []
    const log = createLogger(
      { level: 'trace', pretty: false },
      { write: (line) => void lines.push(line) },
    )
    const { clock, machine, fake, esam } = world()
    const secrets: Uint8Array[] = []
    // Whatever the machine says is a secret of this test.
    const dialer = {
      ...fake.dialer,
      open: async () => {
        const [near, far] = memoryPair()
        const [inner, machineEnd] = memoryPair()
        void fake.serve(machineEnd)
        void (async () => {
          for await (const chunk of far.bytes()) await inner.send(chunk, never)
        })()
        void (async () => {
          for await (const chunk of inner.bytes()) {
            secrets.push(chunk.slice(6))
            await far.send(chunk, never)
          }
        })()
        return { ok: true, value: near } as const
      },
    }
    const watched = networkCipherMachine({ dialer, dialect: plainDialect, clock })
    const device = { keys: 'production', dispersion: dispersionOf(esam), counter: 0 } as const
    const opening = await watched.openSession(device, never)
    if (!opening.ok) throw new Error(opening.error.code)
    const { cipher, signature } = opening.value
    const answer = esam.connect(cipher, signature)
    if (!answer.ok) throw new Error('refused')
    const open = await watched.confirmSession(opening.value, answer.value, never)
    if (!open.ok) throw new Error(open.error.code)
    fake.faults.outOfOrder = true
    const refused = await watched.authenticateMeter(device, never)
    log.info({ event: 'cipher', machine: watched, session: open.value, refused, esam })
    log.error({ event: 'cipher', err: refused, machine })
    const printed = [
      ...lines,
      inspect(open.value),
      inspect(watched),
      JSON.stringify(refused),
    ].join()
    const sessionKey = secrets[1] ?? new Uint8Array(0)
    expect(sessionKey.length).toBe(16)
    for (const secret of [sessionKey, secrets[0]?.slice(0, 16) ?? sessionKey]) {
      const forms = [hex(secret), Buffer.from(secret).toString('base64'), [...secret].join(',')]
      for (const form of forms) expect(printed.toLowerCase()).not.toContain(form.toLowerCase())
    }
    expect(fake.heard).toEqual(['openSession', 'confirmSession', 'authenticateMeter'])
  })
})
