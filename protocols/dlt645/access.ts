import { byteAt, hexPair } from '#protocols/bytes'
import { dataIdBytes, type Frame, functions, writeDigits } from './frame.ts'
import { displayHex } from './shapes.ts'

/** What a meter asks for before it obeys. Hex digits; never logged, never shown. */
export interface MeterAccess {
  /** PA P2 P1 P0: the level, then the password, most significant pair first. */
  readonly password: string
  /** C3 to C0, who asks; the meter writes it into its records (操作者代码). */
  readonly operator: string
}

export const passwordBytes = 4
export const operatorBytes = 4
export const authorityBytes = passwordBytes + operatorBytes

/** How a frame is protected that goes without a password, by its level PA. */
export type Protection = 'enciphered' | 'signed'

/** 密文加MAC, and 明文加MAC; both ask for a cipher machine. */
const protections: ReadonlyMap<number, Protection> = new Map([
  [0x98, 'enciphered'],
  [0x99, 'signed'],
])
/** Where PA stands in the data fields of the functions that take an access (密码权限). */
const levelOffsets: ReadonlyMap<number, number> = new Map([
  [functions.write, dataIdBytes],
  [functions.clearDemand, 0],
  [functions.clearMeter, 0],
  [functions.clearEvents, 0],
  [functions.control, 0],
])

/** How a request is protected; null where it goes by a password, or by nothing. */
export function protectionOf({ control, data }: Frame): Protection | null {
  const at = levelOffsets.get(control)
  if (at === undefined || at >= data.length) return null
  return protections.get(byteAt(data, at)) ?? null
}

/** PA leads on the wire, the password follows with its least significant pair first (§7.5). */
export function passwordField(password: string): Uint8Array {
  const bytes = new Uint8Array(passwordBytes)
  writeDigits(password.slice(0, 2), 1, bytes, 0)
  writeDigits(password.slice(2), passwordBytes - 1, bytes, 1)
  return bytes
}

export function passwordAt(data: Uint8Array, from: number): string {
  return hexPair(byteAt(data, from)) + displayHex(data, from + 1, from + passwordBytes)
}

export function accessField(access: MeterAccess): Uint8Array {
  const bytes = new Uint8Array(authorityBytes)
  bytes.set(passwordField(access.password))
  writeDigits(access.operator, operatorBytes, bytes, passwordBytes)
  return bytes
}

export function accessAt(data: Uint8Array, from: number): MeterAccess {
  return {
    password: passwordAt(data, from),
    operator: displayHex(data, from + passwordBytes, from + authorityBytes),
  }
}
