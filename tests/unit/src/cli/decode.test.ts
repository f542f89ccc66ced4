import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { documents, hes } from './fake-io.ts'
import { answer, damaged, modbusRequest, refusal, summed, whoIsThere } from './frames.ts'

const contractKeys = [
  'protocol',
  'valid',
  'raw',
  'direction',
  'address',
  'function',
  'control',
  'dataId',
  'more',
  'readings',
  'error',
]

describe('decode --json', () => {
  test('prints the contract of an answer', async () => {
    const { exit, stdout, stderr } = await hes(['decode', '--json', answer])
    expect(exit).toBe(0)
    expect(stderr).toBe('')
    expect(documents(stdout)).toEqual([
      {
        protocol: 'dlt645-2007',
        valid: true,
        raw: answer,
        direction: 'reply',
        address: '112233445566',
        function: 'read',
        control: '91',
        dataId: '00010000',
        more: false,
        readings: [
          {
            register: '1.8.0',
            name: 'Active energy import, total',
            value: '4821.37',
            unit: 'kWh',
            at: null,
          },
        ],
        error: null,
        data: '0000010037214800',
      },
    ])
  })

  test.each([
    ['an answer', answer],
    ['a damaged frame', damaged],
    ['a refusal', refusal],
    ['a request', whoIsThere],
    ['Modbus', modbusRequest],
    ['nothing known', '0102030405'],
    ['a single byte', '68'],
  ])('has every key for %s', async (_, frame) => {
    const [document] = documents((await hes(['decode', '--json', frame])).stdout)
    expect(Object.keys(document ?? {}).slice(0, contractKeys.length)).toEqual(contractKeys)
  })

  test.each([
    [
      'unquoted',
      ['FE', 'FE', '68', 'AA', 'AA', 'AA', 'AA', 'AA', 'AA', '68', '13', '00', 'DF', '16'],
    ],
    ['quoted', ['fe fe 68 aa aa aa aa aa aa 68 13 00 df 16']],
    ['in pieces', ['FEFE68AAAA', 'AAAAAAAA681300DF16']],
    ['with separators', ['FE:FE:68:AA:AA:AA-AA-AA-AA,68,13,00,DF,16']],
    ['with 0x', ['0x68 0xAA 0xAA 0xAA 0xAA 0xAA 0xAA 0x68 0x13 0x00 0xDF 0x16']],
  ])('takes hex %s', async (_, words) => {
    const { exit, stdout } = await hes(['decode', '--json', ...words])
    expect(exit).toBe(0)
    expect(documents(stdout)).toEqual([
      expect.objectContaining({ raw: whoIsThere, direction: 'request', function: 'read-address' }),
    ])
  })

  test('explains two frames given as two words', async () => {
    const { exit, stdout } = await hes(['decode', '--json', answer, damaged])
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([{ valid: true }, { valid: false }])
  })

  test('explains frames glued together', async () => {
    const { stdout } = await hes(['decode', '--json', answer + whoIsThere])
    expect(documents(stdout)).toMatchObject([{ raw: answer }, { raw: whoIsThere }])
  })

  test('does not overlook a damaged frame between good ones', async () => {
    for (const stdin of [[answer + damaged + answer], [fromHex(answer + damaged + answer)]]) {
      const { exit, stdout } = await hes(['decode', '--json'], {
        stdin: stdin.map((chunk) => chunk ?? ''),
      })
      expect(exit).toBe(8)
      expect(documents(stdout)).toMatchObject([
        { valid: true },
        { raw: damaged, valid: false },
        { valid: true },
      ])
    }
  })

  test('exits 8 for a damaged frame and says which check failed', async () => {
    const { exit, stdout } = await hes(['decode', '--json', damaged])
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([
      { valid: false, readings: [], error: { code: 'dlt645.checksum' } },
    ])
  })

  test('takes a refusal for a valid frame whose error names it', async () => {
    const { exit, stdout } = await hes(['decode', '--json', refusal])
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { valid: true, control: 'D1', error: { code: 'dlt645.no-such-data' } },
    ])
  })

  test('finds out about Modbus by itself', async () => {
    const { exit, stdout } = await hes(['decode', '--json', modbusRequest])
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { protocol: 'modbus', direction: 'request', unit: 1, functionCode: 3, exception: null },
    ])
  })

  test('knows a frame by its beginning when its length is wrong', async () => {
    const long = answer.replace('910833', '910933')
    for (const words of [[answer.slice(0, -4)], [long], ['--protocol', 'dlt645-2007', long]]) {
      const { exit, stdout } = await hes(['decode', '--json', ...words])
      expect(exit).toBe(8)
      expect(documents(stdout)).toMatchObject([
        {
          protocol: 'dlt645-2007',
          valid: false,
          address: '112233445566',
          control: '91',
          error: { code: 'dlt645.length' },
        },
      ])
    }
  })

  test('takes the cut frame at the end of a capture for noise', async () => {
    const { exit, stdout } = await hes(['decode', '--json'], {
      stdin: [fromHex(answer + answer.slice(0, -4)) ?? ''],
    })
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([{ raw: answer, valid: true }])
  })

  test('says so when no protocol knows the bytes', async () => {
    const { exit, stdout } = await hes(['decode', '--json', '0102030405'])
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([{ protocol: null, error: { code: 'frame.unknown' } }])
  })

  test('reads device times in HES_TIMEZONE', async () => {
    // 1.6.0, the maximum demand 0100FF00 of one rate: 00.5000 kW at 2026-11-21 22:30.
    const demand = summed('6801000000000068910C' + '33333434' + '338333' + '6355544459')
    const at = async (zone: string) => {
      const { stdout } = await hes(['decode', '--json', demand], { env: { HES_TIMEZONE: zone } })
      return documents(stdout)
    }
    const stamped = (offset: string) => ({
      readings: [{ register: '1.6.0', value: '0.5000', at: `2026-11-21T22:30:00${offset}` }],
    })
    expect(await at('Asia/Shanghai')).toMatchObject([stamped('+08:00')])
    expect(await at('UTC')).toMatchObject([stamped('+00:00')])
  })

  test('flags what carries no value', async () => {
    const absent = summed('68010000000000689106' + '33343435' + '3232')
    const { exit, stdout } = await hes(['decode', '--json', absent])
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { valid: true, readings: [{ register: '32.7.0', value: null, flag: 'absent' }] },
    ])
  })
})
