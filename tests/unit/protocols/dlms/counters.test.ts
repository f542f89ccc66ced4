import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'

const dlms = createDlms(gcm)

describe('invocation counters', () => {
  const key = '000102030405060708090A0B0C0D0E0F'
  const access = { encryptionKey: key, authenticationKey: key }
  const opening = (counters: readonly number[], invocationCounter = 0) => {
    const meter = { address: '1', profile: 'wrapper', access: { ...access, invocationCounter } }
    const left = [...counters]
    const session = dlms.session(
      meter,
      (bytes) => new Uint8Array(bytes),
      () => left.shift() ?? 0,
    )
    const [request] = session.plan(['1.8.0'], meter).requests
    if (!request) throw new Error('planned one')
    return { session, open: () => session.encode(request) }
  }

  it('are those that are given', () => {
    const { session, open } = opening([700])
    expect(toHex(open())).toContain('30000002BC')
    expect(session.invocationCounter).toBe(700)
  })

  it('that were used are not used again, and nothing is sent', () => {
    expect(opening([7], 7).open).toThrow('no invocation counter is left')
    expect(opening([2 ** 32]).open).toThrow('no invocation counter is left')
  })

  it.each([-1, 1.5, 0xffff_ffff])('of %d are none to begin with', (invocationCounter) => {
    const meter = { address: '1', profile: null, access: { ...access, invocationCounter } }
    expect(dlms.plan(['1.8.0'], meter).unsupported).toEqual(['1.8.0'])
  })
})
