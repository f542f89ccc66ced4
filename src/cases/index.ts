export { createCases } from './cases.ts'
export {
  type CaseEntry,
  type CaseFilter,
  type CaseId,
  type CaseMove,
  type CaseSubject,
  type Cases,
  caseStates,
  type Evidence,
  type Finding,
  severities,
  type WorkCase,
} from './types.ts'
