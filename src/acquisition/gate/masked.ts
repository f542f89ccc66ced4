import { hexPair } from '#protocols/bytes'
import { actsOf, type Classifier, type FrameAct } from './acts.ts'

const MASKED = '**'

/**
 * A frame for the journal: hex in which every secret byte is `**`. Where the secrets cannot be
 * placed, only its length is told: evidence is worth less than a password.
 */
export function maskedFrame(frame: Uint8Array, acts: readonly FrameAct[]): string {
  const shown = Array.from(frame, hexPair)
  for (const act of acts) {
    for (const { frame: inner, aim } of [...act.around, act]) {
      const places = placesOf(inner, frame)
      if (aim === null || places.length === 0) return `(${frame.length} bytes)`
      for (const { from, to } of aim.secrets) {
        for (const at of places) shown.fill(MASKED, at + from, at + to)
      }
    }
  }
  return shown.join('')
}

/** Everywhere one frame stands in another. */
function placesOf(inner: Uint8Array, outer: Uint8Array): readonly number[] {
  const bytes = Buffer.from(outer.buffer, outer.byteOffset, outer.byteLength)
  const places: number[] = []
  let at = bytes.indexOf(inner)
  while (at >= 0 && places.length < outer.length) {
    places.push(at)
    at = bytes.indexOf(inner, at + 1)
  }
  return places
}

/** A whole frame for the log of what passed, masked likewise; null where no protocol knows it. */
export function safeFrame(frame: Uint8Array, known: readonly Classifier[]): string | null {
  const protocol = known.find((one) => one.effect(frame) !== 'unknown' && one.describe(frame).valid)
  if (!protocol) return null
  const acts = actsOf(protocol, frame, known)
  // What only reads is no act, and may carry a password all the same: that of its terminal.
  const shown = acts.length > 0 ? maskedFrame(frame, acts) : maskedReading(frame, protocol)
  return protocol.name === 'dlms' ? withoutPassword(shown) : shown
}

function maskedReading(frame: Uint8Array, protocol: Classifier): string {
  const shown = Array.from(frame, hexPair)
  for (const { from, to } of protocol.aim?.(frame)?.secrets ?? []) shown.fill(MASKED, from, to)
  return shown.join('')
}

/** The calling authentication value of an association: AC, its length, 80, and the password. */
function withoutPassword(hex: string): string {
  for (const found of hex.matchAll(/AC(..)80(..)/g)) {
    const [head, outer = '', inner = ''] = found
    const length = Number.parseInt(inner, 16)
    if (found.index % 2 !== 0 || Number.parseInt(outer, 16) !== length + 2) continue
    const start = found.index + head.length
    return hex.slice(0, start) + MASKED.repeat(length) + hex.slice(start + 2 * length)
  }
  return hex
}
