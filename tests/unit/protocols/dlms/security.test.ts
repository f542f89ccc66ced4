import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms, slave } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf } from './vectors.ts'

type SecurityKeys = Parameters<typeof slave.security.encipher>[0]['keys']

const { encipher, decipher, answerChallenge, isAnswerToChallenge, read } = slave.security
const dlms = createDlms(gcm)
const keys: SecurityKeys = {
  encryption: bytesOf('000102030405060708090A0B0C0D0E0F'),
  authentication: bytesOf('D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF'),
}
const title = bytesOf('4D4D4D0000BC614E')
const plain = bytesOf('C0010000080000010000FF0200')
const sealed = 'C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B'

function opened(hex: string, other = keys) {
  const ciphered = read(bytesOf(hex))
  if (!ciphered) throw new Error('not enciphered')
  return decipher(gcm, other, ciphered, title)
}

describe('the known answers of the Green Book', () => {
  it('enciphers a request for the clock', () => {
    expect(toHex(encipher({ gcm, keys, title }, plain, 0x01234567, 'service'))).toBe(sealed)
  })

  it('deciphers it again', () => {
    expect(opened(sealed)).toEqual({ ok: true, plain })
  })

  it('answers a challenge by GMAC', () => {
    const client = { gcm, keys, title: bytesOf('4D4D4D0000000001') }
    const challenge = bytesOf('503677524A323146')
    const answer = answerChallenge(client, challenge, 1)
    expect(toHex(answer)).toBe('10000000011A52FE7DD3E72748973C1E28')
    expect(isAnswerToChallenge(client, challenge, answer)).toBe(true)
    expect(isAnswerToChallenge({ ...client, title }, challenge, answer)).toBe(false)
    expect(isAnswerToChallenge(client, challenge, answer.subarray(1))).toBe(false)
  })
})

/** The same request as GuruxDLMS.Python e98a902 enciphers it. */
describe('the suites above 0', () => {
  const long = {
    encryption: Uint8Array.from({ length: 32 }, (_, index) => index),
    authentication: Uint8Array.from({ length: 32 }, (_, index) => 0xd0 + index),
  }
  const first = { ...keys, suite: 1 } as const

  it.each([
    [1, first, 'C81E3101234567411312FF935A47566827C467BCE8691C99484B00B2449055B5'],
    [2, long, 'C81E3201234567E82B2AD3EE8C12A6FB27038F08442193498C6A53DE55EEB9D2'],
  ])('%i enciphers and deciphers by its keys', (_, mine, hex) => {
    expect(toHex(encipher({ gcm, keys: mine, title }, plain, 0x01234567, 'service'))).toBe(hex)
    expect(opened(hex, mine)).toEqual({ ok: true, plain })
    expect(opened(sealed, mine)).toMatchObject({ ok: false, code: 'dlms.security-suite' })
    const challenge = bytesOf('503677524A323146')
    const answer = answerChallenge({ gcm, keys: mine, title }, challenge, 1)
    expect(isAnswerToChallenge({ gcm, keys: mine, title }, challenge, answer)).toBe(true)
    expect(isAnswerToChallenge({ gcm, keys, title }, challenge, answer)).toBe(false)
  })

  it('are chosen by the length of the keys, and the first by the profile', () => {
    const supports = (profile: string | null, bytes: number, other = bytes) => {
      const [encryptionKey, authenticationKey] = ['00'.repeat(bytes), '11'.repeat(other)]
      const access = { encryptionKey, authenticationKey }
      return dlms.plan(['1.8.0'], { address: '1', profile, access }).unsupported.length === 0
    }
    expect([supports(null, 16), supports(null, 32), supports('suite-1', 16)]).toEqual([
      true,
      true,
      true,
    ])
    expect([supports(null, 24), supports(null, 16, 32), supports('suite-1', 32)]).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('what is enciphered', () => {
  it('is refused with any bit of it changed', () => {
    const bytes = bytesOf(sealed)
    for (let bit = 16; bit < 8 * bytes.length; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const ciphered = read(flipped)
      if (!ciphered || (ciphered.control & 0x30) !== 0x30) continue
      expect(decipher(gcm, keys, ciphered, title).ok && (ciphered.control & 0x40) === 0).toBe(false)
    }
  })

  it('opens with the title that it carries, and of a notification tells all', () => {
    const hex =
      'DB082F192291991641033B30000001E5025CE9D2271FD78BE8C204211A916A9D7F587E0A7A814CADEA89E9593F01F92EA8C087B5BDFDEFEAB6BECF282DFE49C08F5BE6DC8400'
    const encryptionKey = toHex(Uint8Array.from('MYDUMMYGLOBALKEY', (each) => each.charCodeAt(0)))
    const access = { encryptionKey, authenticationKey: encryptionKey }
    const meter = { address: '1', profile: null, access }
    const session = createDlms(gcm).session(meter, (bytes) => new Uint8Array(bytes))
    expect(session.describe(bytesOf(hex)).extras).toMatchObject({ service: 'DataNotification' })
    const strangers = createDlms(gcm).session(
      { address: '1', profile: null },
      () => new Uint8Array(16),
    )
    expect(strangers.describe(bytesOf(hex)).error?.code).toBe('dlms.ciphered')
  })

  it('is read where it is only authenticated, or only encrypted', () => {
    const iv = slave.join(title, bytesOf('00000007'))
    const head = slave.join(Uint8Array.of(0x10), keys.authentication, plain)
    const tag = gcm.seal(keys.encryption, iv, head, new Uint8Array(0))
    const signed = slave.join(bytesOf('C81E1000000007'), plain, tag)
    expect(opened(toHex(signed))).toEqual({ ok: true, plain })
    const hidden = gcm.seal(keys.encryption, iv, new Uint8Array(0), plain).subarray(0, plain.length)
    expect(opened(toHex(slave.join(bytesOf('C8122000000007'), hidden)))).toEqual({
      ok: true,
      plain,
    })
  })

  it.each([
    ['C8053000000001', 'dlms.authentication-tag'],
    ['C8050000000001', 'dlms.security-control'],
    ['C8053100000001', 'dlms.security-suite'],
    ['D0053000000001', 'dlms.dedicated-key'],
  ])('%s stays closed: %s', (hex, code) => {
    expect(opened(hex)).toMatchObject({ ok: false, code })
  })
})
