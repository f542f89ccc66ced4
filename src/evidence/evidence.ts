import { hours, instant } from '#src/core'
import type { Database } from '#src/db'
import {
  compressFrames,
  dropFrames,
  insertFrames,
  selectEventFrames,
  selectEvidence,
} from './queries.ts'
import type { Evidence, FrameEvidence } from './types.ts'

/** Chunks are written to for a day, and a little longer after an outage. */
const COMPRESS_AFTER = hours(48)

export function createEvidence(db: Database): Evidence {
  return {
    async store(evidence: readonly FrameEvidence[], tx = db) {
      if (evidence.length > 0) await insertFrames(tx, evidence)
    },
    ofEvent: (id) => selectEventFrames(db, id),
    of: (reading) => selectEvidence(db, reading),
    compress: (now) => compressFrames(db, instant(now - COMPRESS_AFTER)),
    retain: (now, keptDays) => dropFrames(db, instant(now - hours(keptDays * 24))),
  }
}
