import { byteAt } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import { addressBytes, buildFrame, type Frame, writeDigits } from './frame.ts'
import { displayHex } from './shapes.ts'
import { readClock, type TimeLayout, writeClock } from './time.ts'

/** Functions of the control code (DL/T 645-1997 §5.2.3). */
export const functions1997 = {
  read: 0x01,
  readMore: 0x02,
  repeat: 0x03,
  write: 0x04,
  setClock: 0x08,
  writeAddress: 0x0a,
  changeBaud: 0x0c,
  changePassword: 0x0f,
  clearDemand: 0x10,
} as const

/** An identifier is DI1 DI0. */
export const dataIdBytes1997 = 2
/** PA and P0 to P2 (密码权限及密码). */
export const passwordBytes = 4

/**
 * What a master asks. Addresses, identifiers and passwords (level first, PA P2 P1 P0) are in
 * display order.
 */
export type Dlt645v1997Request =
  | {
      readonly kind: 'read' | 'read-more'
      readonly address: string
      readonly dataId: string
      /** Identifiers to read afterwards; all of them together are one answer. */
      readonly afterwards: readonly string[]
      /** Bytes of the maker's own behind each answer, which mean nothing here. */
      readonly trailingBytes: number
    }
  /** Asks for the last answer again (重读数据). */
  | { readonly kind: 'repeat'; readonly address: string }
  | {
      readonly kind: 'write'
      readonly address: string
      readonly dataId: string
      readonly password: string
      /** In the order of the wire. */
      readonly data: Uint8Array
      /** Written afterwards under the same password. */
      readonly afterwards: readonly { readonly dataId: string; readonly data: Uint8Array }[]
    }
  /** The broadcast (广播校时), which nobody answers; also to one meter. */
  | { readonly kind: 'set-clock'; readonly address: string; readonly time: MeterTime }
  | { readonly kind: 'write-address'; readonly address: string; readonly newAddress: string }
  | { readonly kind: 'change-baud'; readonly address: string; readonly feature: number }
  | {
      readonly kind: 'change-password'
      readonly address: string
      readonly oldPassword: string
      readonly newPassword: string
    }
  | { readonly kind: 'clear-demand'; readonly address: string; readonly password: string }

const clockLayout: TimeLayout = 'ssmmhhDDMMYY'
const clockBytes = clockLayout.length / 2
const noData = new Uint8Array(0)

/** The frame of a request, without wake-up bytes. */
export function encodeRequest1997(request: Dlt645v1997Request): Uint8Array {
  const { address } = request
  const frame = (control: number, data: Uint8Array) => buildFrame({ address, control, data })
  switch (request.kind) {
    case 'read':
      return frame(functions1997.read, idData(request.dataId, noData))
    case 'read-more':
      return frame(functions1997.readMore, idData(request.dataId, noData))
    case 'repeat':
      return frame(functions1997.repeat, noData)
    case 'write': {
      const { dataId, password, data } = request
      return frame(functions1997.write, idData(dataId, joined(passwordData(password), data)))
    }
    case 'set-clock':
      return frame(functions1997.setClock, writeClock(request.time, clockLayout))
    case 'write-address':
      return frame(functions1997.writeAddress, digitData(request.newAddress, addressBytes))
    case 'change-baud':
      return frame(functions1997.changeBaud, Uint8Array.of(request.feature))
    case 'change-password': {
      const { oldPassword, newPassword } = request
      const data = joined(passwordData(oldPassword), passwordData(newPassword))
      return frame(functions1997.changePassword, data)
    }
    case 'clear-demand':
      return frame(functions1997.clearDemand, passwordData(request.password))
  }
}

/** The request that a frame carries, as a meter reads it; null where its form is none of ours. */
export function requestOf1997(frame: Frame): Dlt645v1997Request | null {
  const { address, control, data } = frame
  const is = (bytes: number) => data.length === bytes
  const reading = { address, dataId: dataIdOf1997(data), afterwards: [], trailingBytes: 0 }
  switch (control) {
    case functions1997.read:
      return is(dataIdBytes1997) ? { kind: 'read', ...reading } : null
    case functions1997.readMore:
      return is(dataIdBytes1997) ? { kind: 'read-more', ...reading } : null
    case functions1997.repeat:
      return is(0) ? { kind: 'repeat', address } : null
    case functions1997.write: {
      const from = dataIdBytes1997 + passwordBytes
      if (data.length <= from) return null
      const password = passwordAt(data, dataIdBytes1997)
      const { dataId } = reading
      return { kind: 'write', address, dataId, password, data: data.slice(from), afterwards: [] }
    }
    case functions1997.setClock: {
      const time = is(clockBytes) ? readClock(data, 0, clockLayout) : 'not-bcd'
      return typeof time === 'string' ? null : { kind: 'set-clock', address, time }
    }
    case functions1997.writeAddress:
      if (!is(addressBytes)) return null
      return { kind: 'write-address', address, newAddress: displayHex(data, 0, addressBytes) }
    case functions1997.changeBaud:
      return is(1) ? { kind: 'change-baud', address, feature: byteAt(data, 0) } : null
    case functions1997.changePassword: {
      if (!is(2 * passwordBytes)) return null
      const [oldPassword, newPassword] = [passwordAt(data, 0), passwordAt(data, passwordBytes)]
      return { kind: 'change-password', address, oldPassword, newPassword }
    }
    case functions1997.clearDemand:
      return is(passwordBytes)
        ? { kind: 'clear-demand', address, password: passwordAt(data, 0) }
        : null
    default:
      return null
  }
}

/** The identifier at the head of a data field, in display order; empty where none fits. */
export function dataIdOf1997(data: Uint8Array): string {
  return data.length < dataIdBytes1997 ? '' : displayHex(data, 0, dataIdBytes1997)
}

function idData(dataId: string, behind: Uint8Array): Uint8Array {
  return joined(digitData(dataId, dataIdBytes1997), behind)
}

function digitData(digits: string, length: number): Uint8Array {
  const data = new Uint8Array(length)
  writeDigits(digits, length, data, 0)
  return data
}

/** PA stands first on the wire, then P0, P1 and P2. */
function passwordData(password: string): Uint8Array {
  const data = new Uint8Array(passwordBytes)
  writeDigits(password.slice(0, 2), 1, data, 0)
  writeDigits(password.slice(2), passwordBytes - 1, data, 1)
  return data
}

function passwordAt(data: Uint8Array, from: number): string {
  return displayHex(data, from, from + 1) + displayHex(data, from + 1, from + passwordBytes)
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const data = new Uint8Array(first.length + second.length)
  data.set(first)
  data.set(second, first.length)
  return data
}
