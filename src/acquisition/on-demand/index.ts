export { OnDemandReads } from './on-demand.ts'
export { onLoan, searchMeters } from './search.ts'
export { spokenBy } from './speaks.ts'
