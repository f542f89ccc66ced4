import { describe, expect, test } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { documents, hes } from './fake-io.ts'
import { answer, damaged, whoIsThere } from './frames.ts'

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
