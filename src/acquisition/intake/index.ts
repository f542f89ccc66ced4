export { Batches } from './batches.ts'
export { Intake } from './intake.ts'
export { momentOf, stampOf, stampReadings } from './stamping.ts'
