export { OnDemandReads } from './on-demand.ts'
export { searchMeters } from './search.ts'
export { spokenBy } from './speaks.ts'
