import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { mbap, modbus, rtu } from '#protocols/modbus'

function bytes(hex: string): Uint8Array {
  const read = fromHex(hex.replaceAll(' ', ''))
  if (!read) throw new Error(`not hex: ${hex}`)
  return read
}

/** What stands behind unit and function, up to the CRC. */
function told(message: string): readonly string[] {
  const { parts, valid } = modbus.describe(rtu.frame(bytes(message)))
  expect(valid).toBe(true)
  return parts.slice(2, -1).map(({ from, to, text }) => `${from}-${to} ${text}`)
}

// The examples of MODBUS Application Protocol V1.1b3 §6, to which 11H stands as the unit.
describe('each byte of a message is told by its own name', () => {
  test.each([
    ['11 01 00 13 00 25', ['2-4 address 0x0013', '4-6 37 coils']],
    [
      '11 01 05 CD 6B B2 0E 1B',
      [
        '2-3 5 bytes follow',
        '3-8 coils from the first on: 10110011 11010110 01001101 01110000 11011000',
      ],
    ],
    ['11 03 06 02 2B 00 00 00 64', ['2-3 6 bytes follow', '3-9 registers 022B 0000 0064']],
    ['11 05 00 AC FF 00', ['2-4 address 0x00AC', '4-6 coil on']],
    ['11 05 00 AC 12 34', ['2-4 address 0x00AC', '4-6 coil 0x1234, no such state']],
    ['11 06 00 01 00 03', ['2-4 address 0x0001', '4-6 value 3 (0x0003)']],
    ['11 07 6D', ['2-3 exception status from the first on: 10110110']],
    ['11 08 00 00 A5 37', ['2-4 sub-function 0: return query data', '4-6 data A537']],
    ['11 0B FF FF 01 08', ['2-4 status busy', '4-6 264 events']],
    [
      '11 0C 08 00 00 01 08 01 21 20 00',
      [
        '2-3 8 bytes follow',
        '3-5 status ready',
        '5-7 264 events',
        '7-9 289 messages',
        '9-11 events, latest first: 2000',
      ],
    ],
    [
      '11 0F 00 13 00 0A 02 CD 01',
      [
        '2-4 address 0x0013',
        '4-6 10 coils',
        '6-7 2 bytes of values',
        '7-9 coils from the first on: 10110011 10000000',
      ],
    ],
    ['11 0F 00 13 00 0A', ['2-4 address 0x0013', '4-6 10 coils']],
    [
      '11 10 00 01 00 02 04 00 0A 01 02',
      [
        '2-4 address 0x0001',
        '4-6 2 registers',
        '6-7 4 bytes of values',
        '7-11 registers 000A 0102',
      ],
    ],
    ['11 10 00 01 00 02', ['2-4 address 0x0001', '4-6 2 registers']],
    ['11 11 03 0B FF 01', ['2-3 3 bytes follow', "3-6 the device's own id and run state 0BFF01"]],
    [
      '11 14 0E 06 00 04 00 01 00 02 06 00 03 00 09 00 02',
      [
        '2-3 14 bytes follow',
        '3-4 reference type 6',
        '4-6 file 4',
        '6-8 record 1',
        '8-10 2 registers',
        '10-11 reference type 6',
        '11-13 file 3',
        '13-15 record 9',
        '15-17 2 registers',
      ],
    ],
    [
      '11 14 0C 05 06 0D FE 00 20 05 06 33 CD 00 40',
      [
        '2-3 12 bytes follow',
        '3-4 5 bytes of a part',
        '4-5 reference type 6',
        '5-9 registers 0DFE 0020',
        '9-10 5 bytes of a part',
        '10-11 reference type 6',
        '11-15 registers 33CD 0040',
      ],
    ],
    [
      '11 15 0D 06 00 04 00 07 00 03 06 AF 04 BE 10 0D',
      [
        '2-3 13 bytes follow',
        '3-4 reference type 6',
        '4-6 file 4',
        '6-8 record 7',
        '8-10 3 registers',
        '10-16 registers 06AF 04BE 100D',
      ],
    ],
    [
      '11 16 00 04 00 F2 00 25',
      ['2-4 address 0x0004', '4-6 AND mask 0x00F2', '6-8 OR mask 0x0025'],
    ],
    [
      '11 17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF',
      [
        '2-4 read from address 0x0003',
        '4-6 6 registers',
        '6-8 write to address 0x000E',
        '8-10 3 registers',
        '10-11 6 bytes of values',
        '11-17 registers 00FF 00FF 00FF',
      ],
    ],
  ] as const)('%s', (message, parts) => {
    expect(told(message)).toEqual(parts)
  })

  test('where a message may be a request or an answer, both are told', () => {
    expect(told('11 02 03 AC DB 35')).toEqual([
      '2-6 a request: address 0x03AC, 56117 inputs; or an answer: 3 bytes follow, ' +
        'inputs from the first on: 00110101 11011011 10101100',
    ])
  })

  test('no byte is left out, whatever the message', () => {
    for (let code = 1; code < 48; code++) {
      for (const body of [
        '',
        '00',
        '02 06 00',
        '00 01 00 02',
        '04 03 06 11 22',
        '06 06 00 01 00 02 00',
      ]) {
        const raw = mbap.frame(bytes(`11 ${code.toString(16).padStart(2, '0')} ${body}`), 1)
        let at = 0
        for (const { from, to } of modbus.describe(raw).parts) {
          expect(from).toBe(at)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(at).toBe(raw.length)
      }
    }
  })

  test('an answer to a write of registers is of the place that was written', () => {
    expect(modbus.describe(bytes('11 10 00 01 00 02 12 98'))).toMatchObject({
      direction: 'reply',
      dataId: '0x0001',
    })
  })
})
