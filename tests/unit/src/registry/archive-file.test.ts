import { describe, expect, test } from 'vitest'
import { civilTime } from '#src/core'
import { parseArchive } from '#src/registry'

const civil = civilTime('Asia/Shanghai')
const bytes = (text: string) => new TextEncoder().encode(text)
const header = 'concentrator,meter_address,protocol,usage_point,account,customer,ct,valid_from'

function problemsOf(text: string) {
  const parsed = parseArchive(bytes(text), civil)
  return parsed.ok ? [] : parsed.error
}

function rowsOf(file: Uint8Array) {
  const parsed = parseArchive(file, civil)
  return parsed.ok ? parsed.value : []
}

describe('an archive file', () => {
  test('gives one row a meter, with what is not said left to its default', () => {
    const text = `${header}\n31010001,12345678,dlt645-2007,UP1,6001,王小明,400/5,2026-01-01\n`
    expect(rowsOf(bytes(text))).toEqual([
      {
        line: 2,
        concentrator: '31010001',
        concentratorMaker: null,
        maker: null,
        concentratorName: null,
        channel: '31010001',
        channelKind: 'dialin',
        channelSettings: { identity: '31010001' },
        meterAddress: '000012345678',
        protocol: 'dlt645-2007',
        profile: null,
        model: null,
        usagePoint: 'UP1',
        account: '6001',
        customer: '王小明',
        customerClass: 'residential',
        transformer: null,
        feeder: null,
        ct: { numerator: 80n, denominator: 1n },
        pt: { numerator: 1n, denominator: 1n },
        validFrom: Date.UTC(2025, 11, 31, 16),
      },
    ])
  })

  test('may begin with a byte order mark, have Chinese headings and be saved as GBK', () => {
    const plain = '集中器,表地址,规约\n1,2,dlt645-2007\n'
    const marked = bytes(`\ufeff${plain}`)
    // 集中器,表地址,规约 in GBK.
    const heading = 'bcafd6d0c6f72cb1edb5d8d6b72cb9e6d4bc'
    const gbk = Buffer.concat([Buffer.from(heading, 'hex'), bytes('\n1,2,dlt645-2007\n')])
    for (const file of [bytes(plain), marked, gbk]) {
      expect(rowsOf(file).map(({ meterAddress }) => meterAddress)).toEqual(['000000000002'])
    }
  })

  test('means the same number in full width; names stay as they are written', () => {
    const text = `${header}\n３１０１,１２,dlt645-2007,ＵＰ－１,６００１,王Ａ（东）,４００／５,２０２６－０１－０１\n`
    const plain = `${header}\n3101,12,dlt645-2007,UP-1,6001,王Ａ（东）,400/5,2026-01-01\n`
    expect(rowsOf(bytes(plain))).toHaveLength(1)
    expect(rowsOf(bytes(text))).toEqual(rowsOf(bytes(plain)))
  })

  test('reads the settings of a channel by its kind', () => {
    const text =
      'channel,channel_kind,channel_settings,meter_address,protocol,profile\n' +
      'hall,modbus-tcp,host=10.0.0.5; port=502,17,modbus,sdm630\n' +
      'roof,serial,path=/dev/ttyUSB0;baud=2400;parity=even,1,dlt645-2007,\n'
    expect(rowsOf(bytes(text)).map(({ channelSettings }) => channelSettings)).toEqual([
      { host: '10.0.0.5', port: 502 },
      { path: '/dev/ttyUSB0', baud: 2400, parity: 'even' },
    ])
  })

  test('names every wrong cell with its line, column, value and what is allowed', () => {
    const text =
      `${header}\n` +
      'C1,12345678901x,dlt645-2007,UP1,6001,A,1,2026-01-01\n' +
      'C1,2,dlt644,UP2,6002,B,0,2026-02-30\n' +
      ',3,dlt645-2007,,6003,C,1,\n'
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({ line: 2, column: 'meter_address', value: '12345678901x' }),
      expect.objectContaining({ line: 3, column: 'protocol', value: 'dlt644' }),
      expect.objectContaining({ line: 3, column: 'ct', value: '0' }),
      expect.objectContaining({ line: 3, column: 'valid_from', value: '2026-02-30' }),
      expect.objectContaining({ line: 4, column: 'channel', value: null }),
      expect.objectContaining({ line: 4, column: 'account', value: '6003' }),
    ])
  })

  test('finds rows that contradict each other', () => {
    const text =
      'concentrator,meter_address,protocol,usage_point,account,customer,transformer,feeder\n' +
      'C1,1,dlt645-2007,UP1,6001,A,T1,F1\n' +
      'C1,000000000001,dlt645-2007,UP2,6002,B,T1,F1\n' +
      'C1,2,dlt645-2007,UP1,6003,B,T1,F1\n' +
      'C1,3,dlt645-2007,UP3,6001,B,T1,F2\n'
    expect(problemsOf(text).map(({ line, column }) => [line, column])).toEqual([
      [3, 'meter_address'],
      [4, 'usage_point'],
      [5, 'customer'],
      [5, 'feeder'],
    ])
  })

  test('says what is wrong with a heading', () => {
    expect(problemsOf('meter_address,colour\n1,red\n').map(({ column }) => column)).toEqual([
      'colour',
      'protocol',
    ])
  })

  test('refuses a meter on a channel that does not speak its protocol', () => {
    const text = 'concentrator,meter_address,protocol,profile\nC1,1,modbus,sdm630\n'
    expect(problemsOf(text)).toEqual([expect.objectContaining({ line: 2, column: 'channel_kind' })])
  })

  test('is refused when empty or when a quote never ends', () => {
    expect(problemsOf('')).toHaveLength(1)
    expect(problemsOf(`${header}\n"C1,1`)).toHaveLength(1)
  })
})
