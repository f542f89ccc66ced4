export { createArchiveChecks } from './checks.ts'
export {
  type ArchiveChecks,
  type ArchiveScore,
  differenceKinds,
} from './types.ts'
