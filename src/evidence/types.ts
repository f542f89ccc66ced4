import type { Instant, MeterId } from '#src/core'
import type { Db } from '#src/db'

/** What went over the wire in a visit, one way at a time; secret bytes are zeroed and named. */
export interface WireFrame {
  readonly at: Instant
  readonly direction: 'sent' | 'received'
  readonly bytes: Uint8Array
  /** Stretches that were a password or a key: from, inclusive, to, exclusive. */
  readonly masked: readonly { readonly from: number; readonly to: number }[]
  /** There was more than is kept. */
  readonly isCut: boolean
}

/** The frames of one visit, by the readings that it brought. */
export interface FrameEvidence {
  readonly meterId: MeterId
  /** That of the readings. */
  readonly receivedAt: Instant
  readonly frames: readonly WireFrame[]
}

/** Where frames go, in the transaction that takes them out of the outbox. */
export interface EvidenceStore {
  store(evidence: readonly FrameEvidence[], tx: Db): Promise<void>
}
