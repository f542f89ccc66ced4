/** What is kept of the received bytes as evidence. */
const EVIDENCE_BYTES_MAX = 512

export const noBytes: Uint8Array = new Uint8Array(0)

/** What was kept so far with the chunk behind it, as far as there is room. */
export function withEvidence(kept: Uint8Array, chunk: Uint8Array): Uint8Array {
  const room = EVIDENCE_BYTES_MAX - kept.length
  if (room <= 0) return kept
  if (kept.length === 0) return chunk.length <= room ? chunk : chunk.subarray(0, room)
  const joined = new Uint8Array(kept.length + Math.min(room, chunk.length))
  joined.set(kept)
  joined.set(chunk.subarray(0, room), kept.length)
  return joined
}

/** The frame behind what wakes its reader; as it is where nothing does. */
export function awake(frame: Uint8Array, wakeUp: Uint8Array | undefined): Uint8Array {
  return wakeUp === undefined ? frame : Uint8Array.from([...wakeUp, ...frame])
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false
  }
  return true
}
