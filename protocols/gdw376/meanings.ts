import { byteAt, fromHex } from '#protocols/bytes'
import type { Leaf } from './layout.ts'

const speeds = [300, 600, 1200, 2400, 4800, 7200, 9600, 19200] as const
const inSeconds = 0x80

/** What the bits of packed words say, by the names of their fields. */
const meanings: Readonly<Record<string, (word: number) => string>> = {
  'Serial settings': (word) => {
    const parity = (word & 0x08) === 0 ? 'no' : (word & 0x04) === 0 ? 'even' : 'odd'
    const stop = (word & 0x10) === 0 ? '1 stop bit' : '2 stop bits'
    return `${speedOf(word)} baud, ${parity} parity, ${(word & 3) + 5} data bits, ${stop}`
  },
  'Message time-out': (word) => ((word & inSeconds) === 0 ? `${10 * word} ms` : `${word & 0x7f} s`),
  'Time-out and repeats': (word) => `${word & 0x0fff} s, ${(word >> 12) & 3} repeats`,
  'Baud rate and port': (word) => {
    const speed = word >> 5 === 0 ? 'no baud rate of its own' : `${speedOf(word)} baud`
    return `${speed}, port ${word & 0x1f}`
  },
}

const speedOf = (word: number) => speeds[(word >> 5) & 7] ?? 0

/** What a field of bits says; null where its digits say all. */
export function meaningOf({ name, value }: Leaf): string | null {
  const said = meanings[name]
  const bytes = value.kind === 'text' ? fromHex(value.text) : null
  if (!said || !bytes) return null
  let word = 0
  for (let at = 0; at < bytes.length; at++) word = word * 256 + byteAt(bytes, at)
  return said(word)
}
