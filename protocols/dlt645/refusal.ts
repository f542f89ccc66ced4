import { byteAt, hexPair } from '#protocols/bytes'
import type { Refusal } from '#protocols/model'
import { refusedOrders } from './control-words.ts'
import { type Frame, fromSlave, functionMask, functions, refused } from './frame.ts'

type Bits = readonly (readonly [code: string, text: string])[]

/** The error byte ERR, bit by bit (§7, 错误信息字). */
const errorBits: Bits = [
  ['other', 'other error'],
  ['no-such-data', 'no such data'],
  ['unauthorised', 'password wrong or not authorised'],
  ['baud-rate', 'the baud rate cannot be changed'],
  ['zones', 'too many zones of the year'],
  ['periods', 'too many periods of the day'],
  ['rates', 'too many rates'],
  ['reserved', 'reserved error bit 7'],
]

/** The error word SERR of security authentication (安全认证), low byte first. */
const securityBits: Bits = [
  ['other', 'other error'],
  ['repeated-top-up', 'repeated top-up'],
  ['esam-check', 'the security chip refused'],
  ['identity', 'identity authentication failed'],
  ['customer-number', 'the customer number differs'],
  ['top-up-count', 'wrong count of top-ups'],
  ['hoarding', 'more than may be bought'],
  ['address', 'the address of the chip differs'],
  ['suspended', 'the meter is suspended'],
]

/** Bits that name a cause come before `other`, which may be set beside them. */
const otherBit = 0

/** What a reply's error bit and error word say; null for a reply that refuses nothing. */
export function refusalOf(frame: Frame): Refusal | null {
  if ((frame.control & (fromSlave | refused)) !== (fromSlave | refused)) return null
  const { bits, prefix, isWide } = wordOf(frame)
  const word = byteAt(frame.data, 0) | (isWide ? byteAt(frame.data, 1) << 8 : 0)
  const set = bits.filter((_, bit) => (word >> bit) & 1)
  const named = set.find((entry) => entry !== bits[otherBit]) ?? set[0]
  const shown = isWide ? hexPair(word >> 8) + hexPair(word) : hexPair(word)
  if (!named || frame.data.length === 0) {
    return { code: 'dlt645.refused', message: `refused without a reason (${shown})` }
  }
  const reasons = set.map(([, text]) => text).join('; ')
  return { code: `dlt645.${prefix}${named[0]}`, message: `${reasons} (error ${shown})` }
}

/** Which word a refusal carries: two functions have one of two bytes, newer meters for control. */
function wordOf(frame: Frame): { bits: Bits; prefix: string; isWide: boolean } {
  const code = frame.control & functionMask
  if (code === functions.authenticate) {
    return { bits: securityBits, prefix: 'security-', isWide: true }
  }
  if (code === functions.control && frame.data.length === 2) {
    return { bits: refusedOrders, prefix: 'control-', isWide: true }
  }
  return { bits: errorBits, prefix: '', isWide: false }
}
