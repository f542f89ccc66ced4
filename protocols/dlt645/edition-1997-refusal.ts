import { byteAt, hexPair } from '#protocols/bytes'
import type { Refusal } from '#protocols/model'
import { type Frame, fromSlave, refused } from './frame.ts'

/** The error byte of DL/T 645-1997, bit by bit; bits 3 and 7 are kept free. */
const errorBits: readonly (readonly [bit: number, code: string, text: string])[] = [
  [0, 'illegal-data', 'illegal data'],
  [1, 'no-such-data', 'no such data identifier'],
  [2, 'unauthorised', 'password wrong or not authorised'],
  [4, 'zones', 'too many zones of the year'],
  [5, 'periods', 'too many periods of the day'],
  [6, 'rates', 'too many rates'],
]

/** What a reply's error bit and error byte say; null for a reply that refuses nothing. */
export function refusalOf1997(frame: Frame): Refusal | null {
  if ((frame.control & (fromSlave | refused)) !== (fromSlave | refused)) return null
  const error = byteAt(frame.data, 0)
  const set = errorBits.filter(([bit]) => (error >> bit) & 1)
  const [first] = set
  if (!first || frame.data.length !== 1) {
    const shown = Array.from(frame.data, hexPair).join('')
    return { code: 'dlt645.refused', message: `refused without a known reason (${shown})` }
  }
  const reasons = set.map(([, , text]) => text).join('; ')
  return { code: `dlt645.${first[1]}`, message: `${reasons} (error ${hexPair(error)})` }
}
