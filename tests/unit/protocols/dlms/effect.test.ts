import { describe, expect, it } from 'vitest'
import { createDlms, slave } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf } from './vectors.ts'

const dlms = createDlms(gcm)
const obis = '0.0.1.0.0.255'
const target = (classId: number, id: number, name = obis) => ({
  classId,
  obis: name,
  id,
  access: null,
})
type Target = ReturnType<typeof target>
const value = { kind: 'null', tag: 0 } as const
const wrapped = (apdu: Uint8Array) => slave.frame.buildWrapped({ source: 16, destination: 1, apdu })

function set(...targets: readonly Target[]): Uint8Array {
  const form = targets.length > 1 ? 'list' : 'normal'
  const values = targets.map(() => value)
  const service = { kind: 'set-request', form, invoke: 0xc1, targets, values, block: null } as const
  return wrapped(slave.apdu.writeService(service))
}

function action(...targets: readonly Target[]): Uint8Array {
  const form = targets.length > 1 ? 'list' : 'normal'
  const service = {
    kind: 'action-request',
    form,
    invoke: 0xc1,
    targets,
    values: targets.map(() => value),
    block: null,
    taken: null,
  } as const
  return wrapped(slave.apdu.writeService(service))
}

describe('what a frame would do', () => {
  it.each([
    [8, 2, 'clock'],
    [3, 2, 'clear'],
    [20, 7, 'price'],
    [15, 7, 'key'],
    [23, 8, 'address'],
    [70, 4, 'relay'],
    [71, 4, 'load-limit'],
    [9, 2, 'unknown'],
    [22, 4, 'unknown'],
    [18, 2, 'unknown'],
    [1, 2, 'unknown'],
    [8, 1, 'unknown'],
    [999, 2, 'unknown'],
  ])('writing class %i, attribute %i: %s', (classId, id, effect) => {
    expect(dlms.effect(set(target(classId, id)))).toBe(effect)
  })

  it.each([
    [70, 1, 'trip'],
    [70, 2, 'relay'],
    [70, 3, 'unknown'],
    [15, 1, 'read'],
    [15, 2, 'key'],
    [8, 5, 'clock'],
    [3, 1, 'clear'],
    [7, 2, 'write'],
    [9, 1, 'unknown'],
    [18, 4, 'unknown'],
  ])('method of class %i, number %i: %s', (classId, id, effect) => {
    expect(dlms.effect(action(target(classId, id)))).toBe(effect)
  })

  it('is that of the worst in a list', () => {
    expect(dlms.effect(action(target(15, 1), target(70, 1)))).toBe('trip')
    expect(dlms.effect(action(target(70, 1), target(9, 1)))).toBe('unknown')
    expect(dlms.effect(set(target(8, 2), target(15, 7)))).toBe('key')
    expect(dlms.effect(set(target(1, 2, '0.0.96.1.0.255')))).toBe('address')
  })

  it('is unknown for anything that is not exactly one whole request', () => {
    const frame = action(target(15, 1))
    expect(dlms.effect(frame)).toBe('read')
    expect(dlms.effect(slave.join(frame, frame))).toBe('unknown')
    expect(dlms.effect(slave.join(Uint8Array.of(0), frame))).toBe('unknown')
    expect(dlms.effect(new Uint8Array(0))).toBe('unknown')
    expect(dlms.effect(wrapped(bytesOf('C401C1000600003039')))).toBe('unknown')
    expect(dlms.effect(wrapped(bytesOf('D90000000000')))).toBe('unknown')
    expect(dlms.effect(wrapped(bytesOf('E0850002000600')))).toBe('read')
    expect(dlms.effect(wrapped(bytesOf('E0850002000601C3')))).toBe('unknown')
    expect(dlms.aim?.(wrapped(bytesOf('E0850002000600')))).toBeNull()
  })

  it('is unknown to all but the session that enciphered it', () => {
    const key = '000102030405060708090A0B0C0D0E0F'
    const access = { encryptionKey: key, authenticationKey: key, password: 'p' }
    const meter = { address: '1', profile: 'wrapper', access }
    const session = dlms.session(meter, (bytes) => new Uint8Array(bytes))
    const [request] = session.order?.({ action: 'trip', expiresAt: noon }, meter).requests ?? []
    if (!request) throw new Error('planned one')
    const aarq = session.encode(request)
    expect(session.effect(aarq)).toBe('read')
    const title = bytesOf('4D4D4D0000BC614E')
    const aare = slave.apdu.writeAcse({
      ...slave.apdu.noAcse,
      kind: 'aare',
      context: 3,
      result: 0,
      diagnostic: { source: 'user', value: 0 },
      title,
    })
    const accepted = session.decode(reply(aare))
    if (accepted.kind !== 'answer') throw new Error('accepted')
    expect(session.answers(request, accepted.response)).toBe(true)
    const next = session.follow(request, accepted.response)
    const look = next && session.encode(next)
    if (!look) throw new Error('goes on')
    expect([session.effect(look), dlms.effect(look)]).toEqual(['read', 'unknown'])
    const keys = { encryption: bytesOf(key), authentication: bytesOf(key) }
    const direct = bytesOf('C401C1001602')
    const answer = slave.security.encipher({ gcm, keys, title }, direct, 1, 'service')
    const mode = session.decode(reply(answer))
    if (mode.kind !== 'answer' || !next) throw new Error('answered')
    expect(session.answers(next, mode.response)).toBe(true)
    const trip = session.follow(next, mode.response)
    const frame = trip && session.encode(trip)
    if (!frame) throw new Error('goes on')
    expect([session.effect(frame), dlms.effect(frame)]).toEqual(['trip', 'unknown'])
    expect(session.effect(slave.join(frame, Uint8Array.of(0)))).toBe('unknown')
    expect(session.invocationCounter).toBe(3)
  })
})

const noon = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
const reply = (apdu: Uint8Array) => slave.frame.buildWrapped({ source: 1, destination: 16, apdu })
