import { hexPair } from '#protocols/bytes'
import type { FrameAct } from './acts.ts'

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
