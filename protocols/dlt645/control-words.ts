import { byteAt, hexPair } from '#protocols/bytes'
import type { Reading } from '#protocols/model'
import type { Frame } from './frame.ts'

/**
 * The two words that newer State Grid meters answer a 1CH with (控制命令执行、错误状态字), low byte
 * first; the standard's own answer is empty. `delayed` and `held` mean accepted, not yet open.
 */
const executed = [
  [0, 'closed at once'],
  [1, 'closing permitted'],
  [2, 'tripped at once'],
  [3, 'trip delayed, not yet open'],
  [4, 'tripped, returns by itself'],
  [5, 'trip held for high current, not yet open'],
  [8, 'power kept'],
  [9, 'power no longer kept'],
  [10, 'alarm'],
  [11, 'alarm ended'],
] as const

/** Bits of the word of refused orders, from bit 0. */
export const refusedOrders: readonly (readonly [code: string, text: string])[] = [
  ['suspended', 'the meter is suspended'],
  ['mac', 'wrong MAC'],
  ['unauthorised', 'password wrong or not authorised'],
  ['authentication-expired', 'the authentication has expired'],
  ['expired', 'the time of the order is not valid'],
  ['power-kept', 'not tripped: power is kept'],
  ['return-power-kept', 'not tripped for a time: power is kept'],
  ['return-time', 'the time of the return is not valid'],
  ['return-tripped', 'not tripped for a time: tripped already'],
]

/** What a word of executed orders says, in words. */
export function executedWords(word: number): string {
  const set = executed.filter(([bit]) => (word >> bit) & 1).map(([, text]) => text)
  return set.length > 0 ? set.join(', ') : 'nothing told'
}

/** The word as a reading, where an answer carries one. */
export function executedOrders(response: Frame): readonly Reading[] {
  if (response.data.length !== 2) return []
  const word = byteAt(response.data, 0) | (byteAt(response.data, 1) << 8)
  return [
    {
      item: null,
      dataId: hexPair(response.control & 0x1f),
      name: `Order executed: ${executedWords(word)}`,
      unit: '',
      value: { kind: 'text', text: hexPair(word >> 8) + hexPair(word & 0xff) },
      dataClass: 'current',
      at: null,
    },
  ]
}
