import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import {
  type Apdu,
  apdu,
  buildFrame,
  type Dlt698Data,
  dlt698,
  encodeApdu,
  parseAddress,
  type Row,
} from '#protocols/dlt698'
import { type MeterProfile, meterTimeText, valueText } from '#protocols/model'
import { dlt698TerminalFace } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { exchange } from './dlt698-field.ts'
import { meterOf, NOON_MS } from './field.ts'

const address = '330190000001'
const behind = ['330120000042', '330120000043'] as const
const terminal: MeterProfile = { address, profile: null }

function world() {
  const site = new Site('Asia/Shanghai', 7)
  const meters = behind.map((one, index) => meterOf({ address: one, seed: 42 + index }))
  return { meters, device: dlt698TerminalFace({ address, site, meters, port: null }) }
}

type Device = ReturnType<typeof world>['device']

function get(device: Device, object: string): Dlt698Data | number {
  const told = one(device, apdu('GetRequestNormal', 1, { object }))
  if (told.service !== 'GetResponseNormal') throw new Error(told.service)
  return told.body.result.value
}

/** Sends one APDU to an address and gives the APDU that came back. */
function one(device: Device, request: Apdu, to = address): Apdu {
  const [answer] = answersTo(device, request, to)
  if (!answer) throw new Error('silence')
  return answer
}

function answersTo(device: Device, request: Apdu, to: string): readonly Apdu[] {
  const server = parseAddress(to)
  if (!server) throw new Error(`no address: ${to}`)
  const frame = buildFrame({ control: 0x43, server, client: 0x10, data: encodeApdu(request) })
  return device.receive(frame, NOON_MS).map((bytes) => {
    const decoded = dlt698.decode(bytes)
    const told = decoded.kind === 'malformed' ? null : decoded.response.apdu
    if (!told) throw new Error('no APDU')
    return told
  })
}

const itemsOf = (value: Dlt698Data | number | undefined): readonly Dlt698Data[] =>
  typeof value === 'object' && 'items' in value ? value.items : []
function rowsIn(told: Apdu): readonly Row[] {
  const result = told.service === 'GetResponseRecord' ? told.body.result : null
  if (result?.kind !== 'rows') throw new Error(JSON.stringify(told))
  return result.value
}

const hexOf = (value: Dlt698Data | undefined) =>
  value && 'bytes' in value ? toHex(value.bytes) : null

describe('a terminal of 698.45', () => {
  test('has no registers of a customer', () => {
    const { device } = world()
    for (const object of ['00100200', '20000200', '10100200', '80008100', '401C0200']) {
      expect(get(device, object), object).toBe(4)
    }
    const daily = { object: '50040200', rows: { kind: 'nthLast', value: 1 } } as const
    const columns = [{ oad: '00100200', related: null }]
    const told = one(device, apdu('GetRequestRecord', 1, { ...daily, columns }))
    expect(told.body).toMatchObject({ result: { kind: 'dar', value: 4 } })
    const trip = apdu('ActionRequest', 1, { method: '80008100', value: { type: 'null' } })
    expect(one(device, trip).body).toMatchObject({ dar: 4 })
  })

  test('tells its clock, address, version and communication', () => {
    const { device } = world()
    const { requests } = dlt698.plan(['40000200', '40010200'], terminal)
    const [request] = requests
    if (!request) throw new Error('no request')
    const read = exchange(device, request)
    expect(read.kind === 'readings' && read.readings.map(({ value }) => valueText(value))).toEqual([
      meterTimeText({ year: 2026, month: 11, day: 22, hour: 11, minute: 7, second: 13 }),
      '2026-11-22',
      '11:07:13',
      address,
    ])
    expect(itemsOf(get(device, '43000300')).map(hexOf)).toEqual(
      ['OHES', '0001', '261101', '0001', '261101', '00000000'].map((text) =>
        toHex(new TextEncoder().encode(text)),
      ),
    )
    expect(itemsOf(get(device, '45000200'))).toHaveLength(12)
    expect(get(device, '4500020C')).toEqual({ type: 'long-unsigned', value: 300 })
    expect(itemsOf(get(device, '45000300'))).toHaveLength(1)
  })

  test('has the meters behind it in its archive, by the layout of the standard', () => {
    const { device } = world()
    const units = itemsOf(get(device, '60000200'))
    expect(units).toHaveLength(2)
    expect(get(device, '60000300')).toEqual({ type: 'long-unsigned', value: 2 })
    const [number, basic, extended, annex] = itemsOf(units[1])
    expect(number).toEqual({ type: 'long-unsigned', value: 2 })
    expect(itemsOf(basic).map(({ type }) => type)).toEqual([
      'TSA',
      'enum',
      'enum',
      'OAD',
      'octet-string',
      'unsigned',
      'unsigned',
      'enum',
      'long-unsigned',
      'long-unsigned',
    ])
    expect(hexOf(itemsOf(basic)[0])).toBe('05330120000043')
    expect(itemsOf(basic)[2]).toEqual({ type: 'enum', value: 3 })
    expect(itemsOf(extended).map(({ type }) => type)).toEqual([
      'TSA',
      'octet-string',
      'long-unsigned',
      'long-unsigned',
    ])
    expect(annex).toEqual({ type: 'array', items: [] })
  })

  test('has tasks and the schemes they carry out', () => {
    const { device } = world()
    const tasks = itemsOf(get(device, '60120200'))
    const schemes = itemsOf(get(device, '60140200'))
    expect(tasks.map((task) => itemsOf(task).map(({ type }) => type))).toEqual(
      tasks.map(() => [
        'unsigned',
        'TI',
        'enum',
        'unsigned',
        'date_time_s',
        'date_time_s',
        'TI',
        'enum',
        'enum',
        'long-unsigned',
        'long-unsigned',
        'structure',
      ]),
    )
    const numbers = schemes.map((scheme) => itemsOf(scheme)[0])
    for (const task of tasks) expect(numbers).toContainEqual(itemsOf(task)[3])
  })

  test('adds to its archive, deletes from it and clears it as it is told', () => {
    const { device } = world()
    const call = (method: string, value: Dlt698Data) =>
      one(device, apdu('ActionRequest', 1, { method, value })).body
    const [first] = itemsOf(get(device, '60000200'))
    if (!first) throw new Error('no unit')
    expect(call('60008300', { type: 'long-unsigned', value: 1 })).toMatchObject({ dar: 0 })
    expect(itemsOf(get(device, '60000200'))).toHaveLength(1)
    expect(call('60008000', { type: 'array', items: [first] })).toMatchObject({ dar: 0 })
    expect(itemsOf(get(device, '60000200'))[0]).toEqual(first)
    expect(call('60128100', { type: 'null' })).toMatchObject({ dar: 0 })
    expect(get(device, '60120200')).toEqual({ type: 'array', items: [] })
    expect(call('60008000', { type: 'null' })).toMatchObject({ dar: 7 })
  })

  test('tells of its initialisation, and of another one', () => {
    const { device } = world()
    const columns = ['20220200', '201E0200'].map((oad) => ({ oad, related: null }))
    const query = { object: '31000200', rows: { kind: 'nthLast', value: 1 }, columns } as const
    const latest = () => rowsIn(one(device, apdu('GetRequestRecord', 1, query)))
    expect(latest()).toMatchObject([[{ type: 'double-long-unsigned', value: 1 }, {}]])
    expect(itemsOf(get(device, '31000200'))).toHaveLength(1)
    const again = apdu('ActionRequest', 1, { method: '43000300', value: { type: 'null' } })
    expect(one(device, again).body).toMatchObject({ dar: 0 })
    expect(latest()).toMatchObject([[{ type: 'double-long-unsigned', value: 2 }, {}]])
  })

  test('tells nothing collected at what is no moment', () => {
    const { device } = world()
    const columns = [{ oad: '202A0200', related: null }]
    const never = { year: 0xffff, month: 255, day: 255, hour: 255, minute: 255, second: 255 }
    const meters = { kind: 'all', value: null } as const
    const rows = { kind: 'storedAt', value: { time: never, meters } } as const
    expect(
      rowsIn(one(device, apdu('GetRequestRecord', 1, { object: '60120300', rows, columns }))),
    ).toEqual([])
    const midnight = { year: 2026, month: 11, day: 22, hour: 0, minute: 0, second: 0 }
    const then = { kind: 'storedAt', value: { time: midnight, meters } } as const
    const query = { object: '60120300', rows: then, columns }
    expect(rowsIn(one(device, apdu('GetRequestRecord', 1, query)))).toHaveLength(2)
  })

  test('tells what its task collected of each meter, the latest', () => {
    const { device, meters } = world()
    const columns = [
      { oad: '202A0200', related: null },
      { oad: '60420200', related: null },
      { oad: '50040200', related: ['20210200', '00100201'] },
    ]
    const rows = {
      kind: 'lastOfMeters',
      value: { count: 1, meters: { kind: 'all', value: null } },
    } as const
    const query = { object: '60120300', rows, columns }
    const told = rowsIn(one(device, apdu('GetRequestRecord', 1, query)))
    expect(told.map(([first]) => hexOf(first))).toEqual(behind.map((tsa) => `05${tsa}`))
    const frozen = meters.map((meter) => {
      const freeze = meter.dailyFreeze(1, NOON_MS)
      return freeze && meter.registersAt(freeze.ms, 10_000).import.total
    })
    expect(told.map((row) => row[3])).toEqual(
      frozen.map((value) => ({ type: 'double-long-unsigned', value })),
    )
  })
})

describe('a meter behind a terminal of 698.45', () => {
  const request = apdu('GetRequestNormal', 1, { object: '40010200' })

  test('answers to its own address and by proxy', () => {
    const { device } = world()
    const own = one(device, request, behind[1])
    expect(own).toMatchObject({ body: { result: { value: { type: 'octet-string' } } } })
    const tsa = fromHex(`05${behind[1]}`) ?? new Uint8Array(0)
    const devices = [{ device: tsa, timeout: 10, items: ['00100201'] }]
    const proxied = one(device, apdu('ProxyGetRequestList', 1, { timeout: 30, devices }))
    expect(proxied).toMatchObject({
      service: 'ProxyGetResponseList',
      body: { devices: [{ items: [{ object: '00100201', result: { kind: 'data' } }] }] },
    })
  })

  test('is silent where anybody is called: the terminal alone is on that line', () => {
    const { device } = world()
    const answers = answersTo(device, request, 'AAAAAAAAAAAA')
    expect(answers).toHaveLength(1)
    const [first] = answers
    expect(first).toMatchObject({ service: 'GetResponseNormal' })
  })
})
