import type { CipherFailure } from './machine.ts'

/** The calls of a cipher machine, by the State Grid interface's own names of its functions. */
export const calls = {
  health: 'CreateRand',
  authenticateMeter: 'Meter_Formal_IdentityAuthentication',
  control: 'Meter_Formal_UserControl',
  'parameter-1': 'Meter_Formal_ParameterUpdate',
  'parameter-2': 'Meter_Formal_ParameterElseUpdate',
  'clear-meter': 'Meter_Formal_DataClear1',
  'clear-events': 'Meter_Formal_DataClear2',
  openSession: 'Obj_Meter_Formal_InitSession',
  confirmSession: 'Obj_Meter_Formal_VerifySession',
  protectApdu: 'Obj_Meter_Formal_GetSessionData',
  verifyApdu: 'Obj_Meter_Formal_VerifyMeterData',
  authenticateMessage: 'Terminal_Formal_MACVerify',
} as const

export type Call = keyof typeof calls

/**
 * How a maker's machine is spoken to. Makers publish the functions (above) and what they return
 * (below), not the bytes on the wire, which come with the machine under a contract: a dialect for a
 * real one is this small object, written with its manual at hand. `plainDialect` is ours, for
 * simulators and for gateways that people write themselves.
 */
export interface Dialect {
  readonly name: string
  encode(call: Call, fields: readonly Uint8Array[]): Uint8Array
  /** Undefined while the answer is not whole; `rest` are bytes behind it. */
  decode(bytes: Uint8Array): DecodedAnswer | undefined
}

export type DecodedAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly fields: readonly Uint8Array[]
      readonly bytes: number
    }
  | { readonly kind: 'damaged'; readonly message: string }

const LENGTH_BYTES = 2
const STATUS_BYTES = 2
const MESSAGE_BYTES_MAX = 8_192

/**
 * Length (2 bytes, of what follows), then a call's name and its fields, each behind its length; an
 * answer has a status (2 bytes, 0 is well) in place of the name. All numbers big end first.
 */
export const plainDialect: Dialect = {
  name: 'plain',
  encode(call, fields) {
    return message([new TextEncoder().encode(calls[call]), ...fields], [])
  },
  decode(bytes) {
    if (bytes.length < LENGTH_BYTES) return undefined
    const length = numberAt(bytes, 0)
    if (length < STATUS_BYTES || length > MESSAGE_BYTES_MAX) {
      return { kind: 'damaged', message: `an answer of ${length} bytes` }
    }
    if (bytes.length < LENGTH_BYTES + length) return undefined
    const body = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
    const fields = fieldsIn(body.subarray(STATUS_BYTES))
    if (!fields) return { kind: 'damaged', message: 'the fields do not fill the answer' }
    const status = numberAt(body, 0)
    return { kind: 'answer', status, fields, bytes: LENGTH_BYTES + length }
  },
}

/** The other side of it: what a machine of this dialect hears and says. */
export const plainMachineSide = {
  /** Null where the bytes are no whole call. */
  heard(bytes: Uint8Array): { readonly call: Call; readonly fields: readonly Uint8Array[] } | null {
    const fields = fieldsIn(bytes.subarray(LENGTH_BYTES))
    const name = fields?.[0] ? new TextDecoder().decode(fields[0]) : ''
    const call = callNames.find((one) => calls[one] === name)
    return fields && call ? { call, fields: fields.slice(1) } : null
  },
  answer: (status: number, fields: readonly Uint8Array[]): Uint8Array =>
    message(fields, [status >> 8, status & 0xff]),
}

const callNames: readonly Call[] = [
  'health',
  'authenticateMeter',
  'control',
  'parameter-1',
  'parameter-2',
  'clear-meter',
  'clear-events',
  'openSession',
  'confirmSession',
  'protectApdu',
  'verifyApdu',
  'authenticateMessage',
]

/** What the interface's return values mean, as far as public tools print them. */
const meanings: readonly (readonly [
  from: number,
  to: number,
  code: CipherFailure['code'],
  text: string,
])[] = [
  [45, 45, 'cipher.no-key', 'wrong key in the machine'],
  [48, 48, 'cipher.unreachable', 'no device, or not a valid one'],
  [56, 65, 'cipher.unreachable', 'the connection to the machine failed'],
  [100, 100, 'cipher.unreachable', 'the device could not be opened'],
  [160, 160, 'cipher.unreachable', 'the cipher machine does not answer its server'],
  [161, 162, 'cipher.not-allowed', 'the operator may not do this'],
  [163, 164, 'cipher.unreachable', 'the server could not send or receive'],
  [165, 165, 'cipher.refused', 'encrypting failed'],
  [166, 166, 'cipher.no-key', 'the key could not be taken'],
  [167, 167, 'cipher.refused', 'computing the MAC failed'],
  [168, 168, 'cipher.unreachable', 'the server has hung up'],
  [169, 169, 'cipher.refused', 'the data are not valid'],
  [170, 171, 'cipher.unreachable', 'the cipher machine is out of order'],
  [172, 172, 'cipher.refused', 'the machine has lost its database'],
  [700, 712, 'cipher.no-key', 'the key could not be taken'],
  [800, 810, 'cipher.refused', 'computing the MAC failed'],
  [900, 910, 'cipher.refused', 'encrypting failed'],
  [1_000, 1_010, 'cipher.limit', 'the data have a wrong length'],
  [1_100, 1_111, 'cipher.not-allowed', 'the operator was not recognised'],
  [1_206, 1_206, 'cipher.refused', 'wrong signature'],
]

export function meaningOf(status: number): Omit<CipherFailure, 'machineCode'> {
  const found = meanings.find(([from, to]) => status >= from && status <= to)
  const [, , code = 'cipher.refused', text = 'refused'] = found ?? []
  const retry = code === 'cipher.unreachable' ? 'later' : 'never'
  return { code, message: `${text} (${status})`, retry }
}

function message(fields: readonly Uint8Array[], head: readonly number[]): Uint8Array {
  const body = [...head, ...fields.flatMap((field) => [...lengthOf(field.length), ...field])]
  if (body.length > MESSAGE_BYTES_MAX) {
    throw new Error(`invariant broken: ${body.length} bytes for a cipher machine`)
  }
  return Uint8Array.from([...lengthOf(body.length), ...body])
}

function fieldsIn(body: Uint8Array): readonly Uint8Array[] | null {
  const fields: Uint8Array[] = []
  let at = 0
  while (at + LENGTH_BYTES <= body.length) {
    const end = at + LENGTH_BYTES + numberAt(body, at)
    if (end > body.length) return null
    fields.push(body.slice(at + LENGTH_BYTES, end))
    at = end
  }
  return at === body.length ? fields : null
}

const numberAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

const lengthOf = (length: number): readonly number[] => [length >> 8, length & 0xff]
