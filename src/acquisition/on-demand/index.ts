export { OnDemandReads } from './on-demand.ts'
export { searchMeters } from './search.ts'
