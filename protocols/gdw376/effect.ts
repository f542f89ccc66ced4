import type { FrameEffect } from '#protocols/model'
import { controlBits, parseFrame } from './frame.ts'
import { forwardedFrames } from './order.ts'
import { functions, infoClassOf } from './table.ts'
import { readBody } from './units.ts'

/** From the worst to the harmless: a frame is classified by its worst part. */
const ranks: readonly FrameEffect[] = [
  'unknown',
  'trip',
  'key',
  'clear',
  'address',
  'mode',
  'price',
  'load-limit',
  'relay',
  'write',
  'clock',
  'read',
]

/** Functions that only ask, whatever their class. */
const asking: ReadonlySet<number> = new Set([0x00, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e])
/** Relay stations: all but the order F1 ask. */
const relayAsks: ReadonlySet<number> = new Set([2, 3, 4])

/**
 * What a frame would do to the terminal that takes it. A frame that changes something is only known
 * where every one of its units is in the table and fills its place to the byte. What it forwards is
 * looked at by whoever knows that protocol.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return 'unknown'
  const { frame } = parsed
  if ((frame.control & controlBits.up) !== 0) return 'unknown'
  const { units, added, malformed } = readBody(frame)
  if (asking.has(frame.afn)) return malformed ? 'unknown' : 'read'
  if (malformed || units.length === 0) return 'unknown'
  if (frame.afn === functions.relayStation) {
    return units.every(({ id }) => relayAsks.has(id.fn)) ? 'read' : 'mode'
  }
  if (added.passwordAt === null) return 'unknown'
  return units.reduce<FrameEffect>((worst, { id, known }) => {
    const effect = known ? (infoClassOf(frame.afn, id.fn)?.effect ?? 'unknown') : 'unknown'
    return ranks.indexOf(effect) < ranks.indexOf(worst) ? effect : worst
  }, 'read')
}

/** The frames of other protocols that this one hands on. */
export function carriedBy(bytes: Uint8Array): readonly Uint8Array[] {
  const parsed = parseFrame(bytes)
  return parsed.ok ? forwardedFrames(parsed.frame) : []
}
