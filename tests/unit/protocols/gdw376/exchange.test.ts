import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import {
  buildFrame,
  encodeAnswers,
  encodeVerdict,
  forward,
  frozenItems,
  type Gdw376Request,
  gdw376,
  parseFrame,
  whyUnsupported,
  writeData,
} from '#protocols/gdw376'
import { items } from '#protocols/model'
import { bytesOf, vectors } from './vectors.ts'

const meter = { address: '4401-0105/3', profile: null }
const expiresAt = { year: 2026, month: 3, day: 1, hour: 0, minute: 5, second: 9 }

function only(codes: readonly string[], profile = meter): Gdw376Request {
  const [request] = gdw376.plan(codes, profile).requests
  if (!request) throw new Error('not planned')
  return request
}

function frameOf(bytes: Uint8Array | undefined) {
  const parsed = parseFrame(bytes ?? new Uint8Array())
  if (!parsed.ok) throw new Error(parsed.malformed.message)
  return parsed.frame
}

const hexOf = (codes: readonly string[], address = meter.address) =>
  gdw376.plan(codes, { address, profile: null }).requests.map((each) => toHex(gdw376.encode(each)))

test('a published question is built to the byte', () => {
  // Lua dissector: p2 F129 of 5801-2811, MSA 1, C 7B (FCB 1, FCV 1), PSEQ 0.
  const published = vectors.find(({ name }) => name === 'asks active import of point 2')
  const request = only(['1.8.0'], { ...meter, address: '5801-2811/2' })
  expect(toHex(gdw376.encode({ ...request, countBit: 1 }))).toBe(published?.hex)
})

test('questions carry what the past asks for', () => {
  const [day = ''] = hexOf(['0D-F161:20261121'])
  expect(day).toContain('0D60' + '04010114' + '211126')
  const [month = ''] = hexOf(['0D-F177:2026-10'])
  expect(month).toContain('04010116' + '1026')
  const [curve = ''] = hexOf(['0D-F101:8@2026-11-21T10:15'])
  expect(curve).toContain('0401100C' + '1510211126' + '0108')
  const [hourly = ''] = hexOf(['0D-F81:20261121'])
  expect(hourly).toContain('0401010A' + '0000211126' + '0160')
  const [meters = ''] = hexOf(['0A-F10:1-2'], '4401-0105')
  expect(meters).toContain('00000201' + '0200' + '0100' + '0200')
  const [events = ''] = hexOf(['0E-F1:4-8'], '4401-0105')
  expect(events).toContain('00000100' + '0408')
  expect(hexOf(['0A-F38:=0102'], '4401-0105')[0]).toContain('00002004' + '0102')
})

test.for([
  '0D-F161',
  '0D-F161:20261131',
  '0D-F177:20261121',
  '0D-F101:8@2026-11-21T10:15/7',
  '0D-F101:400@2026-11-21T10:15',
  '0D-F101:x',
  '0A-F10',
  '0A-F10:9-1',
  '0C-F129:5',
  '0C-F0',
  '0C-F129:=0',
  '05-F1',
  '9.9.9',
])('%s cannot be asked', (item) => {
  expect(gdw376.plan([item], meter)).toEqual({ requests: [], unsupported: [item] })
  expect(whyUnsupported(item, meter)).not.toBeNull()
})

test('an item of a point needs the point, and the reason says how to give it', () => {
  const terminal = { ...meter, address: '4401-0105' }
  expect(gdw376.plan(['1.8.0', '0.0.1.0.0'], terminal)).toMatchObject({
    unsupported: ['1.8.0'],
    requests: [{ units: [{ pn: 0, fn: 2 }] }],
  })
  expect(whyUnsupported('1.8.0', terminal)).toBe(
    '1.8.0 is of a metering point: give the address as 4401-0105/N',
  )
  expect(whyUnsupported('1.8.0', { ...meter, address: '12' })).toMatch(/RRRR-TTTT/)
  expect(whyUnsupported('1.8.0', meter)).toBeNull()
  expect(gdw376.plan(['1.8.0'], { ...meter, address: '12' }).unsupported).toEqual(['1.8.0'])
})

test('neighbours share a frame while the answer stays short, each function its own', () => {
  const { requests } = gdw376.plan(['1.8.0', '1.8.2', '2.8.0', '0D-F161:20261121'], meter)
  expect(requests.map(({ afn, units }) => [afn, units.map(({ fn }) => fn)])).toEqual([
    [0x0c, [129, 131]],
    [0x0d, [161]],
  ])
  expect(requests.map(({ sequence }) => sequence)).toEqual([0, 1])
  const curves = gdw376.plan(['0D-F101:20261121', '0D-F103:20261121'], meter)
  expect(curves.requests).toHaveLength(2)
  const alone = gdw376.plan(['1.8.0', '2.8.0'], { ...meter, profile: 'single-unit' })
  expect(alone.requests).toHaveLength(2)
})

test('most of the register model can be asked for, now and frozen', () => {
  const { unsupported } = gdw376.plan(
    items.map(({ code }) => code),
    meter,
  )
  expect(unsupported.filter((code) => /^\d+\.(7|8|6)\.0$/.test(code))).toEqual([
    '15.8.0',
    '9.8.0',
    '10.8.0',
    '14.7.0',
  ])
  const day = { year: 2026, month: 11, day: 20, hour: 0, minute: 0, second: 0 }
  expect(frozenItems(['1.8.0', '1.8.1', '2.8.0'], 'daily', day)).toEqual([
    '0D-F161:20261120',
    '0D-F163:20261120',
  ])
  expect(frozenItems(['1.8.0'], 'monthly', day)).toEqual(['0D-F177:202611'])
  expect(frozenItems(['32.7.0'], 'interval', day)).toEqual(['0D-F89:20261120'])
  expect(frozenItems(['14.7.0'], 'interval', day)).toEqual([])
})

test('an answer is taken only with its terminal, number, function and unit', () => {
  const request = only(['1.8.0'])
  const asked = frameOf(gdw376.encode(request))
  const [bytes] = encodeAnswers(asked, [{ pn: 3, fn: 129, data: new Uint8Array(31) }], 500)
  const response = frameOf(bytes)
  expect(gdw376.answers(request, response)).toBe(true)
  expect(gdw376.answers(request, { ...response, station: 0 })).toBe(true)
  for (const wrong of [
    { terminal: '0106' },
    { region: '4402' },
    { station: 4 },
    { station: 3 },
    { seq: response.seq + 1 },
    { afn: 0x0d },
    { control: 0xc8 },
    { control: 0x08 },
    { body: Uint8Array.of(1, 1, 1, 0x10) },
    { body: new Uint8Array(2) },
  ]) {
    expect(gdw376.answers(request, { ...response, ...wrong })).toBe(false)
  }
  expect(gdw376.answers(request, frameOf(encodeVerdict(asked, 'deny')))).toBe(true)
})

test('a denial names what is denied', () => {
  const asked = frameOf(gdw376.encode(only(['1.8.0'])))
  expect(gdw376.decode(encodeVerdict(asked, 'deny'))).toMatchObject({
    kind: 'refusal',
    refusal: { code: 'gdw376.denied' },
  })
  expect(gdw376.decode(encodeVerdict(asked, 'confirm')).kind).toBe('answer')
  const body = Uint8Array.of(0, 0, 4, 0, 0x0c, 4, 1, 1, 0x10, 3)
  const unit = buildFrame({ ...asked, control: 0x88, afn: 0, seq: 0x60, body })
  expect(gdw376.decode(unit)).toMatchObject({
    refusal: { code: 'gdw376.denied-3', message: 'the terminal denies p3 0C-F129: no such device' },
  })
  expect(gdw376.decode(buildFrame(asked)).kind).toBe('malformed')
})

test('parts that wait are confirmed, parts that do not come by themselves', () => {
  const request = only(['1.8.0', '2.8.0'])
  const asked = frameOf(gdw376.encode(request))
  const data = (code: '1.8.0' | '2.8.0', fn: number) => {
    const found = vectors.find(({ units, afn }) => afn === '0C' && units[0] === `p3F${fn}`)
    expect(found?.values?.[0]).toContain(code)
    const { body } = frameOf(bytesOf(found?.hex ?? ''))
    return { pn: 3, fn, data: body.slice(4) }
  }
  const sent = [data('1.8.0', 129), data('2.8.0', 131)]
  const parts = encodeAnswers(asked, sent, 40).map(frameOf)
  const [first, second] = parts
  if (!first || !second) throw new Error('one part only')
  const next = gdw376.follow(request, first)
  expect(next && toHex(gdw376.encode(next))).toBe(
    '683200320068000144050102' + '0060' + '00000100AE16',
  )
  expect(next && gdw376.answers(next, second)).toBe(true)
  expect(next && gdw376.answers(next, first)).toBe(false)
  expect(next && gdw376.follow(next, second)).toBeNull()
  expect(gdw376.goesOn(request, first)).toBe(false)
  const free = { ...first, seq: first.seq & ~0x10 }
  expect(gdw376.follow(request, free)).toBeNull()
  expect(gdw376.goesOn(request, free)).toBe(true)
  expect(gdw376.answers(request, second)).toBe(true)
  const read = gdw376.readings(request, parts)
  expect(read.ok && read.readings.filter(({ item }) => item?.endsWith('.8.0')).length).toBe(2)
  expect(gdw376.readings(request, [first])).toMatchObject({ ok: false })
  expect(gdw376.readings(request, [second, first])).toMatchObject({ ok: false })
  expect(gdw376.readings(request, [])).toMatchObject({ ok: false })
})

test('orders carry password and a time tag that ends with them', () => {
  const access = { password: '00112233445566778899AABBCCDDEEFF' }
  const plan = gdw376.order({ action: 'trip', expiresAt }, { ...meter, access })
  const [request] = plan.requests
  const hex = request ? toHex(gdw376.encode(request)) : ''
  // p3 F1, data 00, PW, Tp: frame 0, 23:50:09 of 28 February, 15 minutes.
  expect(hex).toContain(`05F00401010000${access.password}00095023280F`)
  expect(gdw376.order({ action: 'close', expiresAt }, meter).unsupported).toEqual(['close'])
  expect(gdw376.order({ action: 'trip', expiresAt }, { ...meter, address: '4401-0105' })).toEqual({
    requests: [],
    unsupported: ['trip'],
  })
  const protect = gdw376.order({ action: 'protect', expiresAt }, { ...meter, address: '4401-0105' })
  expect(protect.requests[0]?.units).toMatchObject([{ pn: 0, fn: 25 }])
  for (const action of ['alarm', 'clear-alarm', 'unprotect', 'allow-close'] as const) {
    const to = action === 'allow-close' ? meter.address : '4401-0105'
    const [each] = gdw376.order({ action, expiresAt }, { ...meter, address: to }).requests
    expect(each && gdw376.effect(gdw376.encode(each))).toBe('relay')
  }
})

test('the clock is set with its weekday', () => {
  const saturday = { year: 2026, month: 11, day: 21, hour: 22, minute: 30, second: 5 }
  const terminal = { ...meter, address: '4401-0105' }
  const request = gdw376.setClock(saturday, terminal)
  expect(request && toHex(gdw376.encode(request))).toContain('00004003' + '05302221D126')
  expect(gdw376.setClock(saturday, { ...meter, address: '' })).toBeNull()
  expect(gdw376.setClock(saturday, meter)).toBeNull()
  expect(request && gdw376.effect(gdw376.encode(request))).toBe('clock')
})

test('a frame is forwarded with the settings of the line', () => {
  const request = forward('4401-0105', 31, Uint8Array.of(0x68, 0x16))
  // 2400 baud, even, 8 bits, 60 s, 100 ms.
  expect(toHex(gdw376.encode(request))).toContain('00000100' + '1F6BBC0A0200' + '6816')
  expect(() => forward('?', 1, new Uint8Array())).toThrow('names no terminal')
})

test('a broadcast is answered by nobody', () => {
  const everybody = gdw376.setClock(expiresAt, { ...meter, address: '4401-FFFF' })
  expect(everybody && gdw376.expectsAnswer(everybody)).toBe(false)
  expect(gdw376.expectsAnswer(only(['1.8.0']))).toBe(true)
})

test('parameters are written from values, and refused where they do not fit', () => {
  const text = (value: string) => ({ kind: 'text', text: value }) as const
  const number = (digits: number) => ({ kind: 'number', digits, scale: 0 }) as const
  const master = [text('10.1.2.3'), number(9700), text('10.1.2.4'), number(9700), text('CMNET')]
  expect(toHex(writeData(4, 3, master) ?? new Uint8Array())).toBe(
    `0A010203E4250A010204E425434D4E4554${'00'.repeat(11)}`,
  )
  expect(writeData(4, 3, master.slice(1))).toBeUndefined()
  expect(writeData(4, 3, [...master, number(1)])).toBeUndefined()
  expect(writeData(4, 999, [])).toBeUndefined()
  expect(writeData(5, 31, [text('2026-11-31T00:00:00')])).toBeUndefined()
})

test('a password is never shown', () => {
  const access = { password: '00112233445566778899AABBCCDDEEFF' }
  const [request] = gdw376.order({ action: 'trip', expiresAt }, { ...meter, access }).requests
  const described = request && gdw376.describe(gdw376.encode(request))
  const { raw: _raw, ...shown } = described ?? {}
  expect(JSON.stringify(shown)).not.toContain('8899AABB')
  expect(described?.parts.map(({ text }) => text)).toContain('password PW, not shown')
  const parts = described?.parts ?? []
  expect(parts.map(({ from }) => from).slice(1)).toEqual(parts.map(({ to }) => to).slice(0, -1))
})
