import { describe, expect, it } from 'vitest'
import { createDlms } from '#protocols/dlms'
import { gcm } from './aes-gcm.ts'
import { bytesOf, vectors } from './vectors.ts'

const dlms = createDlms(gcm)

const textsOf = (hex: string) => dlms.describe(bytesOf(hex)).parts.map(({ text }) => text)

function vectorTexts(name: string): readonly string[] {
  const vector = vectors.find((each) => each.name === name)
  if (!vector) throw new Error(`no vector ${name}`)
  return textsOf(vector.hex)
}

describe('what the bytes of a frame mean', () => {
  it('of a descriptor: class, object and attribute by name', () => {
    expect(textsOf('C001C100030100010800FF0200')).toEqual([
      'GetRequestNormal',
      'invoke id 1, confirmed, high priority',
      'class 3, register',
      'object 1-0:1.8.0.255, Active energy import, total',
      'attribute 2, value',
      'whole attribute',
    ])
    expect(textsOf('C301C10046000060030AFF01010F00').slice(2)).toEqual([
      'class 70, disconnect control',
      'object 0-0:96.3.10.255, Relay state',
      'method 1, remote_disconnect',
      'with a parameter',
      'integer 0',
    ])
    expect(textsOf('C001C17FFF0100010800FF0900').slice(2, 5)).toEqual([
      'class 32767',
      'object 1-0:1.8.0.255, Active energy import, total',
      'attribute 9',
    ])
    expect(textsOf('C001C100030100630100FF0100')[3]).toBe('object 1-0:99.1.0.255')
    expect(textsOf('C001C100030100630100FF0100')[4]).toBe('attribute 1, logical_name')
  })

  it('of a push with scalers: each value with its name and unit', () => {
    const texts = vectorTexts('Aidon list of twelve, whole frame')
    expect(texts).toContain('object 1-0:1.7.0.255, Active import power')
    expect(texts).toEqual(
      expect.arrayContaining([
        'object 1-1:0.2.129.255, Push list version',
        'integer 0, scaler 10^0',
        'enum 27, unit W',
        'integer -1, scaler 10^-1',
        'enum 33, unit A',
      ]),
    )
  })

  it('of a push without scalers: what the maker means', () => {
    const texts = vectorTexts('Kamstrup single phase, whole frame')
    expect(texts).toEqual(
      expect.arrayContaining([
        'time 2022-02-05 13:00:10',
        'object 1-1:1.7.0.255, Active import power',
        'double-long-unsigned 616, Active import power 0.616 kW',
      ]),
    )
    expect(vectorTexts('Iskraemeco AM550, energies with the relay')).toEqual(
      expect.arrayContaining([
        'time 2023-07-25 09:15:00, UTC+02:00, summer time',
        'octets ISK1030789375606, Logical device name',
        'enum 1, Relay state connected',
        'double-long-unsigned 52837, Active energy import, total 52.837 kWh',
      ]),
    )
  })

  it('of capture objects: classes and attributes by name', () => {
    const texts = vectorTexts('Landis+Gyr E450, whole list with voltages')
    expect(texts).toEqual(
      expect.arrayContaining([
        'long-unsigned 40: class 40, push setup',
        'object 0-8:25.9.0.255, Push setup',
        'integer 1: attribute 1, logical_name',
        'long-unsigned 3: class 3, register',
        'integer 2: attribute 2, value',
        'long-unsigned 0: all of it',
        'long-unsigned 234, Voltage, phase A 234 V',
      ]),
    )
  })

  it('of a refusal: the name that the standard gives it', () => {
    expect(textsOf('C401C10103')).toContain(
      'no data: read-write-denied (3), reading or writing is denied',
    )
    expect(textsOf('C401C101C8')).toContain('no data: result 200')
    expect(textsOf('C501C104')).toContain('object-undefined (4), no such object')
    expect(textsOf('C701C10C00').slice(2)).toEqual([
      'type-unmatched (12), the type does not match',
      'nothing is returned',
    ])
    expect(textsOf('C701C10001000301').slice(2)).toEqual([
      'success (0)',
      'with what it returns',
      'data',
      'boolean true',
    ])
    expect(textsOf('C402C101000000130101')).toContain('no data: hardware-fault (1), hardware fault')
  })

  it('of times: with what is not specified, zone and status', () => {
    const data = (hex: string) => textsOf(`C401C100${hex}`).at(-1)
    expect(data('090C07E60212050D000AFF800000')).toBe('date-time 2022-02-18 13:00:10')
    expect(data('090CFFFFFEFD07020000FF8000FF')).toBe(
      'date-time ****-begin of DST-last but one 02:00:00',
    )
    expect(data('090CFFFFFFFF01FFFFFF32003C83')).toBe(
      'date-time ****-**-** Mon **:**:**.50, UTC-01:00, summer time, invalid, doubtful',
    )
    expect(data('1907E60212050D000AFFFE988D')).toBe(
      'date-time 2022-02-18 13:00:10, UTC+06:00, summer time, invalid, another clock base, invalid status',
    )
    expect(data('1A07E60CFEFF')).toBe('date 2022-12-last')
    expect(data('1A07E6010105')).toBe('date 2022-01-01')
    expect(data('1B0D000A32')).toBe('time 13:00:10.50')
    expect(data('1B63000A32')).toMatch(/^time 63000A32/)
    expect(data('1A07E60D0105')).toMatch(/^date 07E60D0105/)
    expect(data('090C313233343536373839303132')).toBe('octets 123456789012')
    expect(data('090C07E60212050D000AFF4000FF')).toBe('octets 07E60212050D000AFF4000FF')
  })

  it('of six octets: an object only where they are the present value of one', () => {
    const data = (hex: string) => textsOf(`C401C100${hex}`).at(-1)
    expect(data('0906363031313039')).toBe('octets 601109')
    expect(data('09060100010800FF')).toBe('object 1-0:1.8.0.255, Active energy import, total')
  })

  it('of an association: what the two sides agree on', () => {
    const texts = vectorTexts('AARE accepted, plain')
    expect(texts.slice(0, 4)).toEqual([
      'AARE',
      'context: logical names',
      'accepted',
      'no reason given',
    ])
    expect(texts.slice(4)).toEqual([
      'user information',
      'initiate response, DLMS version 6',
      expect.stringMatching(/^conformance: .*get, set, selective-access/),
      expect.stringMatching(/^longest APDU \d+ bytes$/),
      'the name of the association object',
    ])
    expect(vectorTexts('AARE, the DLMS version is too low').at(-1)).toBe(
      'user information: ConfirmedServiceError, initiate 1',
    )
    expect(vectorTexts('RLRQ with an enciphered initiate request').at(-1)).toBe(
      'user information, 50 bytes enciphered',
    )
  })

  it('of a block of a transfer: its number also beside the values', () => {
    const frame = vectors.find(({ name }) => name === 'Landis+Gyr E450, block 2 of a transfer')
    expect(dlms.describe(bytesOf(frame?.hex ?? '')).extras.block).toBe(2)
  })
})
