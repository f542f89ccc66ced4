export { CONFIRMING as confirmingRoles } from './access.ts'
export { buildApi } from './app.ts'
export { problemKinds } from './problems.ts'
export type {
  ApiServices,
  Dependency,
  DependencyState,
  NodeView,
  OnDemandReads,
  RoundReport,
} from './services.ts'
