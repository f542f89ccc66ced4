import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  addressMatches,
  broadcastAddress,
  buildFrame,
  type Dlt645Request,
  type Dlt645Response,
  dlt645,
  encodeAddressAnswer,
  encodeAnswers,
  encodeRefusal,
  parseFrame,
  requestOf,
  wildcardAddress,
} from '#protocols/dlt645'
import { bytesOf, readingText } from './vectors.ts'

const address = '000012345678'
const time = { year: 2026, month: 11, day: 21, hour: 22, minute: 30, second: 5 }

function read(dataId: string, to = address): Dlt645Request {
  return { kind: 'read', address: to, dataId, load: null }
}

function more(dataId: string, sequence: number): Dlt645Request {
  return { kind: 'read-more', address, dataId, sequence }
}

function answer(control: number, data: string, from = address): Dlt645Response {
  return { address: from, control, data: bytesOf(data) }
}

function textsOf(request: Dlt645Request, parts: readonly Dlt645Response[]) {
  const values = dlt645.readings(request, parts)
  return values.ok ? values.readings.map(readingText) : values.malformed.code
}

test('a request is not an answer', () => {
  expect(dlt645.decode(dlt645.encode(read('00010000')))).toMatchObject({
    kind: 'malformed',
    malformed: { code: 'dlt645.not-a-reply' },
  })
})

test.for([
  ['00010000', true],
  ['02FF00aB', true],
  ['00010001', false],
  ['0001', false],
  ['0001000000', false],
  ['0001000G', false],
  ['0001000€', false],
] as const)('an answer to %s is known by its identifier alone: %s', ([dataId, isKnown]) => {
  const data = dataId === '02FF00aB' ? 'AB00FF02' : '00000100'
  expect(dlt645.answers(read(dataId), answer(0x91, `${data}00000000`))).toBe(isKnown)
})

test('a good answer and a refusal are told apart, both keep the response', () => {
  const good = buildFrame(answer(0x91, '0000010034120000'))
  expect(dlt645.decode(good)).toMatchObject({ kind: 'answer', response: { address } })
  const refusal = buildFrame(answer(0xd1, '02'))
  expect(dlt645.decode(refusal)).toMatchObject({
    kind: 'refusal',
    response: { control: 0xd1 },
    refusal: { code: 'dlt645.no-such-data', message: 'no such data (error 02)' },
  })
})

test.for([
  ['01', 'dlt645.other'],
  ['02', 'dlt645.no-such-data'],
  ['03', 'dlt645.no-such-data'],
  ['04', 'dlt645.unauthorised'],
  ['08', 'dlt645.baud-rate'],
  ['10', 'dlt645.zones'],
  ['20', 'dlt645.periods'],
  ['40', 'dlt645.rates'],
  ['80', 'dlt645.reserved'],
  ['00', 'dlt645.refused'],
  ['', 'dlt645.refused'],
] as const)('error byte %s is %s', ([data, code]) => {
  expect(dlt645.decode(buildFrame(answer(0xd1, data)))).toMatchObject({ refusal: { code } })
})

test('security authentication has a word of its own reasons', () => {
  expect(dlt645.decode(buildFrame(answer(0xc3, '4000')))).toMatchObject({
    refusal: { code: 'dlt645.security-hoarding', message: 'more than may be bought (error 0040)' },
  })
})

test('an answer must come from the address asked, with its function and its item', () => {
  const request = read('00010000')
  expect(dlt645.answers(request, answer(0x91, '0000010034120000'))).toBe(true)
  expect(dlt645.answers(request, answer(0xb1, '0000010034120000'))).toBe(true)
  expect(dlt645.answers(request, answer(0xd1, '02'))).toBe(true)
  expect(dlt645.answers(request, answer(0x11, '00000100'))).toBe(false)
  expect(dlt645.answers(request, answer(0x91, '0000020034120000'))).toBe(false)
  expect(dlt645.answers(request, answer(0x91, '0000'))).toBe(false)
  expect(dlt645.answers(request, answer(0x92, '000001003412000001'))).toBe(false)
  expect(dlt645.answers(request, answer(0xd2, '02'))).toBe(false)
  expect(dlt645.answers(request, answer(0x91, '0000010034120000', '000012345679'))).toBe(false)
})

test('a follow-up answer must carry the sequence asked for', () => {
  const request = more('00010000', 2)
  expect(dlt645.answers(request, answer(0x92, '000001003402'))).toBe(true)
  expect(dlt645.answers(request, answer(0xb2, '000001003402'))).toBe(true)
  expect(dlt645.answers(request, answer(0xd2, '02'))).toBe(true)
  expect(dlt645.answers(request, answer(0x92, '000001003403'))).toBe(false)
  expect(dlt645.answers(request, answer(0x92, '000002003402'))).toBe(false)
  expect(dlt645.answers(request, answer(0x91, '000001003402'))).toBe(false)
})

test('a wildcard and an abbreviated address take the full one, and nothing else does', () => {
  const reply = answer(0x91, '0000010034120000')
  expect(dlt645.answers(read('00010000', wildcardAddress), reply)).toBe(true)
  expect(dlt645.answers(read('00010000', 'AAAAAAAA5678'), reply)).toBe(true)
  expect(dlt645.answers(read('00010000', 'AAAAAAAA5679'), reply)).toBe(false)
  expect(addressMatches('AAAAAAAAAA78', address)).toBe(true)
  expect(addressMatches('999999999999', address)).toBe(false)
})

test('a wildcard read of the address is answered by any meter, a clock by none', () => {
  const ask: Dlt645Request = { kind: 'read-address', address: wildcardAddress }
  expect(dlt645.answers(ask, answer(0x93, '785634120000'))).toBe(true)
  expect(dlt645.answers(ask, answer(0x91, '785634120000'))).toBe(false)
  const clock: Dlt645Request = { kind: 'set-clock', address: broadcastAddress, time }
  expect(dlt645.answers(clock, answer(0x88, ''))).toBe(false)
  expect(dlt645.answers({ ...clock, address }, answer(0x88, ''))).toBe(false)
  expect(dlt645.expectsAnswer(clock)).toBe(false)
  expect(dlt645.expectsAnswer(ask)).toBe(true)
})

test('an answer that goes on is followed up at the real address, counting from one', () => {
  const first = answer(0xb1, '00FF010034120000')
  const second = dlt645.follow(read('0001FF00', wildcardAddress), first)
  expect(second).toEqual(more('0001FF00', 1))
  expect(dlt645.follow(more('0001FF00', 1), answer(0xb2, '00FF0100340001'))).toEqual(
    more('0001FF00', 2),
  )
  expect(dlt645.follow(more('0001FF00', 2), answer(0x92, '00FF0100340002'))).toBeNull()
  expect(dlt645.follow(read('0001FF00'), answer(0xd1, '02'))).toBeNull()
  expect(dlt645.follow(read('0001FF00'), answer(0xf1, '02'))).toBeNull()
  expect(dlt645.follow(more('0001FF00', 255), answer(0xb2, '00FF0100340002'))).toBeNull()
  const ask: Dlt645Request = { kind: 'read-address', address }
  expect(dlt645.follow(ask, answer(0xb3, ''))).toBeNull()
})

test('parts are put together although a field is cut by a frame', () => {
  const parts = [
    answer(0xb1, '00FF0100 34120000 1111'),
    answer(0xb2, '00FF0100 0000 22 01'),
    answer(0x92, '00FF0100 220000 02'),
  ]
  expect(textsOf(read('0001FF00'), parts)).toEqual(['1.8.0=12.34', '1.8.1=11.11', '1.8.2=22.22'])
})

test('a gap, a foreign item, a missing end and a part behind the end are refused', () => {
  const first = answer(0xb1, '00FF010034120000')
  const last = answer(0x92, '00FF01001111000001')
  const request = read('0001FF00')
  expect(textsOf(request, [first, last])).toEqual(['1.8.0=12.34', '1.8.1=11.11'])
  expect(textsOf(request, [first, answer(0x92, '00FF01001111000002')])).toBe('dlt645.sequence')
  expect(textsOf(request, [first, answer(0x91, '00FF01001111000001')])).toBe('dlt645.sequence')
  expect(textsOf(request, [first, answer(0x92, '00FF02001111000001')])).toBe('dlt645.data-id')
  expect(textsOf(request, [first])).toBe('dlt645.incomplete')
  expect(textsOf(request, [first, last, last])).toBe('dlt645.incomplete')
  expect(textsOf(request, [])).toBe('dlt645.incomplete')
  expect(textsOf(request, [answer(0xd1, '02')])).toBe('dlt645.no-such-data')
  expect(textsOf(request, [answer(0x91, '00FF0200')])).toBe('dlt645.data-id')
})

test('an item of another length is refused, not half read', () => {
  expect(textsOf(read('00010000'), [answer(0x91, '00000100341200')])).toBe('dlt645.data-length')
  expect(textsOf(read('00010000'), [answer(0x91, '000001003412000000')])).toBe('dlt645.data-length')
  expect(textsOf(read('0001FF00'), [answer(0x91, '00FF0100')])).toBe('dlt645.data-length')
  expect(textsOf(read('0001FF00'), [answer(0x91, '00FF010011111111FF')])).toBe('dlt645.data-length')
  expect(textsOf(read('040005FF'), [answer(0x91, 'FF05000411112222')])).toEqual([
    '0.0.96.5.1=1111',
    '0.0.96.5.2=2222',
  ])
})

test('a read address gives the address, a broken one does not, a clock gives nothing', () => {
  const ask: Dlt645Request = { kind: 'read-address', address: wildcardAddress }
  expect(textsOf(ask, [answer(0x93, '785634120000')])).toEqual(['0.0.96.1.1=000012345678'])
  expect(textsOf(ask, [answer(0x93, '7856341200')])).toBe('dlt645.data-length')
  const clock: Dlt645Request = { kind: 'set-clock', address: broadcastAddress, time }
  expect(textsOf(clock, [answer(0x88, '')])).toEqual([])
})

test('an item outside the table gives its bytes, a password never', () => {
  expect(textsOf(read('04CC0001'), [answer(0x91, '0100CC04AB01')])).toEqual(['04CC0001=AB01'])
  expect(textsOf(read('04000C01'), [answer(0x91, '010C000402123456')])).toEqual([])
})

test('an absent status word leaves the relay unknown', () => {
  expect(textsOf(read('04000503'), [answer(0x91, '03050004FFFF')])).toEqual([
    '0.0.96.5.3=absent',
    '0.0.96.3.10=absent',
  ])
})

test('requests survive the way to the meter', () => {
  const requests: readonly Dlt645Request[] = [
    read('0001FF00'),
    more('0001FF00', 255),
    { kind: 'read-address', address: wildcardAddress },
    { kind: 'set-clock', address: broadcastAddress, time },
    { kind: 'read', address, dataId: '06000000', load: { records: 99, from: null } },
    {
      kind: 'read',
      address,
      dataId: '06040001',
      load: { records: 5, from: { ...time, second: 0 } },
    },
  ]
  for (const request of requests) {
    const parsed = parseFrame(dlt645.encode(request))
    expect(parsed.ok && requestOf(parsed.frame)).toEqual(request)
  }
})

test('a number of load records that does not fit two digits is a bug', () => {
  const request = (records: number): Dlt645Request => ({
    kind: 'read',
    address,
    dataId: '06000000',
    load: { records, from: null },
  })
  expect(() => dlt645.encode(request(0))).toThrow('invariant')
  expect(() => dlt645.encode(request(100))).toThrow('invariant')
})

test.for([
  [0x11, '000001'],
  [0x11, '0000010001'],
  [0x11, '01000406AA'],
  [0x11, '010004060500'],
  [0x11, '01000406056015201126'],
  [0x12, '00000100'],
  [0x13, '00'],
  [0x08, '00'],
  [0x08, '253022211326'],
  [0x14, ''],
  [0x91, '00000100'],
] as const)('control %i with %s is no request of ours', ([control, data]) => {
  expect(requestOf({ address, control, data: bytesOf(data) })).toBeNull()
})

test('an answer that is too long is split, and put together again', () => {
  const payload = Uint8Array.from({ length: 14 * 4 }, (_, index) => index % 10)
  for (const limit of [6, 10, 13, 24, 60, 200]) {
    const frames = encodeAnswers(address, '0001FF00', payload, limit)
    const parts: Dlt645Response[] = []
    let request: Dlt645Request | null = read('0001FF00')
    for (const frame of frames) {
      const decoded = dlt645.decode(frame)
      if (decoded.kind !== 'answer' || !request) throw new Error('not an answer')
      expect(dlt645.answers(request, decoded.response)).toBe(true)
      expect(decoded.response.data.length).toBeLessThanOrEqual(limit)
      parts.push(decoded.response)
      request = dlt645.follow(request, decoded.response)
    }
    expect(request).toBeNull()
    const values = dlt645.readings(read('0001FF00'), parts)
    expect(values.ok && values.readings.length).toBe(14)
  }
})

test('an empty payload is one frame with the identifier', () => {
  expect(encodeAnswers(address, '06000000', new Uint8Array()).map(toHex)).toEqual([
    toHex(buildFrame(answer(0x91, '00000006'))),
  ])
})

test('a meter refuses and tells its address', () => {
  const asked = parseFrame(dlt645.encode(read('00010000', wildcardAddress)))
  if (!asked.ok) throw new Error('a request of ours')
  expect(dlt645.decode(encodeRefusal(asked.frame, address, 2))).toMatchObject({
    kind: 'refusal',
    response: { address, control: 0xd1 },
  })
  expect(dlt645.decode(encodeAddressAnswer(address))).toMatchObject({
    response: { address, control: 0x93 },
  })
})
