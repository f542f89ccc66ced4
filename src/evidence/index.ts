export { createEvidence } from './evidence.ts'
export type {
  Brought,
  Evidence,
  EvidenceStore,
  FrameEvidence,
  ReadingEvidence,
  WireFrame,
} from './types.ts'
