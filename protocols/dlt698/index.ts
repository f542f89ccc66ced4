export { addressMatches, addressText, parseAddress } from './address.ts'
export type { Dlt698Response } from './answer.ts'
export { type Apdu, apdu, decodeApdu, encodeApdu } from './apdu.ts'
export { dlt698 } from './codec.ts'
export { attributesOf, type Column } from './descriptors.ts'
export { eventsOfFrame } from './events.ts'
export {
  askBlocks,
  askFile,
  askResult,
  askVersion,
  blocksIn,
  failureOf,
  fileIn,
  resultIn,
  startTransfer,
  versionIn,
  writeBlock,
} from './firmware.ts'
export { dlt698Forms } from './forms.ts'
export { fragmentsOf, readFragment } from './fragment.ts'
export { buildFrame, type Frame, parseFrame } from './frame.ts'
export {
  type ArchivedMeter,
  archivedIn,
  askArchive,
  enterMeter,
  removeMeter,
} from './meter-archive.ts'
export { dateTimeOf, shifted } from './moments.ts'
export { plainTrip, relayAction } from './order.ts'
export { moment, type RecordQuery } from './record-query.ts'
export type { NormalResult, RecordResult, Row } from './records.ts'
export { type Reported, reportedIn } from './reported.ts'
export { type Dlt698Request, serverControlOf } from './request.ts'
export { enciphered, opened, type Proof, wrapped } from './security.ts'
export { rows as dlt698Rows } from './table.ts'
export type { Data as Dlt698Data } from './value.ts'
export { timeOf } from './values.ts'
