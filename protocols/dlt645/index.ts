export { dlt645 } from './codec.ts'
export { buildFrame, type Frame, type ParsedFrame, parseFrame } from './frame.ts'
export { type LoadRecord, writeLoadRecord } from './load-record.ts'
export {
  addressMatches,
  broadcastAddress,
  type Dlt645Request,
  type Dlt645Response,
  requestOf,
  wildcardAddress,
} from './request.ts'
export type { Sample } from './shapes.ts'
export { encodeAddressAnswer, encodeAnswers, encodeRefusal } from './slave.ts'
export { writeValues } from './values.ts'
