import { expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

// Worked by hand from DL/T 645-2007 §5: address 000012345678, a read of 00010000 and its answer.
const request = '6878563412000068110433333433C616'
const answer = '6878563412000068910833333433785634348016'
const pairs = (hex: string) => hex.match(/../g) ?? []

/** As programs that listen on a line write it down, one after the other. */
test.each([
  ['a debugging assistant', `[2024-05-06 10:00:00.456]# RECV HEX>\n${pairs(answer).join(' ')}`],
  ['arrows and lozenges', `[10:00:00.456]收←◆${pairs(answer).join(' ')}`],
  ['an array of C', `{0x${pairs(answer).join(',0x')}};`],
  ['a string of C', `"\\x${pairs(answer).join('\\x')}"`],
  ['a byte string of Python', `2024-11-22 04:30:11,123 recv b'\\x${pairs(answer).join('\\x')}'`],
  ['the standard', `${pairs(answer).join('H ')}H`],
  ['dashes', `10:00:00 [COM3] Rx(20): ${pairs(answer).join('-')}`],
  [
    'a dump of a packet',
    `0000   ${pairs(answer).slice(0, 16).join(' ')}   hxV4....33...\n` +
      `0010   ${pairs(answer).slice(16).join(' ')}               4...`,
  ],
])('the one frame in the log of %s is found', async (_, log) => {
  const { exit, stdout } = await hes(['decode', '--json'], { stdin: [`${log}\n`] })
  expect(documents(stdout)).toMatchObject([{ raw: answer, valid: true }])
  expect(exit).toBe(0)
})

test('a heading between two frames is passed over', async () => {
  const log = `10:00:00.1 send:\n${request}\n10:00:00.4 received:\n${answer}\n`
  const { stdout } = await hes(['decode', '--json'], { stdin: [log] })
  expect(documents(stdout)).toMatchObject([{ raw: request }, { raw: answer }])
})

test('a line with a time that is no heading is still told of', async () => {
  const { exit, stdout } = await hes(['decode', '--json'], { stdin: ['10:00:00 port opened\n'] })
  expect(documents(stdout)).toMatchObject([{ valid: false, error: { code: 'frame.not-hex' } }])
  expect(exit).toBe(8)
})

// MODBUS over Serial Line V1.02 and Messaging on TCP/IP V1.0b, the specifications' own examples.
const rtuRequest = '01030000000AC5CD'
const tcpRequest = '00010000000601030000000A'
const bracketed = (hex: string) =>
  pairs(hex)
    .map((pair) => `[${pair}]`)
    .join('')
const angled = (hex: string) =>
  pairs(hex)
    .map((pair) => `<${pair}>`)
    .join('')

/** What tools write around frames is no frame: the logs hold good ones, so nothing is wrong. */
test.each([
  [
    'libmodbus and mbpoll on a serial line',
    [
      'mbpoll 1.5-2 - ModBus(R) Master Simulator',
      'Copyright (c) 2015-2023 Pascal JEAN, https://github.com/epsilonrt/mbpoll',
      '',
      'Protocol configuration: ModBus RTU',
      'Slave configuration...: address = [1]',
      'Opening /dev/ttyUSB0 at 9600 bauds (N, 8, 1)',
      '-- Polling slave 1... Ctrl-C to stop)',
      bracketed(rtuRequest),
      'Waiting for a confirmation...',
      angled('01030400FA0000DA02'),
      '[1]: \t250',
      'ERROR Connection timed out: select',
      '---------',
    ],
    [rtuRequest, '01030400FA0000DA02'],
  ],
  ['libmodbus over TCP', [bracketed(tcpRequest)], [tcpRequest]],
  [
    'traffic with counters',
    ['Tx:000123-01 03 00 00 00 0A C5 CD', 'Rx:000124-01 83 02 C0 F1'],
    [rtuRequest, '018302C0F1'],
  ],
  [
    'a data logger with a tag',
    [`2025/10/31 14:54:56 I/dlt645 Send: ${request}`, `2025/10/31 14:54:57 I/dlt645 ${answer}`],
    [request, answer],
  ],
  [
    'tcpdump -X',
    [
      '14:54:56.123456 IP 10.0.0.1.40001 > 10.0.0.2.502: Flags [P.], seq 1:13, ack 1, length 12',
      '\t0x0000:  4500 0034 0000 4000 4006 0000 0a00 0001  E..4..@.@.......',
      '\t0x0010:  0a00 0002 9c41 01f6 0000 0001 0000 0001  .....A..........',
      '\t0x0020:  5018 01f6 0000 0000 0001 0000 0006 0103  P...............',
      '\t0x0030:  0000 000a                                ....',
      '14:54:56.123999 IP 10.0.0.2.502 > 10.0.0.1.40001: Flags [.], ack 13, length 0',
      '\t0x0000:  4500 0028 0000 4000 4006 0000 0a00 0002  E..(..@.@.......',
      '\t0x0010:  0a00 0001 01f6 9c41 0000 0001 0000 000d  .......A........',
      '\t0x0020:  5010 01f6 0000 0000                      P.......',
    ],
    [tcpRequest],
  ],
])('the log of %s has its frames and nothing else', async (_, lines, frames) => {
  const { exit, stdout, stderr } = await hes(['decode', '--json'], {
    stdin: [`${lines.join('\n')}\n`],
  })
  expect(documents(stdout)).toMatchObject(frames.map((raw) => ({ raw, valid: true })))
  expect(exit).toBe(0)
  expect(stderr).toMatch(/^(?:hes: \d+ lines? held no frame\n)?$/)
})

test('a frame that is damaged is told of, whatever stands around it', async () => {
  const damaged = `${answer.slice(0, -4)}8116`
  const log = `${request}\nthe answer came damaged: ${damaged}\n68AAZZ\n`
  const { exit, stdout } = await hes(['decode', '--json'], { stdin: [log] })
  expect(exit).toBe(8)
  expect(documents(stdout)).toMatchObject([
    { valid: true },
    { valid: false, raw: damaged },
    { valid: false, error: { code: 'frame.not-hex' } },
  ])
})
