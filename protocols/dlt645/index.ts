export type { MeterAccess } from './access.ts'
export { dlt645 } from './codec.ts'
export { profileNames as dlt645Profiles } from './deviations.ts'
export type { Dlt645v1997Response } from './edition-1997-answer.ts'
export { dlt645v1997 } from './edition-1997-codec.ts'
export { dlt645v1997Forms } from './edition-1997-forms.ts'
export {
  type Row1997 as DataItemRow1997,
  rows1997 as dataItemRows1997,
} from './edition-1997-items.ts'
export {
  detectEdition,
  type Edition,
  type EditionFound,
  type EditionProbe,
  probeEdition,
} from './edition-1997-probe.ts'
export { type Dlt645v1997Request, requestOf1997 } from './edition-1997-request.ts'
export { encodeAnswers1997 } from './edition-1997-slave.ts'
export { writeValues1997 } from './edition-1997-values.ts'
export { dlt645Forms } from './forms.ts'
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
export { type RecordRow as DataRecordRow, records as dataRecords } from './records-table.ts'
export { addressMatches, type Dlt645Request, type Dlt645Response, requestOf } from './request.ts'
export type { Sample } from './shapes.ts'
export { encodeAddressAnswer, encodeAnswers, encodeDone, encodeRefusal } from './slave.ts'
export { type Row as DataItemRow, rows as dataItemRows } from './table.ts'
export { writeValues } from './values.ts'
export { writeEffects } from './write-effects.ts'
