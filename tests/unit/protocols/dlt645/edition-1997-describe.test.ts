import { describe, expect, test } from 'vitest'
import { buildFrame, detectEdition, dlt645, dlt645v1997, probeEdition } from '#protocols/dlt645'
import { vectors1997 } from './edition-1997-vectors.ts'
import { bytesOf, readingText, vectors } from './vectors.ts'

const address = '000012345678'

function frame(control: number, data: string, to = address): Uint8Array {
  return buildFrame({ address: to, control, data: bytesOf(data) })
}

describe('the edition', () => {
  test('is asked for with what each of them answers, 2007 first', () => {
    const first = probeEdition(address, [])
    expect(first?.edition).toBe('dlt645-2007')
    expect(first && dlt645.describe(first.frame).dataId).toBe('00010000')
    const second = probeEdition(address, ['dlt645-2007'])
    expect(second?.edition).toBe('dlt645-1997')
    expect(second && dlt645v1997.describe(second.frame).dataId).toBe('9010')
    expect(probeEdition(address, ['dlt645-1997', 'dlt645-2007'])).toBeNull()
    expect(probeEdition(address, ['dlt645-1997'])?.edition).toBe('dlt645-2007')
  })

  test('is told by every published frame but the broadcast of the time', () => {
    for (const { hex, control } of vectors) {
      // The file of the newer edition has frames of the older one, which it cannot read.
      const wanted = control.endsWith('1') && control < '90' && control > '7' ? '1997' : '2007'
      const found = detectEdition(bytesOf(hex))
      const told = control === '08' ? undefined : `dlt645-${wanted}`
      expect([hex, found?.edition]).toEqual([hex, told])
    }
    for (const { hex, control } of vectors1997) {
      const found = detectEdition(bytesOf(hex))
      expect([hex, found?.edition]).toEqual([hex, control === '08' ? undefined : 'dlt645-1997'])
    }
  })

  test('comes with who spoke, and whether to say no', () => {
    expect(detectEdition(frame(0xd1, '02'))).toEqual({
      edition: 'dlt645-2007',
      direction: 'reply',
      address,
      refused: true,
    })
    expect(detectEdition(frame(0x01, '1090'))).toMatchObject({ direction: 'request' })
    expect(detectEdition(frame(0xc3, '0400'))).toMatchObject({ edition: 'dlt645-2007' })
    expect(detectEdition(frame(0x03, ''))).toMatchObject({ edition: 'dlt645-1997' })
    expect(detectEdition(frame(0x05, ''))).toBeNull()
    expect(detectEdition(bytesOf('6811'))).toBeNull()
  })
})

describe('a description', () => {
  const texts = (control: number, data: string, to = address) => {
    return dlt645v1997.describe(frame(control, data, to)).parts.map(({ text }) => text)
  }

  test('tells a block to its end mark', () => {
    expect(texts(0x81, '1F9003030000AA')).toEqual([
      'address 000012345678',
      'reply: read data, complete',
      'data length 7, each byte sent with 33H added',
      'item 901F, block',
      'Active energy import, total: 3.03 kWh',
      'end of the block',
      'checksum, right',
      'end',
    ])
    expect(texts(0x81, '1F900303000012').at(-3)).toBe('part of a field: 12')
    expect(texts(0x81, '20C014').at(-3)).toBe(
      'Meter status byte: 14 (battery low, active power reversed)',
    )
    expect(texts(0x81, '1090FFFFFFFF').at(-3)).toBe('Active energy import, total: absent')
    expect(texts(0x81, '01EE0102').slice(3, 5)).toEqual(['item EE01, unknown here', '0102'])
  })

  test('never shows a password', () => {
    const secret = /ABCD|EFCD|CDEF|CDAB/
    const frames = [
      frame(0x04, '10C0' + '02EFCDAB' + '00221126'),
      frame(0x0f, '02EFCDAB02EFCDAB'),
      frame(0x8f, '02EFCDAB'),
      frame(0x10, '02EFCDAB'),
      frame(0x10, '02EFCD'),
      frame(0x81, '12C202EFCDAB'),
      frame(0x82, '12C202EFCDAB'),
      frame(0x81, '1FC2800002EFCDAB'),
      frame(0x83, '12C202EFCDAB'),
      frame(0x04, '12C20012345602EFCDAB'),
    ]
    for (const bytes of frames) {
      const { raw: _, ...shown } = dlt645v1997.describe(bytes)
      expect(JSON.stringify(shown)).not.toMatch(secret)
    }
    expect(texts(0x10, '02EFCDAB').slice(3, 5)).toEqual(['password level 02', 'password (hidden)'])
  })

  test('tells what is short, long, damaged or no frame', () => {
    expect(texts(0x08, '0530').at(-3)).toBe('cut short')
    expect(texts(0x0c, '0800').at(-3)).toBe('more than belongs here')
    expect(texts(0x0c, '08').at(-3)).toBe('baud rate feature byte 08')
    expect(texts(0x08, '053022211126', '999999999999').slice(0, 4)).toEqual([
      'address 999999999999 (all meters)',
      'request: broadcast time',
      'data length 6, each byte sent with 33H added',
      'time 2026-11-21T22:30:05',
    ])
    expect(texts(0x08, '053022213126').at(-3)).toBe('time 263121223005 (out-of-range)')
    expect(texts(0x0a, '785634120000', 'AAAAAAAAAAAA')[0]).toMatch(/AA matches any pair/)
    expect(texts(0xc5, 'B6D148')[1]).toBe('refusal: function 05, unknown here')
    const damaged = frame(0x81, '109001000000')
    damaged[13] = 0x40
    expect(dlt645v1997.describe(damaged)).toMatchObject({
      valid: false,
      readings: [],
      error: { code: 'dlt645.checksum' },
    })
    const cut = dlt645v1997.describe(frame(0x81, '109001000000').subarray(0, 12))
    expect(cut).toMatchObject({ address, control: '81', function: 'read', extras: { data: null } })
    expect(dlt645v1997.describe(bytesOf('0102')).parts).toHaveLength(1)
    expect(dlt645v1997.describe(frame(0x81, '10'))).toMatchObject({ valid: false, dataId: null })
    expect(dlt645v1997.describe(frame(0x83, ''))).toMatchObject({ valid: true, readings: [] })
    const again = dlt645v1997.describe(frame(0x83, '109001000000'))
    expect(again.readings.map(readingText)).toEqual(['1.8.0=0.01'])
    expect(dlt645v1997.describe(frame(0xa1, '1F90010000'))).toMatchObject({
      more: true,
      readings: [],
      valid: true,
    })
  })
})
