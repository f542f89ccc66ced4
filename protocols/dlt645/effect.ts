import type { FrameEffect } from '#protocols/model'
import { functions, parseFrame } from './frame.ts'
import { requestOf } from './request.ts'

/** Functions that move something in the meter: 03, 14 to 1D. */
const controlling: ReadonlySet<number> = new Set([
  0x03, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
])

/**
 * What a frame would do to the meter that takes it. Only one whole frame of exactly the form that
 * the standard gives a read or a clock is called so; bytes before or behind it could be another.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return 'unknown'
  if (controlling.has(parsed.frame.control)) return 'control'
  const request = requestOf(parsed.frame)
  if (!request) return 'unknown'
  return parsed.frame.control === functions.setClock ? 'clock' : 'read'
}
