export { firmwareTalk } from './firmware.ts'
export { readingTalk } from './reading.ts'
export { FIELD_PERMIT_LIFE, type FieldPermits, terminalTalk } from './talk.ts'
