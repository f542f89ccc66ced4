export { createEvidence } from './evidence.ts'
export type { Evidence, EvidenceStore, FrameEvidence, ReadingEvidence, WireFrame } from './types.ts'
