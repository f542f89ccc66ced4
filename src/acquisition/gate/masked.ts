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
    const offset = placeOf(act.frame, frame)
    if (act.aim === null || offset < 0) return `(${frame.length} bytes)`
    for (const { from, to } of act.aim.secrets) shown.fill(MASKED, offset + from, offset + to)
  }
  return shown.join('')
}

/** Where one frame stands in another; -1 where it does not. */
function placeOf(inner: Uint8Array, outer: Uint8Array): number {
  return Buffer.from(outer.buffer, outer.byteOffset, outer.byteLength).indexOf(inner)
}
