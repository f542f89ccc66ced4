export { OnDemandReads } from './on-demand.ts'
export { lendLine, searchMeters } from './search.ts'
export { entriesOf376, entriesOf698, type SearchWay, usualSearch } from './search-ways.ts'
export { spokenBy } from './speaks.ts'
