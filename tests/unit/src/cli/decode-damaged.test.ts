import { describe, expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

async function told(...args: readonly string[]) {
  const { exit, stdout } = await hes(['decode', '--json', ...args])
  return { exit, documents: documents(stdout) }
}

describe('a damaged frame is told with its protocol and the reason', () => {
  test.each([
    ['modbus', '01030000000AC5CE', 'modbus.crc', '1'],
    ['modbus', '01 03 14 00 00', 'modbus.length', '1'],
    ['modbus', '0001 0000 0007 01 03 0000 000A', 'modbus.length', '1'],
    [
      'dlt698',
      '681700430500000000000000727A05010000100201000D0416',
      'dlt698.header-checksum',
      '000000000000',
    ],
    ['gdw376', '684A004A00688801440501020C6100000200053022', 'gdw376.length', '4401-0105'],
    [
      'gdw376',
      '684A004E00688801440501020C610000020005302221D126B316',
      'gdw376.lengths-differ',
      '4401-0105',
    ],
  ])('where %s is named: %s', async (protocol, hex, code, address) => {
    const { exit, documents: frames } = await told('--protocol', protocol, hex)
    expect(exit).toBe(8)
    expect(frames).toMatchObject([
      { protocol, valid: false, address, readings: [], error: { code } },
    ])
  })

  test.each([
    ['dlt698', '681700430500000000000000727A05010000100201000D0416', 'dlt698.header-checksum'],
    ['gdw376', '684A004A00688801440501020C6100000200053022', 'gdw376.length'],
    ['gdw376', '684A004E00688801440501020C610000020005302221D126B316', 'gdw376.lengths-differ'],
    ['dlt645-2007', '68AAAAAAAAAAAA68130020', 'dlt645.length'],
    ['dlt645-2007', '68AAAAAAAAAAAA681300DE16', 'dlt645.checksum'],
  ])('where the protocol is to be found out: %s, %s', async (protocol, hex, code) => {
    const { exit, documents: frames } = await told(hex)
    expect(exit).toBe(8)
    expect(frames).toMatchObject([{ protocol, valid: false, error: { code } }])
  })

  test.each(['01030000000AC5CE', '01 03 14 00 00', 'AABBCCDD', '68 68 68 16 16 16'])(
    'noise is taken for no protocol: %s',
    async (hex) => {
      const { exit, documents: frames } = await told(hex)
      expect(exit).toBe(8)
      expect(frames).toMatchObject([{ protocol: null, error: { code: 'frame.unknown' } }])
    },
  )
})
