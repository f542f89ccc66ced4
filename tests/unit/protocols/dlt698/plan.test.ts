import { describe, expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { type Apdu, dlt698, dlt698Rows, encodeApdu } from '#protocols/dlt698'
import { items, type MeterProfile } from '#protocols/model'
import { vector, vectors } from './vectors.ts'

const meter: MeterProfile = { address: '000000000001', profile: null }

function planned(asked: readonly string[], of = meter) {
  const { requests, unsupported } = dlt698.plan(asked, of)
  const apdus = requests.flatMap((request): readonly Apdu[] =>
    request.kind === 'apdu' ? [request.apdu] : [],
  )
  return { apdus, hex: apdus.map((one) => toHex(encodeApdu(one))), unsupported, requests }
}

describe('values', () => {
  test('one is asked for alone, several in a list', () => {
    expect(planned(['1.8.0']).hex).toEqual(['0501010010020100'])
    expect(planned(['32.7.0', '40010200']).hex).toEqual(['05020102200002014001020000'])
  })

  test('two elements of an attribute become all of it', () => {
    expect(planned(['1.8.0', '1.8.2', '14.7.0']).hex).toEqual(['05020102001002' + '00200F020000'])
  })

  test('an OAD is read as it is, so that the answer is under the id that was asked for', () => {
    expect(planned(['00100201', '00100202', '1.8.0']).hex).toEqual([
      '0502010200100201' + '00100202' + '00',
    ])
  })

  test('the clock is one attribute, the relay of a meter a bit of word 3', () => {
    expect(planned(['0.0.1.0.0', '0.9.1', '0.9.2']).hex).toEqual(['0501014000020000'])
    expect(planned(['0.0.96.3.10']).hex).toEqual(['0501012014020300'])
    expect(planned(['0.0.96.3.10'], { ...meter, profile: 'terminal' }).hex).toEqual([
      '050101F205020100',
    ])
  })

  test('lists end at ten, and a device that takes none is asked one by one', () => {
    const many = ['14.7.0', '91.7.0', '1.4.0', '3.4.0', '9.4.0', '0.0.96.9.0', '0.0.96.6.3']
    const more = [...many, '0.0.96.6.4', '0.0.96.6.0', '0.0.96.1.0', '0.0.96.1.1']
    expect(planned(more).apdus.map(({ service, piid }) => `${service} ${piid}`)).toEqual([
      'GetRequestNormalList 1',
      'GetRequestNormal 2',
    ])
    expect(planned(many, { ...meter, profile: 'no-lists' }).apdus).toHaveLength(many.length)
  })

  test('the client is 10H unless the archive says another', () => {
    expect(planned(['1.8.0']).requests[0]).toMatchObject({ client: 0x10 })
    const access = { client: 0xa1 }
    expect(planned(['1.8.0'], { ...meter, access }).requests[0]).toMatchObject({ client: 0xa1 })
  })

  test('every code of the register model that the protocol has is read', () => {
    const { unsupported } = planned(items.map(({ code }) => code))
    expect(unsupported).toEqual(['0.0.128.1.0', '0.0.128.1.1'])
  })

  test('what is no item is said', () => {
    const asked = ['9.9.9', '20000200:2', '5004', '50040200:0', '50040200@2026-02-30', '50040200/x']
    expect(planned(asked)).toMatchObject({ apdus: [], unsupported: asked })
  })
})

describe('records', () => {
  test('the last rows one by one, by their number from the end', () => {
    const [first, second] = planned(['50040200:2/1.8.0']).apdus
    const columns = [
      { oad: '20210200', related: null },
      { oad: '00100201', related: null },
    ]
    const rows = (value: number) => ({ kind: 'nthLast', value })
    expect(first).toMatchObject({ body: { object: '50040200', rows: rows(1), columns } })
    expect(second).toMatchObject({ body: { object: '50040200', rows: rows(2), columns } })
    expect(planned(['50040200']).apdus).toHaveLength(1)
  })

  test('the row of a moment, as published', () => {
    const apdu = '0503015004020001202102001C07E00114000000020020210200000010020000'
    expect(planned(['50040200@2016-01-20/00100200']).hex).toEqual([apdu])
  })

  test('rows from a moment on, in quarter hours, hours, days and months', () => {
    const span = (item: string) => planned([`${item}/00100200`]).hex[0]?.slice(14, -24)
    expect(span('50020200:96@2026-02-28T00:00')).toBe(
      '02202102001C07EA021C0000001C07EA030100000054' + '01000F',
    )
    expect(span('50030200:2@2026-12-31T23:00')).toBe('02202102001C07EA0C1F1700001C07EB010101000000')
    expect(span('50040200:3@2026-02-27')).toBe('02202102001C07EA021B0000001C07EA030200000000')
    expect(span('50060200:2@2026-12-01')).toBe('02202102001C07EA0C010000001C07EB020100000000')
  })

  test('events by their usual columns', () => {
    expect(planned(['30110200:1']).hex).toEqual([
      '0503013011020009010400202202000' + '0201E02000020200200002024020000',
    ])
  })

  test('usual columns of each freeze are attributes of the table', () => {
    const objects = new Set(dlt698Rows.map(([object]) => object))
    for (const freeze of ['5000', '5001', '5002', '5003', '5004', '5005', '5006']) {
      const [read] = planned([`${freeze}0200`]).apdus
      if (read?.service !== 'GetRequestRecord') throw new Error('no record read')
      for (const { oad } of read.body.columns) expect(objects).toContain(oad.slice(0, 6))
    }
  })
})

describe('the table', () => {
  test('has each attribute once, and a vector for each but those unproven', () => {
    const objects = dlt698Rows.map(([object]) => object)
    expect(new Set(objects).size).toBe(objects.length)
    const proven = new Set(vectors.flatMap(({ values, oads }) => (values.length > 0 ? oads : [])))
    // Columns of records are proven by the values of their rows.
    const columns = ['201E02', '202002', '202102', '202202', '202302']
    const missing = objects.filter(
      (object) => !columns.includes(object) && ![...proven].some((oad) => oad.startsWith(object)),
    )
    expect(missing).toEqual([])
  })

  test('names units of the register model where it names a code', () => {
    const byCode = new Map<string, string>(items.map(({ code, unit }) => [code, unit]))
    for (const [object, , codes, decimals, unit] of dlt698Rows) {
      expect(decimals).toBeLessThanOrEqual(4)
      for (const code of codes.split(' ').filter((one) => one !== '')) {
        expect(byCode.get(code.replace('#', '0')), `${object} ${code}`).toBe(unit)
      }
    }
  })
})

describe('a visit', () => {
  const random = (bytes: number) => new Uint8Array(bytes).fill(0x5a)

  test('numbers its requests on', () => {
    const visit = dlt698.session?.(meter, random)
    const numbers = ['1.8.0', '14.7.0'].map((item) => {
      const [request] = visit?.plan([item], meter).requests ?? []
      return request?.kind === 'apdu' ? request.apdu.piid : null
    })
    expect(numbers).toEqual([28, 29])
  })

  test('asks with a challenge where the device is asked so', () => {
    const challenged = { ...meter, profile: 'challenge' }
    const visit = dlt698.session?.(challenged, random)
    const [request] = visit?.plan(['1.8.0'], challenged).requests ?? []
    if (request?.kind !== 'apdu') throw new Error('no request')
    const hex = `100008${'05011C0010020100'}0110${'5A'.repeat(16)}`
    expect(toHex(encodeApdu(request.apdu))).toBe(hex)
    expect(dlt698.effect(dlt698.encode(request))).toBe('read')
  })
})

test('a request is the frame that another published', () => {
  const [request] = dlt698.plan(['001002' + '00'], {
    address: '222222222222',
    profile: null,
  }).requests
  if (request?.kind !== 'apdu') throw new Error('no request')
  const numbered = { ...request, apdu: { ...request.apdu, piid: 7 } }
  expect(toHex(dlt698.encode(numbered))).toBe(vector('reads active import of a meter').hex)
})
