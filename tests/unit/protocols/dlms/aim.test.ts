import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms, slave } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf, vectors } from './vectors.ts'

const dlms = createDlms(gcm)
const relay = { classId: 70, obis: '0.0.96.3.10.255', access: null }
const value = { kind: 'integer', tag: 15, value: 0 } as const
type Target = typeof relay & { readonly id: number }
type Value = Parameters<typeof slave.data.write>[0]

const wrapped = (apdu: Uint8Array, destination = 1) =>
  slave.frame.buildWrapped({ source: 16, destination, apdu })

function hdlc(apdu: Uint8Array, upper: number, lower: number | null, bytes: 1 | 2 | 4) {
  const info = slave.join(Uint8Array.of(0xe6, 0xe6, 0x00), apdu)
  return slave.frame.build({
    destination: { upper, lower, bytes },
    source: { upper: 16, lower: null, bytes: 1 },
    control: 0x10,
    segmented: false,
    info,
  })
}

function action(targets: readonly Target[], given: Value = value): Uint8Array {
  return slave.apdu.writeService({
    kind: 'action-request',
    form: targets.length > 1 ? 'list' : 'normal',
    invoke: 0xc1,
    targets,
    values: targets.map(() => given),
    block: null,
    taken: null,
  })
}

const trip = action([{ ...relay, id: 1 }])

/** The frame as a journal keeps it. */
function shown(frame: Uint8Array): string {
  const pairs = Array.from(frame, (each) => toHex(Uint8Array.of(each)))
  for (const { from, to } of dlms.aim?.(frame)?.secrets ?? []) pairs.fill('**', from, to)
  return pairs.join('')
}

describe('an order to the disconnect control', () => {
  it.each([
    [1, 'trip'],
    [2, 'close'],
    [3, null],
  ])('method %i is %s', (id, order) => {
    expect(dlms.aim?.(wrapped(action([{ ...relay, id }])))).toEqual({
      address: '1',
      isGroup: false,
      action: order,
      expiresAt: null,
      secrets: [],
    })
  })

  it('to another class is none', () => {
    const one = action([{ ...relay, classId: 3, id: 1 }])
    expect(dlms.aim?.(wrapped(one))).toMatchObject({ action: null })
  })

  it('among others, or in blocks, has no aim', () => {
    const both = action([
      { ...relay, id: 2 },
      { ...relay, id: 1 },
    ])
    expect(dlms.aim?.(wrapped(both))).toBeNull()
    const block = { number: 1, last: false, bytes: Uint8Array.of(15) }
    const first = slave.apdu.writeService({
      ...{ kind: 'action-request', form: 'first-block', invoke: 1, taken: null },
      ...{ targets: [{ ...relay, id: 1 }], values: [], block },
    })
    expect(dlms.aim?.(wrapped(first))).toBeNull()
  })
})

describe('whom a frame is for', () => {
  it.each([
    [1, null, 1, '1', false],
    [1, 17, 2, '1/17', false],
    [1, 17, 4, '1/17/4', false],
    [0x7f, null, 1, '127', true],
    [1, 0x7f, 2, '1/127', true],
    [0x7f, 17, 2, '127/17', true],
    [0x3fff, 0x3fff, 4, '16383/16383', true],
    [1, 0x3fff, 4, '1/16383', true],
    [0, null, 1, '0', true],
  ] as const)('%s behind %s in %i bytes is %s', (upper, lower, width, address, isGroup) => {
    expect(dlms.aim?.(hdlc(trip, upper, lower, width))).toMatchObject({ address, isGroup })
  })

  it('is everybody at the wrapper port of all stations', () => {
    expect(dlms.aim?.(wrapped(trip, 0x7f))).toMatchObject({ isGroup: true })
    expect(dlms.aim?.(wrapped(trip, 0))).toMatchObject({ isGroup: true })
  })

  it('cannot be told of answers, pieces and broken frames', () => {
    for (const { hex, direction, valid } of vectors) {
      if (direction !== 'request' || !valid) expect(dlms.aim?.(bytesOf(hex))).toBeNull()
    }
    const frame = wrapped(trip)
    expect(dlms.aim?.(slave.join(frame, frame))).toBeNull()
    expect(dlms.aim?.(frame.subarray(1))).toBeNull()
  })
})

describe('what no journal shows', () => {
  const secret = 'SuperGeheim'
  const hex = toHex(Uint8Array.from(secret, (letter) => letter.charCodeAt(0)))
  const meter = { address: '1/17', profile: null, access: { password: secret } }

  it('is the password of an association, and the check over it', () => {
    const aarq = slave.apdu.writeAcse({
      ...slave.apdu.noAcse,
      ...{ kind: 'aarq', context: 1, mechanism: 1, authentication: bytesOf(hex) },
    })
    for (const frame of [wrapped(aarq), hdlc(aarq, 1, 17, 2)]) {
      expect(toHex(frame)).toContain(hex)
      expect(shown(frame)).toContain('**'.repeat(secret.length))
      expect(shown(frame)).not.toContain(hex)
    }
    expect(shown(hdlc(aarq, 1, 17, 2))).toMatch(/\*{4}7E$/)
    const onTcp = { ...meter, address: '1', profile: 'wrapper' }
    const session = dlms.session(onTcp, () => new Uint8Array())
    const [request] = session.plan(['1.8.0'], onTcp).requests
    const sent = request && session.encode(request)
    const places = sent && session.aim?.(sent)?.secrets
    expect(places).toEqual([{ from: expect.any(Number), to: expect.any(Number) }])
  })

  it.each([
    ['a secret of an association', 15, 2],
    ['keys', 64, 2],
  ])('is what is given to objects that keep %s', (_, classId, id) => {
    const key = '00112233445566778899AABBCCDDEEFF'
    const octets = slave.data.octets(bytesOf(key))
    const list = slave.data.structure(slave.data.integer(17, 1), octets)
    const frame = wrapped(action([{ ...relay, classId, id }], list))
    expect(toHex(frame)).toContain(key)
    expect(shown(frame)).not.toContain(key)
  })
})

describe('an enciphered order', () => {
  const key = '000102030405060708090A0B0C0D0E0F'
  const access = { encryptionKey: key, authenticationKey: key, password: 'p' }
  const meter = { address: '1', profile: 'wrapper', access }
  const title = bytesOf('4D4D4D0000BC614E')
  const keys = { encryption: bytesOf(key), authentication: bytesOf(key) }
  const expiresAt = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
  const aare = slave.apdu.writeAcse({
    ...slave.apdu.noAcse,
    ...{ kind: 'aare', context: 3, result: 0, diagnostic: { source: 'user', value: 0 }, title },
  })

  /** The frame that moves the relay, after association and a look at the control mode. */
  function lastOf(action: 'trip' | 'close' | 'allow-close', mode: string) {
    const session = dlms.session(meter, (bytes) => new Uint8Array(bytes))
    let [request] = session.order?.({ action, expiresAt }, meter).requests ?? []
    const look = slave.security.encipher({ gcm, keys, title }, bytesOf(mode), 1, 'service')
    let frame = request ? session.encode(request) : new Uint8Array()
    for (const apdu of [aare, look]) {
      const answer = slave.frame.buildWrapped({ source: 1, destination: 16, apdu })
      const decoded = session.decode(answer)
      if (!request || decoded.kind !== 'answer') throw new Error('not answered')
      expect(session.answers(request, decoded.response)).toBe(true)
      request = session.follow(request, decoded.response) ?? undefined
      frame = request ? session.encode(request) : new Uint8Array()
    }
    return { session, frame }
  }

  it.each([
    ['trip', 'trip', 'C401C1001602'],
    ['close', 'relay', 'C401C1001602'],
    ['allow-close', 'relay', 'C401C1001601'],
  ] as const)('%s is seen by the session that wrote it alone', (action, effect, mode) => {
    const { session, frame } = lastOf(action, mode)
    expect(session.effect(frame)).toBe(effect)
    expect(session.aim?.(frame)).toMatchObject({ address: '1', isGroup: false, action })
    expect(dlms.aim?.(frame)).toBeNull()
    const last = frame.length - 1
    const bent = frame.map((byte, index) => (index === last ? byte ^ 1 : byte))
    expect(session.aim?.(bent)).toBeNull()
    const stranger = dlms.session(
      { ...meter, access: { ...access, encryptionKey: key.replace('00', 'FF') } },
      (bytes) => new Uint8Array(bytes),
    )
    expect(stranger.aim?.(frame)).toBeNull()
  })
})
