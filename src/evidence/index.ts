export type { EvidenceStore, FrameEvidence, WireFrame } from './types.ts'
