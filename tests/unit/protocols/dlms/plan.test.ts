import { describe, expect, it } from 'vitest'
import { toHex } from '#protocols/bytes'
import { createDlms } from '#protocols/dlms'
import { items } from '#protocols/model'
import { gcm } from './aes-gcm.ts'

const dlms = createDlms(gcm)
const meter = { address: '1', profile: null }

function planned(item: string, profile: string | null = null) {
  const { requests, unsupported } = dlms.plan([item], { address: '1', profile })
  return { frames: requests.map((request) => toHex(dlms.encode(request))), unsupported }
}

describe('requests for items', () => {
  it('ask for the scaler of a register first, the value later', () => {
    const frame = '000100100001000DC001C100030100010800FF0300'
    expect(planned('1.8.0', 'wrapper').frames).toEqual([frame])
  })

  it('know an object for all but what only State Grid meters hold', () => {
    const { unsupported } = dlms.plan(
      items.map(({ code }) => code),
      meter,
    )
    expect(unsupported).toEqual([
      ...items.map(({ code }) => code).filter((code) => /^15\.8\.|^0\.0\.128\./.test(code)),
    ])
  })

  it.each([
    '3:1.0.1.8.0.255:2',
    '15:0.0.40.0.0.255:2',
    '7:1.0.99.1.0.255:2',
    '7:1.0.99.1.0.255:2#1-96',
    '7:1.0.99.1.0.255:2@2026-11-20T00:00..2026-11-21T00:00',
    '7:1.0.99.1.0.255:2@2026-11-20T00:00:15..2026-11-21T00:00:15',
  ])('take the own id %s', (item) => {
    expect(planned(item)).toMatchObject({ unsupported: [] })
  })

  it.each([
    '',
    '9.9',
    '3:1.0.1.8.0.256:2',
    '3:1.0.1.8.0.255:0',
    '99999:1.0.1.8.0.255:2',
    '3:1.0.1.8.0.255:2#1-2',
    '7:1.0.99.1.0.255:2#0-2',
    '7:1.0.99.1.0.255:2#1',
    '7:1.0.99.1.0.255:2@2026-11-20T00:00',
    '7:1.0.99.1.0.255:2@now..then',
  ])('have no word for %s', (item) => {
    expect(planned(item)).toEqual({ frames: [], unsupported: [item] })
  })

  it('are asked once each', () => {
    expect(dlms.plan(['1.8.0', '1.8.0'], meter).requests).toHaveLength(1)
  })
})

describe('addresses and access', () => {
  it.each([
    ['1', '03'],
    ['1/17', '0223'],
    ['1/17/4', '00020023'],
    ['1/1230', '0002129D'],
    ['200', '02900001'],
  ])('%s is a server in HDLC', (address, hex) => {
    const [request] = dlms.plan(['0.0.1.0.0'], { address, profile: null }).requests
    expect(request && toHex(dlms.encode(request)).slice(6, 6 + hex.length)).toBe(hex)
  })

  it.each(['', 'a', '1/2/3', '1/2/3/4', '20000', '-1'])('%j is none', (address) => {
    expect(dlms.plan(['1.8.0'], { address, profile: null }).unsupported).toEqual(['1.8.0'])
    expect(dlms.setClock?.(noon, { address, profile: null })).toBeNull()
  })

  it.each([
    { encryptionKey: '00' },
    { encryptionKey: '000102030405060708090A0B0C0D0E0F' },
    { password: '0xZZ' },
    { systemTitle: '4D4D' },
  ])('%j cannot be right', (access) => {
    expect(dlms.plan(['1.8.0'], { ...meter, access }).unsupported).toEqual(['1.8.0'])
  })

  it('orders only what the disconnect control knows', () => {
    const order = (action: 'trip' | 'alarm') => dlms.order?.({ action, expiresAt: noon }, meter)
    expect(order('trip')?.requests).toHaveLength(1)
    expect(order('alarm')).toEqual({ requests: [], unsupported: ['alarm'] })
  })
})

const noon = { year: 2026, month: 11, day: 22, hour: 12, minute: 0, second: 0 }
