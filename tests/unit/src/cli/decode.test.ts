import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '#protocols/bytes'
import type { FrameDescription, Reading } from '#protocols/model'
import type { FrameTool } from '#src/acquisition/frames'
import { documents, hes } from './fake-io.ts'

// Worked by hand from DL/T 645-2007 §5 and §7: address 112233445566, 1.8.0 is 4821.37 kWh.
const answer = '68665544332211689108333334336A547B330716'
// The same with one byte of the value changed on the line.
const damaged = '68665544332211689108333334336A548E330716'
// Refusal D1 with error byte 02H, no such data (§7.2.3).
const refusal = summed('6866554433221168D10135')
// 13H with the wildcard, the most published frame there is.
const whoIsThere = '68AAAAAAAAAAAA681300DF16'
// MODBUS over Serial Line V1.02, the specification's own example of a read of holding registers.
const modbusRequest = '01030000000AC5CD'

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

/** With the checksum put right, for frames whose sum is not written down above. */
function summed(hex: string): string {
  const bytes = fromHex(hex) ?? new Uint8Array(0)
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0)
  return `${hex}${toHex(Uint8Array.of(sum))}16`
}

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

describe('decode for people', () => {
  /** Explains everything the same way, so that only the layout is looked at. */
  const tool = (more: Partial<FrameDescription>): FrameTool => ({
    protocol: 'dlt645-2007',
    proof: 'strong',
    scanner: () => ({ push: (chunk) => [chunk], skippedBytes: 0, pending: false, reset() {} }),
    describe: (raw) => ({
      protocol: 'dlt645-2007',
      valid: true,
      raw,
      direction: 'reply',
      address: '112233445566',
      function: 'read',
      control: '91',
      dataId: null,
      more: false,
      readings: [],
      error: null,
      extras: {},
      parts: [
        { from: 0, to: 1, text: 'start' },
        { from: 1, to: 15, text: 'a long part' },
        { from: 15, to: 16, text: '' },
      ],
      ...more,
    }),
  })
  const frame = '000102030405060708090A0B0C0D0E0F'
  const shown = async (more: Partial<FrameDescription>, ...words: string[]) => {
    const actions = { frameTools: async () => [tool(more)] }
    return (await hes(['decode', ...words], { actions })).stdout
  }
  const voltage: Reading = {
    item: '32.7.0',
    dataId: '02010100',
    name: 'Voltage, phase A',
    unit: 'V',
    value: { kind: 'number', digits: 2284, scale: 1 },
    dataClass: 'current',
    at: null,
  }

  test('walks through the bytes and ends with the values', async () => {
    const missing: Reading = {
      ...voltage,
      item: null,
      dataId: '0EFF0001',
      name: '某厂扩展量',
      unit: '',
      value: { kind: 'missing', flag: 'not-bcd' },
      at: {
        kind: 'wall',
        time: { year: 2026, month: 2, day: 30, hour: 0, minute: 0, second: 0 },
      },
    }
    expect(await shown({ readings: [voltage, missing] }, frame)).toMatchInlineSnapshot(`
      "dlt645-2007, reply, address 112233445566, read
           0  00                                   start
        1-14  01 02 03 04 05 06 07 08 09 0A 0B 0C  a long part
              0D 0E
          15  0F
        REGISTER  NAME                  VALUE  UNIT  AT
        32.7.0    Voltage, phase A      228.4  V
        0EFF0001  某厂扩展量        (not-bcd)        (impossible date)
      "
    `)
  })

  test('names what is wrong with a damaged frame', async () => {
    const error = { code: 'dlt645.checksum', message: 'checksum is 07, computed 1A' }
    expect(await shown({ valid: false, error, parts: [] }, frame)).toMatchInlineSnapshot(`
      "dlt645-2007, reply, address 112233445566, read, DAMAGED
        00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F
        error: checksum is 07, computed 1A [dlt645.checksum]
      "
    `)
  })

  test('calls the no of a device a refusal, not an error', async () => {
    const error = { code: 'dlt645.no-such-data', message: 'no such data' }
    expect(await shown({ error, address: null, parts: [] }, 'AABBCCDD')).toMatchInlineSnapshot(`
      "dlt645-2007, reply, read
        AA BB CC DD
        refused: no such data [dlt645.no-such-data]
      "
    `)
  })
})

describe('decode from stdin', () => {
  const lines = (text: string, ...options: string[]) =>
    hes(['decode', '--json', ...options], { stdin: [text] })

  test('prints one document a line, in order', async () => {
    const { exit, stdout } = await lines(`${answer}\n${damaged}\n${whoIsThere}\n`)
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([
      { raw: answer, valid: true },
      { raw: damaged, valid: false },
      { raw: whoIsThere, valid: true },
    ])
  })

  test('passes over empty lines and remarks', async () => {
    const { exit, stdout } = await lines(`# two frames\n\n${answer}\n  \n// more\n${whoIsThere}`)
    expect(exit).toBe(0)
    expect(documents(stdout)).toHaveLength(2)
  })

  test('answers a line without hex with a line of its own', async () => {
    const { exit, stdout } = await lines(`${answer}\nhello\n${answer}\n`)
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([
      { valid: true },
      { valid: false, protocol: null, error: { code: 'frame.not-hex' } },
      { valid: true },
    ])
  })

  test('takes lines that arrive in pieces', async () => {
    const text = `${answer}\r\n${whoIsThere}\r\n`
    const stdin = text.match(/.{1,7}/gs) ?? []
    const { stdout } = await hes(['decode', '--json'], { stdin })
    expect(documents(stdout)).toMatchObject([{ raw: answer }, { raw: whoIsThere }])
  })

  test.each([
    ['a time stamp', '2026-11-21 22:30:01.123 68 AA AA AA AA AA AA 68 13 00 DF 16'],
    ['an ISO time', '2026-11-21T22:30:01Z 68 AA AA AA AA AA AA 68 13 00 DF 16'],
    ['a time in brackets', '[22:30:01:123] TX: 68 AA AA AA AA AA AA 68 13 00 DF 16'],
    ['a mark behind', '68 AA AA AA AA AA AA 68 13 00 DF 16 <- RX'],
    ['a dump around', '00000000: 68aa aaaa aaaa aa68 1300 df16            h.......h....'],
    ['a remark behind', '68AAAAAAAAAAAA681300DF16 # who is there'],
  ])('tolerates %s', async (_, line) => {
    const { exit, stdout } = await lines(line)
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([{ raw: whoIsThere }])
  })

  // The same 24 bytes, four wake-up bytes and the answer, as the usual tools dump them.
  test.each([
    [
      'hexdump -C',
      `00000000  fe fe fe fe 68 66 55 44  33 22 11 68 91 08 33 33  |....hfUD3".h..33|
00000010  34 33 6a 54 7b 33 07 16                           |43jT{3..|
00000018
`,
    ],
    [
      'xxd',
      `00000000: fefe fefe 6866 5544 3322 1168 9108 3333  ....hfUD3".h..33
00000010: 3433 6a54 7b33 0716                      43jT{3..
`,
    ],
    [
      'od -t x1',
      `0000000 fe fe fe fe 68 66 55 44 33 22 11 68 91 08 33 33
0000020 34 33 6a 54 7b 33 07 16
0000030
`,
    ],
    [
      'Wireshark',
      `0000   fe fe fe fe 68 66 55 44 33 22 11 68 91 08 33 33
0010   34 33 6a 54 7b 33 07 16
`,
    ],
  ])('puts a frame over two lines of %s together', async (_, dump) => {
    for (const text of [dump, `${dump}${dump}${whoIsThere}\n`]) {
      const { exit, stdout } = await lines(text)
      expect(exit).toBe(0)
      const wanted = text === dump ? [answer] : [answer, answer, whoIsThere]
      expect(documents(stdout)).toMatchObject(wanted.map((raw) => ({ raw, valid: true })))
    }
  })

  test('begins anew where the offsets of a dump do not follow each other', async () => {
    const { exit, stdout } = await lines(
      `0000: ${answer}\n0020: ${damaged}\n0100: 01 02 03 04 05\n`,
    )
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([
      { raw: answer, valid: true },
      { raw: damaged, valid: false },
      { protocol: null, valid: false },
    ])
  })

  test('explains MQTT messages as mosquitto_sub prints them', async () => {
    const { exit, stdout } = await lines(
      'tele/boiler/SENSOR {"Time":"2026-11-21T22:30:00","ENERGY":{"Total":12.345,"Voltage":230}}',
    )
    expect(exit).toBe(0)
    expect(documents(stdout)).toMatchObject([
      { protocol: 'mqtt', direction: 'report', address: 'boiler', valid: true },
    ])
  })

  test('exits 2 for an empty stdin', async () => {
    expect((await hes(['decode'], { stdin: [] })).exit).toBe(2)
  })

  test('finds frames inside the noise of a raw stream, split anywhere', async () => {
    const frame = fromHex(answer) ?? new Uint8Array(0)
    const noise = Uint8Array.of(0x00, 0x68, 0xff, 0x68, 0x16, 0x10)
    const whole = Uint8Array.from([...noise, ...frame, ...noise, ...frame, ...noise])
    for (let cut = 1; cut < whole.length; cut += 5) {
      const stdin = [whole.slice(0, cut), whole.slice(cut)]
      const { exit, stdout, stderr } = await hes(['decode', '--json', '--raw'], { stdin })
      expect(exit).toBe(0)
      expect(documents(stdout)).toMatchObject([{ raw: answer }, { raw: answer }])
      expect(stderr).toContain('bytes belonged to no valid frame')
    }
  })

  test('exits 8 for a raw stream with nothing but a damaged frame', async () => {
    const { exit, stdout } = await hes(['decode', '--json'], {
      stdin: [fromHex(damaged) ?? new Uint8Array(0)],
    })
    expect(exit).toBe(8)
    expect(documents(stdout)).toMatchObject([{ valid: false }])
  })
})

describe('encode', () => {
  test('prints the request of a register and of the protocol’s own id', async () => {
    const argv = ['encode', '--protocol', 'dlt645-2007', '--address', '112233445566']
    // Worked by hand: 11H, DI 00010000 as 33 33 34 33.
    const request = '68665544332211681104333334331716\n'
    for (const item of ['1.8.0', '00010000']) {
      expect(await hes([...argv, '--item', item])).toEqual({ exit: 0, stdout: request, stderr: '' })
    }
  })

  test('frames Modbus for a serial line or for TCP', async () => {
    const argv = ['encode', '--protocol', 'modbus', '--unit', '1', '--profile', 'sdm630']
    const rtu = await hes([...argv, '--item', '32.7.0'])
    const tcp = await hes([...argv, '--item', '32.7.0', '--mbap'])
    expect(rtu.stdout).toBe('01040000000271CB\n')
    expect(tcp.stdout).toBe('000100000006010400000002\n')
  })

  test('exits 2 for an item that is unknown', async () => {
    const argv = ['encode', '--protocol', 'dlt645-2007', '--address', '112233445566']
    const { exit, stdout, stderr } = await hes([...argv, '--item', '9.9.9'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain('9.9.9')
  })
})

test('a frame that was encoded is explained as what it asks', async () => {
  const argv = ['--protocol', 'dlt645-2007', '--address', '000012345678', '--item', '1.8.0']
  const frame = (await hes(['encode', ...argv])).stdout.trim()
  expect(documents((await hes(['decode', '--json', frame])).stdout)).toMatchObject([
    { direction: 'request', address: '000012345678', dataId: '00010000', control: '11' },
  ])
})
