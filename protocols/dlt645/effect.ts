import type { FrameEffect } from '#protocols/model'
import { functions, parseFrame } from './frame.ts'
import { requestOf } from './request.ts'

/** Functions that move something in the meter. */
const effects: ReadonlyMap<number, FrameEffect> = new Map([
  [0x03, 'key'],
  [0x14, 'write'],
  [0x15, 'address'],
  [0x16, 'write'],
  [0x17, 'mode'],
  [0x18, 'key'],
  [0x19, 'clear'],
  [0x1a, 'clear'],
  [0x1b, 'clear'],
  [0x1c, 'trip'],
  [0x1d, 'write'],
])

/**
 * What a frame would do to the meter that takes it. Only one whole frame of exactly the form that
 * the standard gives a read or a clock is called so; bytes before or behind it could be another.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return 'unknown'
  const effect = effects.get(parsed.frame.control)
  if (effect) return effect
  const request = requestOf(parsed.frame)
  if (!request) return 'unknown'
  return parsed.frame.control === functions.setClock ? 'clock' : 'read'
}
