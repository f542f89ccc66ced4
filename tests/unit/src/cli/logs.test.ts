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
