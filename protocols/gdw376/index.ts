export { type Address, parseAddress } from './address.ts'
export type { Gdw376Response } from './answer.ts'
export { gdw376 } from './codec.ts'
export { countersOf, type EventCounters, eventsOfFrame } from './events.ts'
export {
  type FileSegment,
  segmentIn,
  segmentTaken,
  sendSegment,
  versionItem,
} from './firmware.ts'
export { formats } from './formats.ts'
export { gdw376Forms } from './forms.ts'
export { buildFrame, type Frame, parseFrame } from './frame.ts'
export {
  enterMeters,
  type ListedMeter,
  listedAtOnce,
  listedIn,
  listItem,
  usualMeter,
} from './meter-list.ts'
export { forward, forwardedAnswer, meterLine, type SerialSettings } from './order.ts'
export { frozenItems, whyUnsupported } from './plan.ts'
export type { Gdw376Request } from './request.ts'
export { readShape, writeShape } from './shapes.ts'
export {
  type Counters,
  encodeAnswers,
  encodeUnasked,
  encodeVerdict,
  type SentUnit,
  writeData,
} from './slave.ts'
export { type InfoClass, infoClasses } from './table.ts'
export { type Reported, reportedIn } from './unasked.ts'
export { readBody, type Unit } from './units.ts'
