export type { MeterAccess } from './access.ts'
export { dlt645 } from './codec.ts'
export {
  broadcastAddress,
  buildFrame,
  type Frame,
  type ParsedFrame,
  parseFrame,
  wildcardAddress,
} from './frame.ts'
export { type LoadRecord, writeLoadRecord } from './load-record.ts'
export type { Dlt645Order } from './orders.ts'
export { addressMatches, type Dlt645Request, type Dlt645Response, requestOf } from './request.ts'
export type { Sample } from './shapes.ts'
export { encodeAddressAnswer, encodeAnswers, encodeRefusal } from './slave.ts'
export { type Row as DataItemRow, rows as dataItemRows } from './table.ts'
export { writeValues } from './values.ts'
export { writeEffects } from './write-effects.ts'
