export { createEvidence } from './evidence.ts'
export {
  type Brought,
  type EventFrame,
  type Evidence,
  type EvidenceStore,
  type FrameEvidence,
  keptUnder,
  type ReadingEvidence,
  type WireFrame,
} from './types.ts'
