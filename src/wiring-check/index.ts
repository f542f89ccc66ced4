export { checkWiring } from './check.ts'
export { snapshotOf, wiringItems } from './snapshot.ts'
export type { Snapshot, WiringOptions, WiringReport } from './types.ts'
export { wordsOf } from './words.ts'
