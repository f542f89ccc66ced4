import { expect, test } from 'vitest'
import { gdw376 } from '#protocols/gdw376'
import { bytesOf } from './vectors.ts'

const textsOf = (hex: string) => gdw376.describe(bytesOf(hex)).parts.map(({ text }) => text)
const forwards =
  '68E200E200684B000234120410E0000001001F6BBC0A100068611001301215681104333334337B16' +
  '00000000000000000000000000000000001351232105A116'

test('what a terminal is told about its port is said in words', () => {
  const texts = textsOf(forwards)
  expect(texts).toContain('Serial settings: 6B (2400 baud, even parity, 8 data bits, 1 stop bit)')
  expect(texts).toContain('Message time-out: BC (60 s)')
  expect(texts).toContain('Byte time-out: 10 × 10 ms')
})

test('packed words of parameters are said in words', () => {
  // Of a public test of a head-end: ten and twenty, and 798 s without a repeat.
  const uplink = textsOf('684A004A006898129656340' + '00A60000001000A141E03070F8A16')
  expect(uplink).toContain('RTS: 10 × 20 ms')
  expect(uplink).toContain('Delay allowed: 20 min')
  expect(uplink).toContain('Time-out and repeats: 031E (798 s, 0 repeats)')
  const meters = textsOf(
    '68E600E600685A0101BA07020465000002010100010001002100665544332211222222111111' +
      '0005666666332211316789' +
      `${'00'.repeat(14)}6B16`,
  )
  expect(meters).toContain('Baud rate and port: 21 (600 baud, port 1)')
  expect(meters).toContain('Password: not shown')
})

test('the members of a list that a master asks for are told one by one', () => {
  const texts = textsOf('6842004200685B171139711' + '40A600000020101000200B116')
  expect(texts.slice(7, 9)).toEqual(['asked for: 1', 'Number: 2'])
  const short = gdw376.describe(bytesOf('683A003A00684B01440501020A6000000201' + '00000516'))
  expect(short.parts.map(({ text }) => text)).toContain('asked for: 0')
})

test('the clock is broadcast on a day of the month, or on each', () => {
  const texts = textsOf(
    '68BE00BE00685A0101BA0702046300000104' +
      '01013F00FFFFFFFF0000010000000100000023' +
      `6789${'00'.repeat(14)}DD16`,
  )
  expect(texts).toContain('Clock broadcast at: 00:00')
  expect(texts).toContain('Clock broadcast on day (0 each day): 0')
})
