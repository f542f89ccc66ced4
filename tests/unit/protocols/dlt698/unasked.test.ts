import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  type Apdu,
  apdu,
  buildFrame,
  type Dlt698Request,
  dlt698,
  encodeApdu,
  parseAddress,
  reportedIn,
} from '#protocols/dlt698'
import { bytesOf, readingText, vector } from './vectors.ts'

const address = '000000000001'

function ask(body: Apdu): Dlt698Request {
  return { kind: 'apdu', address, client: 0x10, apdu: body }
}

function frameOf(data: Uint8Array, control: number): Uint8Array {
  const server = parseAddress(address)
  if (!server) throw new Error('no address')
  return buildFrame({ control, server, client: 0x10, data })
}

describe('what a device says unasked', () => {
  const now = { year: 2022, month: 2, day: 23, hour: 8, minute: 6, second: 9 }

  test.each([
    ['login of a terminal, 2022', 'login', '000000000001'],
    ['heartbeat of a terminal, 2022', 'heartbeat', '000000000001'],
    ['the connection ends', 'logout', '000000000001'],
    ['reports a voltage', 'report', '000000000001'],
    ['reports a record', 'report', '000000000001'],
    ['reports what came by a port', 'report', '000000000001'],
  ])('%s', (name, kind, from) => {
    expect(dlt698.unasked?.(bytesOf(vector(name).hex), now)).toMatchObject({ kind, address: from })
  })

  test('a login is answered with its own time and ours, and no word for our clock', () => {
    const said = dlt698.unasked?.(bytesOf(vector('login of a terminal, 2022').hex), now)
    // As published but for the milliseconds, which our clock has none of.
    expect(toHex(said?.answer ?? new Uint8Array()).slice(0, -6)).toBe(
      `68300001050100000000000052D981000007E60217030806380322${'07E60217030806090000'.repeat(2)}`,
    )
    expect(dlt698.effect(said?.answer ?? new Uint8Array())).toBe('read')
  })

  test.each([
    ['reports a voltage', 'a report of attributes is taken'],
    ['reports a record', 'a report of records is taken'],
    ['reports what came by a port', 'a report of a port is taken'],
  ])('%s: the answer is the one published', (name, published) => {
    const said = dlt698.unasked?.(bytesOf(vector(name).hex), now)
    expect(toHex(said?.answer ?? new Uint8Array())).toBe(vector(published).hex)
  })

  test('answers, requests, fragments and noise are none of these', () => {
    for (const name of ['active import, total', 'reads active import, total', 'first fragment']) {
      expect(dlt698.unasked?.(bytesOf(vector(name).hex), now)).toBe(null)
    }
    expect(dlt698.unasked?.(bytesOf('00'), now)).toBe(null)
  })
})

describe('what a report brings', () => {
  const meterRow = (meter: string, value: number) => [
    { type: 'TSA', bytes: bytesOf(`05${meter}`) } as const,
    { type: 'date_time_s', bytes: bytesOf('07EA0B15000000') } as const,
    { type: 'double-long-unsigned', value } as const,
  ]
  const report = apdu('ReportNotificationRecordList', 1, {
    results: [
      {
        object: '60120300',
        columns: [
          { oad: '202A0200', related: null },
          { oad: '60420200', related: null },
          { oad: '50040200', related: ['00100201'] },
        ],
        result: {
          kind: 'rows',
          value: [
            meterRow('000000000041', 7),
            meterRow('000000000042', 8),
            meterRow('000000000041', 9),
          ],
        },
      },
    ],
  })
  const frame = frameOf(encodeApdu(report), 0x83)

  test('of meters behind, by meter, in their series and with the time of storing', () => {
    const told = reportedIn(frame).map(({ device, readings }) => [
      device,
      readings.map(readingText),
    ])
    expect(told).toEqual([
      [
        '000000000041',
        ['daily:1.8.0=0.07@2026-11-21T00:00:00', 'daily:1.8.0=0.09@2026-11-21T00:00:00'],
      ],
      ['000000000042', ['daily:1.8.0=0.08@2026-11-21T00:00:00']],
    ])
  })

  test('is shown without codes, for they are not those of the sender', () => {
    const { readings } = dlt698.describe(frame)
    expect(readings.map(({ item, name }) => [item, name.slice(0, 18)])).toEqual([
      [null, 'Meter 000000000041'],
      [null, 'Meter 000000000042'],
      [null, 'Meter 000000000041'],
    ])
  })

  test('of the sender itself, and nothing in any other frame', () => {
    const [own] = reportedIn(bytesOf(vector('reports a voltage').hex))
    expect(own?.device).toBe('000000000001')
    expect(own?.readings.map(readingText)).toEqual(['32.7.0=22.0'])
    for (const name of ['active import, total', 'login', 'reports what came by a port']) {
      expect(reportedIn(bytesOf(vector(name).hex))).toEqual([])
    }
    expect(reportedIn(bytesOf('68'))).toEqual([])
  })
})

describe('what is told of a broken frame', () => {
  test('its header, where that is right', () => {
    const { hex } = vector('active import, total')
    const told = dlt698.describe(bytesOf(hex.slice(0, -10)))
    expect(told).toMatchObject({ valid: false, address: '000000000000', direction: 'reply' })
    expect(told.error?.code).toBe('dlt698.length')
    const damaged = dlt698.describe(bytesOf(`${hex.slice(0, -6)}000016`))
    expect(damaged.error?.code).toBe('dlt698.checksum')
    expect(damaged.extras).toMatchObject({ service: 'GetResponseNormal' })
    expect(damaged.readings).toEqual([])
  })

  test('an APDU that breaks off is told as far as it goes', () => {
    const told = dlt698.describe(frameOf(bytesOf('850101001002010106'), 0xc3))
    expect(told).toMatchObject({ valid: false, error: { code: 'dlt698.encoding' } })
    expect(told.parts.at(-3)?.text).toContain('not readable')
  })

  test('passwords are never shown', () => {
    const told = dlt698.describe(bytesOf(vector('connects with a password').hex))
    const text = JSON.stringify([told.extras, told.parts])
    expect(text).not.toContain('313233343536')
    const value = { type: 'visible-string', bytes: bytesOf('313233343536') } as const
    const set = apdu('SetRequestNormal', 1, { object: '44010200', value })
    const written = dlt698.describe(dlt698.encode(ask(set)))
    expect(JSON.stringify([written.extras, written.parts])).not.toContain('313233343536')
    expect(JSON.stringify(written.parts)).not.toContain('123456')
  })
})
