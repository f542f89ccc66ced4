import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  buildFrame,
  type Dlt645v1997Request,
  type Dlt645v1997Response,
  dlt645v1997,
  encodeAnswers1997,
} from '#protocols/dlt645'
import { items, valueText } from '#protocols/model'
import { bytesOf, readingText } from './vectors.ts'

const address = '000012345678'
const meter = { address, profile: null }
const clock = { year: 2026, month: 11, day: 22, hour: 7, minute: 30, second: 13 }

function frame(control: number, data: string, to = address): Uint8Array {
  return buildFrame({ address: to, control, data: bytesOf(data) })
}

function response(control: number, data: string, from = address): Dlt645v1997Response {
  return { address: from, control, data: bytesOf(data) }
}

function planned(items: readonly string[], profile: string | null = null) {
  return dlt645v1997.plan(items, { address, profile })
}

const ids = (requests: readonly Dlt645v1997Request[]) => {
  return requests.map((request) => (request.kind === 'read' ? request.dataId : request.kind))
}

const read = (dataId: string, afterwards: readonly string[] = []): Dlt645v1997Request => {
  return { kind: 'read', address, dataId, afterwards, trailingBytes: 0 }
}

describe('a plan', () => {
  test('reads neighbours as a block and the rest alone', () => {
    const { requests, unsupported } = planned(['1.8.0', '1.8.2', '32.7.0', '9.7.0', 'c032'])
    expect(ids(requests)).toEqual(['901F', 'B611', 'C032'])
    expect(unsupported).toEqual(['9.7.0'])
    expect(ids(planned(['1.8.1', '901F']).requests)).toEqual(['901F'])
  })

  test('reads item by item where the maker has no blocks', () => {
    expect(ids(planned(['1.8.0', '1.8.1'], 'no-blocks').requests)).toEqual(['9010', '9011'])
    expect(ids(planned(['0.0.1.0.0'], 'unheard-of').requests)).toEqual(['C010', 'C011'])
  })

  test('reads a demand with its time and the date, by its code alone', () => {
    expect(planned(['1.6.0']).requests).toEqual([read('A010', ['B010', 'C010'])])
    expect(planned(['1.6.0', '1.6.1']).requests).toEqual([read('A01F', ['B01F', 'C010'])])
    expect(planned(['A010', 'B010']).requests).toEqual([read('A010'), read('B010')])
  })

  test('has no item of this edition twice', () => {
    const { requests } = planned(items.map(({ code }) => code))
    expect(new Set(ids(requests)).size).toBe(requests.length)
    expect(requests.length).toBeGreaterThan(15)
  })
})

describe('an answer', () => {
  test('is taken only from the meter, the function and the item asked for', () => {
    const request = read('9010')
    const answers = (control: number, data: string, from?: string) => {
      return dlt645v1997.answers(request, response(control, data, from))
    }
    expect(answers(0x81, '109001000000')).toBe(true)
    expect(answers(0xc1, '02')).toBe(true)
    expect(answers(0x01, '1090')).toBe(false)
    expect(answers(0x81, '209001000000')).toBe(false)
    expect(answers(0x81, '10')).toBe(false)
    expect(answers(0x82, '109001000000')).toBe(false)
    expect(answers(0x81, '109001000000', '000012345679')).toBe(false)
    const all: Dlt645v1997Request = { ...read('9010'), address: '999999999999' }
    expect(dlt645v1997.answers(all, response(0x81, '109001000000'))).toBe(true)
    const any: Dlt645v1997Request = { ...read('9010'), address: 'AAAAAAAA5678' }
    expect(dlt645v1997.answers(any, response(0x81, '109001000000'))).toBe(true)
  })

  test('to a write needs no identifier, and to the broadcast nothing answers', () => {
    const clear: Dlt645v1997Request = { kind: 'clear-demand', address, password: '00123456' }
    expect(dlt645v1997.answers(clear, response(0x90, ''))).toBe(true)
    expect(dlt645v1997.readings(clear, [response(0x90, '')])).toEqual({ ok: true, readings: [] })
    const broadcast: Dlt645v1997Request = { kind: 'set-clock', address, time: clock }
    expect(dlt645v1997.expectsAnswer(broadcast)).toBe(false)
    expect(dlt645v1997.answers(broadcast, response(0x88, ''))).toBe(false)
    expect(dlt645v1997.expectsAnswer(clear)).toBe(true)
    expect(dlt645v1997.follow(clear, response(0x90, ''))).toBeNull()
  })

  test('in parts is joined, and nothing is read from half of it', () => {
    const payload = bytesOf('3030000028020000958403000000000000000000AA')
    const frames = encodeAnswers1997(address, '901F', payload, 12)
    const parts: Dlt645v1997Response[] = []
    let request: Dlt645v1997Request | null = read('901F')
    for (const bytes of frames) {
      const decoded = dlt645v1997.decode(bytes)
      if (decoded.kind !== 'answer' || !request) throw new Error('no answer')
      expect(dlt645v1997.answers(request, decoded.response)).toBe(true)
      parts.push(decoded.response)
      request = dlt645v1997.follow(request, decoded.response)
    }
    expect(request).toBeNull()
    expect(parts).toHaveLength(3)
    const whole = dlt645v1997.readings(read('901F'), parts)
    expect(whole.ok && whole.readings.map(({ value }) => valueText(value))).toEqual([
      '30.30',
      '2.28',
      '384.95',
      '0.00',
      '0.00',
    ])
    expect(dlt645v1997.readings(read('901F'), parts.slice(0, 2))).toMatchObject({ ok: false })
    expect(dlt645v1997.readings(read('901F'), [])).toMatchObject({ ok: false })
    expect(dlt645v1997.readings(read('9010'), parts)).toMatchObject({ ok: false })
    const twice = dlt645v1997.readings(read('901F'), [...parts, ...parts.slice(2)])
    expect(twice).toMatchObject({ ok: false, malformed: { code: 'dlt645.incomplete' } })
  })

  test('that refuses has no values and no follow-up', () => {
    const refusal = response(0xe1, '02')
    expect(dlt645v1997.follow(read('9010', ['B010']), refusal)).toBeNull()
    expect(dlt645v1997.readings(read('9010'), [refusal])).toMatchObject({
      ok: false,
      malformed: { code: 'dlt645.no-such-data' },
    })
    expect(dlt645v1997.decode(frame(0x01, '1090'))).toMatchObject({ kind: 'malformed' })
  })

  test('of a make that appends a byte is read under its profile alone', () => {
    const decoded = dlt645v1997.decode(bytesOf('FEFEFEFE681111115312356881 0743C3BC7646333 40A16'))
    if (decoded.kind !== 'answer') throw new Error('no answer')
    const [strict] = planned(['9010']).requests
    const [lenient] = planned(['9010'], 'status-byte').requests
    if (!strict || !lenient) throw new Error('no plan')
    expect(dlt645v1997.readings(strict, [decoded.response])).toMatchObject({
      ok: false,
      malformed: { code: 'dlt645.data-length' },
    })
    const read = dlt645v1997.readings(lenient, [decoded.response])
    expect(read.ok && read.readings.map(readingText)).toEqual(['1.8.0=1343.89'])
  })
})

describe('a maximum demand', () => {
  const chain = (time: string, today: string) => {
    const request = read('A010', ['B010', 'C010'])
    const parts = [
      response(0x81, '10A0452301'),
      response(0x81, `10B0${time}`),
      response(0x81, `10C0${today}`),
    ]
    let next: Dlt645v1997Request | null = request
    for (const part of parts) {
      if (!next) throw new Error('ended early')
      expect(dlt645v1997.answers(next, part)).toBe(true)
      next = dlt645v1997.follow(next, part)
    }
    expect(next).toBeNull()
    const values = dlt645v1997.readings(request, parts)
    return values.ok ? values.readings.map(readingText) : values.malformed.code
  }

  test('takes the year from the date of the meter', () => {
    expect(chain('30152011', '00221126')).toEqual(['1.6.0=1.2345@2026-11-20T15:30:00'])
    expect(chain('30152112', '00030127')).toEqual(['1.6.0=1.2345@2026-12-21T15:30:00'])
  })

  test('that never occurred, or at no date, has no time', () => {
    expect(chain('00000000', '00221126')).toEqual(['1.6.0=1.2345'])
    expect(chain('30153113', '00221126')).toEqual(['1.6.0=1.2345'])
    expect(chain('30152011', 'FFFFFFFF')).toEqual(['1.6.0=1.2345'])
    expect(chain('FFFFFFFF', '00221126')).toEqual(['1.6.0=1.2345'])
  })
})

describe('the clock', () => {
  test('is written as date and time under the password, one after the other', () => {
    const request = dlt645v1997.setClock?.(clock, { ...meter, access: { password: '00123456' } })
    if (!request) throw new Error('no request')
    expect(toHex(dlt645v1997.encode(request))).toBe(
      toHex(frame(0x04, '10C0' + '00563412' + '00221126')),
    )
    const next = dlt645v1997.follow(request, response(0x84, ''))
    if (!next) throw new Error('no second request')
    expect(toHex(dlt645v1997.encode(next))).toBe(toHex(frame(0x04, '11C000563412133007')))
    expect(dlt645v1997.follow(next, response(0x84, ''))).toBeNull()
  })

  test('needs a password of four bytes', () => {
    expect(dlt645v1997.setClock?.(clock, meter)).toBeNull()
    const short = { ...meter, access: { password: '001234' } }
    expect(dlt645v1997.setClock?.(clock, short)).toBeNull()
  })
})

test.for([
  [0x01, '1090', 'read'],
  [0x02, '1090', 'read'],
  [0x03, '', 'read'],
  [0x04, '10C00056341200221126', 'clock'],
  [0x04, '11C000563412133007', 'clock'],
  [0x04, '34B6005634125000', 'load-limit'],
  [0x04, '32C000563412785634120000', 'address'],
  [0x04, '22C00056341241', 'price'],
  [0x04, '10C30056341202', 'price'],
  [0x04, '31C300563412040000', 'price'],
  [0x04, '13C400563412010110', 'price'],
  [0x04, '19C10056341200000000', 'clear'],
  [0x04, '12C20056341202563412', 'key'],
  [0x04, '30C000563412001600', 'write'],
  [0x04, '1090' + '00563412' + '00000000', 'unknown'],
  [0x04, '1FC0005634120022112613300 7'.replace(' ', ''), 'unknown'],
  [0x04, '23E300000000111111', 'unknown'],
  [0x04, '10C0', 'unknown'],
  [0x08, '053022211126', 'clock'],
  [0x08, '053022213126', 'unknown'],
  [0x0a, '785634120000', 'address'],
  [0x0c, '08', 'mode'],
  [0x0f, '0112345602123456', 'key'],
  [0x10, '00563412', 'clear'],
  [0x01, '109000', 'unknown'],
  [0x11, '00000100', 'unknown'],
  [0x05, '', 'unknown'],
  [0x81, '109000000000', 'unknown'],
] as const)('control %i with %s is classified', ([control, data, effect]) => {
  expect(dlt645v1997.effect(frame(control, data))).toBe(effect)
})

test('bytes before or behind a frame make it unknown', () => {
  const bytes = frame(0x01, '1090')
  expect(dlt645v1997.effect(Uint8Array.of(...bytes, 0))).toBe('unknown')
  expect(dlt645v1997.effect(new Uint8Array())).toBe('unknown')
})
