export type { Suspect, VoltageCurve } from './groups.ts'
export { CONFIDENCE_MIN, type Judgement, judgeVoltages } from './judge.ts'
export { createProposals } from './proposals.ts'
export {
  type Proposal,
  type ProposalRefusal,
  type Proposals,
  proposalStates,
} from './types.ts'
