import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  type Apdu,
  apdu,
  buildFrame,
  type Dlt698Request,
  type Dlt698Response,
  dlt698,
  encodeApdu,
  parseAddress,
} from '#protocols/dlt698'
import { bytesOf, readingText, vector } from './vectors.ts'

const address = '000000000001'

function ask(body: Apdu): Dlt698Request {
  return { kind: 'apdu', address, client: 0x10, apdu: body }
}

function came(body: Apdu, control = 0xc3): Dlt698Response {
  return response(frameOf(encodeApdu(body), control))
}

function frameOf(data: Uint8Array, control: number): Uint8Array {
  const server = parseAddress(address)
  if (!server) throw new Error('no address')
  return buildFrame({ control, server, client: 0x10, data })
}

function response(frame: Uint8Array): Dlt698Response {
  const decoded = dlt698.decode(frame)
  if (decoded.kind === 'malformed') throw new Error(decoded.malformed.message)
  return decoded.response
}

const energy = (object: string, value: number) =>
  ({ object, result: { kind: 'data', value: { type: 'double-long-unsigned', value } } }) as const
const normal = apdu('GetRequestNormal', 5, { object: '00100201' })
const answer = apdu('GetResponseNormal', 5, energy('00100201', 123_456))

describe('an answer is taken only from whom, and for what, it was asked', () => {
  test('of the same address, client, number and object', () => {
    expect(dlt698.answers(ask(normal), came(answer))).toBe(true)
    expect(dlt698.answers({ ...ask(normal), address: '000000000002' }, came(answer))).toBe(false)
    expect(dlt698.answers({ ...ask(normal), address: `${address}/1` }, came(answer))).toBe(false)
    expect(dlt698.answers({ ...ask(normal), client: 0x11 }, came(answer))).toBe(false)
    expect(dlt698.answers(ask({ ...normal, piid: 6 }), came(answer))).toBe(false)
    const other = apdu('GetRequestNormal', 5, { object: '00100200' })
    expect(dlt698.answers(ask(other), came(answer))).toBe(false)
    const set = apdu('SetResponseNormal', 5, { object: '00100201', dar: 0 })
    expect(dlt698.answers(ask(normal), came(set))).toBe(false)
  })

  test('a wildcard takes the answer of the one device that is there; ACD does not matter', () => {
    const any = { ...ask(normal), address: 'AAAAAAAAAAAA' }
    expect(dlt698.answers(any, came({ ...answer, piid: 0x45 }))).toBe(true)
  })

  test('an error answers whatever was asked under its number', () => {
    expect(dlt698.answers(ask(normal), came(apdu('ERROR-Response', 5, { error: 2 })))).toBe(true)
  })

  test('requests, links and answers of clients are none', () => {
    for (const name of ['reads active import, total', 'login', 'answers a report']) {
      expect(dlt698.decode(bytesOf(vector(name).hex)).kind).toBe('malformed')
    }
  })

  test('what is enciphered answers only what was sent in an envelope', () => {
    const cipher = response(bytesOf(vector('an enciphered answer').hex))
    expect(dlt698.answers(ask(normal), cipher)).toBe(false)
    const envelope = apdu('SECURITY-Request', 0, {
      payload: { kind: 'cipher', value: Uint8Array.of(1) },
      verification: { kind: 'random', value: Uint8Array.of(2) },
    })
    expect(dlt698.answers(ask(envelope), cipher)).toBe(true)
    expect(dlt698.readings(ask(envelope), [cipher])).toMatchObject({ ok: false })
  })
})

describe('a refusal', () => {
  test.each([
    ['setting is denied', 'dlt698.denied'],
    ['an action is denied', 'dlt698.denied'],
    ['one of two was set', 'dlt698.denied'],
    ['action done', 'dlt698.undefined-object'],
    ['service not supported', 'dlt698.error-service'],
    ['nothing came back by the port', 'dlt698.temporary'],
    ['the envelope is refused', 'dlt698.temporary'],
    ['no record of a meter behind', 'dlt698.undefined-object'],
  ])('%s', (name, code) => {
    expect(dlt698.decode(bytesOf(vector(name).hex))).toMatchObject({
      kind: 'refusal',
      refusal: { code },
    })
  })

  test.each([
    [1, 'dlt698.error-apdu', 'error 1, the APDU cannot be parsed'],
    [2, 'dlt698.error-service', 'error 2, the service is not supported'],
    [255, 'dlt698.error-other', 'error 255, another error'],
    [7, 'dlt698.error-7', 'error 7, a code unknown here'],
  ])('by an error of kind %i says it in its own words', (error, code, message) => {
    const frame = frameOf(encodeApdu(apdu('ERROR-Response', 1, { error })), 0xc3)
    expect(dlt698.decode(frame)).toMatchObject({ kind: 'refusal', refusal: { code, message } })
    const told = dlt698.describe(frame).parts.map(({ text }) => text)
    expect(told).toContain(message.replace(' ', ': '))
  })

  test.each([
    [1, 'dlt698.connect-password', 'the password is wrong'],
    [2, 'dlt698.connect-symmetric', 'symmetric decryption failed'],
    [5, 'dlt698.connect-version', 'the version of the protocol does not match'],
    [255, 'dlt698.connect-other', 'another error'],
    [9, 'dlt698.connect-9', 'a code unknown here'],
  ])('of a connection by result %i says why', (result, code, why) => {
    const { apdu: granted } = response(bytesOf(vector('connected').hex))
    if (granted?.service !== 'CONNECT-Response') throw new Error('no answer to CONNECT')
    const denied = { ...granted, body: { ...granted.body, result } }
    const frame = frameOf(encodeApdu(denied), 0xc3)
    const message = `not connected, result ${result}: ${why}`
    expect(dlt698.decode(frame)).toMatchObject({ kind: 'refusal', refusal: { code, message } })
    const told = dlt698.describe(frame).parts.map(({ text }) => text)
    expect(told).toContain(`result: ${result}, ${why}`)
  })

  test('of some of a list leaves the rest an answer; of all of it is a refusal', () => {
    const dar = (object: string) => ({ object, result: { kind: 'dar', value: 4 } }) as const
    const some = apdu('GetResponseNormalList', 1, {
      results: [dar('200F0200'), energy('00100201', 7)],
    })
    const decoded = dlt698.decode(frameOf(encodeApdu(some), 0xc3))
    expect(decoded.kind).toBe('answer')
    const none = apdu('GetResponseNormalList', 1, { results: [dar('200F0200')] })
    expect(dlt698.decode(frameOf(encodeApdu(none), 0xc3)).kind).toBe('refusal')
  })

  test('of an unknown code keeps its number', () => {
    const odd = apdu('SetResponseNormal', 1, { object: '40000200', dar: 99 })
    expect(dlt698.decode(frameOf(encodeApdu(odd), 0xc3))).toMatchObject({
      refusal: { code: 'dlt698.dar-99' },
    })
  })
})

describe('blocks of a GET', () => {
  const list = apdu('GetRequestNormalList', 1, { objects: ['00100201', '00200201'] })
  const first = response(bytesOf(vector('the first of two blocks').hex))
  const second = response(bytesOf(vector('the second of two blocks').hex))

  test('are asked for one by one and read together', () => {
    expect(dlt698.answers(ask(list), first)).toBe(true)
    const next = dlt698.follow(ask(list), first)
    if (!next) throw new Error('nothing follows')
    expect(toHex(dlt698.encode(next))).toBe(vector('asks for the next block').hex)
    expect(dlt698.answers(next, second)).toBe(true)
    expect(dlt698.answers(next, first)).toBe(false)
    expect(dlt698.follow(next, second)).toBe(null)
    const read = dlt698.readings(ask(list), [first, second])
    expect(read.ok && read.readings.map(readingText)).toEqual(['1.8.0=123.45', '2.8.0=0.07'])
  })

  test('one that is missing, twice there, or behind the last is malformed', () => {
    for (const parts of [[first], [second], [first, first], [second, first], []]) {
      expect(dlt698.readings(ask(list), parts).ok).toBe(false)
    }
    expect(dlt698.readings(ask(normal), [came(answer), came(answer)]).ok).toBe(false)
  })

  test('of records are rows of one table', () => {
    const columns = [
      { oad: '20210200', related: null },
      { oad: '00100201', related: null },
    ]
    const time = { type: 'date_time_s', bytes: bytesOf('07EA0B15000000') } as const
    const block = (number: number, isLast: number) =>
      came(
        apdu('GetResponseNext', 1, {
          isLast,
          block: number,
          part: {
            kind: 'records',
            value: [
              {
                object: '50040200',
                columns,
                result: {
                  kind: 'rows',
                  value: [[time, { type: 'double-long-unsigned', value: number }]],
                },
              },
            ],
          },
        }),
      )
    const read = dlt698.readings(ask(normal), [block(0, 0), block(1, 1)])
    expect(read.ok && read.readings.map(readingText)).toEqual([
      'daily:1.8.0=0.00@2026-11-21T00:00:00',
      'daily:1.8.0=0.01@2026-11-21T00:00:00',
    ])
  })
})

describe('fragments of an APDU', () => {
  const whole = encodeApdu(answer)
  const fragment = (header: string, from: number, to: number) =>
    response(frameOf(Uint8Array.from([...bytesOf(header), ...whole.subarray(from, to)]), 0xe3))
  const first = fragment('0000', 0, 5)
  const middle = fragment('01C0', 5, 9)
  const last = fragment('0240', 9, whole.length)

  test('are confirmed one by one and joined', () => {
    expect(dlt698.answers(ask(normal), first)).toBe(true)
    const confirm = dlt698.follow(ask(normal), first)
    if (!confirm) throw new Error('nothing follows')
    const frame = dlt698.encode(confirm)
    expect(toHex(frame).slice(-10, -6)).toBe('0080')
    expect(dlt698.effect(frame)).toBe('read')
    expect(dlt698.expectsAnswer(confirm)).toBe(true)
    expect(dlt698.answers(confirm, middle)).toBe(true)
    expect(dlt698.answers(confirm, last)).toBe(false)
    expect(dlt698.follow(confirm, last)).toBe(null)
    const read = dlt698.readings(ask(normal), [first, middle, last])
    expect(read.ok && read.readings.map(readingText)).toEqual(['1.8.0=1234.56'])
  })

  test('out of place, alone, or mixed with whole answers are malformed', () => {
    for (const parts of [
      [first],
      [first, last],
      [first, middle],
      [middle, last],
      [first, came(answer)],
    ]) {
      expect(dlt698.readings(ask(normal), parts).ok).toBe(false)
    }
  })

  test('a confirmation as published, and what is told of a fragment', () => {
    const confirm: Dlt698Request = {
      kind: 'confirm',
      address: '000000000002',
      client: 0x10,
      block: 0x105,
    }
    expect(toHex(dlt698.encode(confirm))).toBe(vector('confirms fragment 5').hex)
    const told = dlt698.describe(bytesOf(vector('first fragment').hex))
    expect(told).toMatchObject({
      more: true,
      extras: { fragment: { kind: 'first', block: 0x105 } },
    })
  })
})
