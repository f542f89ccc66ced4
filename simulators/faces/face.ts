/**
 * Something that answers on a line: bytes of any chunking in, whole answer frames out, each of
 * them after the one before. Nothing out is silence.
 */
export interface Face {
  receive(chunk: Uint8Array, nowMs: number): readonly Uint8Array[]
  /** Forgets half a request: the connection it came on is gone. */
  reset(): void
}
