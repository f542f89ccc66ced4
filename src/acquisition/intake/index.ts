export { Batches } from './batches.ts'
export type { Delivery, Told } from './delivery.ts'
export { Intake, type Visited } from './intake.ts'
export { momentOf, stampOf, stampReadings } from './stamping.ts'
