import { buildIdentification } from './identification.ts'
import { mbapFrame, mbapMessage, mbapScanner } from './mbap.ts'
import { buildException, buildReply, parseRequest } from './pdu.ts'
import { rtuFrame, rtuMessage, rtuScanner } from './rtu.ts'
import { buildWritten } from './writes.ts'

export { modbusForms } from './forms.ts'
export { type PointValue, registerImage } from './image.ts'
export { lintProfile } from './lint.ts'
export { type ModbusResponse, modbus, modbusWith } from './modbus.ts'
export type { ParsedRequest, RegisterRead } from './pdu.ts'
export { type Block, type Point, planBlocks } from './plan.ts'
export type { Guard, ModbusProfile, PointRow } from './profile.ts'
export { type ParsedProfile, parseProfile } from './profile-data.ts'
export { faultText, type ProfileFault } from './profile-fields.ts'
export { profileOf, profiles } from './profiles.ts'
export type { ModbusRequest } from './request.ts'
export type { Hears, RtuScanner } from './rtu.ts'
export { type Shape, type WordOrder, writeShape } from './shape.ts'
export { sunSpecNames } from './sunspec-chain.ts'
export { nextSunSpecStep, type SunSpecStep, sunSpecSearch } from './sunspec-walk.ts'
export type { WriteRow } from './writes.ts'

/** RTU framing: unit + PDU and a CRC. */
export const rtu = { frame: rtuFrame, message: rtuMessage, scanner: rtuScanner } as const

/** Modbus TCP framing: a header of transaction and length before unit + PDU. */
export const mbap = { frame: mbapFrame, message: mbapMessage, scanner: mbapScanner } as const

/** The slave's side: what a master asks for and the answers to it, as unit + PDU. */
export const slave = {
  request: parseRequest,
  registers: buildReply,
  exception: buildException,
  identification: buildIdentification,
  written: buildWritten,
} as const
