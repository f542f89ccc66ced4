import { byteAt } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import {
  accessAt,
  accessField,
  authorityBytes,
  type MeterAccess,
  operatorBytes,
  passwordAt,
  passwordBytes,
  passwordField,
} from './access.ts'
import {
  addressBytes,
  buildFrame,
  dataIdBytes,
  dataIdOf,
  type Frame,
  functions,
  writeDigits,
} from './frame.ts'
import { baudRates } from './functions.ts'
import { displayHex } from './shapes.ts'
import { readClock, type TimeLayout, writeClock } from './time.ts'

/** What moves something in a meter. Passwords are part of it: an order is never logged. */
export type Dlt645Order =
  | {
      readonly kind: 'write'
      readonly address: string
      readonly access: MeterAccess
      readonly dataId: string
      /** In the order of the wire, least significant byte first. */
      readonly data: Uint8Array
    }
  | { readonly kind: 'write-address'; readonly address: string; readonly newAddress: string }
  | {
      readonly kind: 'freeze'
      readonly address: string
      /** MMDDhhmm, where 99 stands for every: `99999999` is at once, `99990000` each midnight. */
      readonly when: string
    }
  | { readonly kind: 'change-baud'; readonly address: string; readonly baud: number }
  | {
      readonly kind: 'change-password'
      readonly address: string
      /** Which password: `04000C01` that of level 0 to `04000C0A` that of level 9. */
      readonly dataId: string
      readonly password: string
      readonly newPassword: string
    }
  | { readonly kind: 'clear-demand'; readonly address: string; readonly access: MeterAccess }
  | { readonly kind: 'clear-meter'; readonly address: string; readonly access: MeterAccess }
  | {
      readonly kind: 'clear-events'
      readonly address: string
      readonly access: MeterAccess
      /** `FFFFFFFF` for all, else the identifier of one kind with FF as its last pair. */
      readonly events: string
    }
  | {
      readonly kind: 'control'
      readonly address: string
      readonly access: MeterAccess
      /** N1, one of `relayCommands`. */
      readonly command: number
      /** N2, reserved in the standard. */
      readonly reserved: number
      /** Null where the field holds no time, as in captured frames full of zeros. */
      readonly expiresAt: MeterTime | null
    }
  | { readonly kind: 'output'; readonly address: string; readonly output: number }
  | {
      readonly kind: 'authenticate'
      readonly address: string
      readonly dataId: string
      readonly operator: string
      /** In the order of the wire: what a cipher machine made. */
      readonly data: Uint8Array
    }

type OrderKind = Dlt645Order['kind']

/** How a meter reads the data field of a function; shorter or longer than `bytes` is no order. */
interface OrderForm {
  readonly bytes: number | { readonly least: number }
  readonly read: (address: string, data: Uint8Array) => Dlt645Order | null
}

const clockLayout: TimeLayout = 'ssmmhhDDMMYY'
const clockBytes = clockLayout.length / 2
const freezeBytes = 4
/** Where the value stands that a 14H writes. */
export const writtenOffset = dataIdBytes + authorityBytes
/** Where N1 stands in the data field of a 1CH. */
export const commandOffset = authorityBytes

const controls: Readonly<Record<OrderKind, number>> = {
  authenticate: functions.authenticate,
  write: functions.write,
  'write-address': functions.writeAddress,
  freeze: functions.freeze,
  'change-baud': functions.changeBaud,
  'change-password': functions.changePassword,
  'clear-demand': functions.clearDemand,
  'clear-meter': functions.clearMeter,
  'clear-events': functions.clearEvents,
  control: functions.control,
  output: functions.output,
}

/** The frame of an order, without wake-up bytes. */
export function encodeOrder(order: Dlt645Order): Uint8Array {
  const { address } = order
  return buildFrame({ address, control: controls[order.kind], data: orderData(order) })
}

/** The function of the control code that an order is sent under and answered with. */
export function functionOf(order: Dlt645Order): number {
  return controls[order.kind]
}

/** The order that a frame carries, as a meter reads it; null where its form is of none. */
export function orderOf(frame: Frame): Dlt645Order | null {
  const form = forms.get(frame.control)
  if (!form) return null
  const { length } = frame.data
  const fits = typeof form.bytes === 'number' ? length === form.bytes : length >= form.bytes.least
  return fits ? form.read(frame.address, frame.data) : null
}

const forms: ReadonlyMap<number, OrderForm> = new Map<number, OrderForm>([
  [
    functions.authenticate,
    {
      bytes: { least: dataIdBytes + operatorBytes },
      read: (address, data) => ({
        kind: 'authenticate',
        address,
        dataId: dataIdOf(data),
        operator: displayHex(data, dataIdBytes, dataIdBytes + operatorBytes),
        data: data.slice(dataIdBytes + operatorBytes),
      }),
    },
  ],
  [
    functions.write,
    {
      bytes: { least: writtenOffset + 1 },
      read: (address, data) => ({
        kind: 'write',
        address,
        access: accessAt(data, dataIdBytes),
        dataId: dataIdOf(data),
        data: data.slice(writtenOffset),
      }),
    },
  ],
  [
    functions.writeAddress,
    {
      bytes: addressBytes,
      read: (address, data) => {
        const newAddress = displayHex(data, 0, addressBytes)
        return { kind: 'write-address', address, newAddress }
      },
    },
  ],
  [
    functions.freeze,
    {
      bytes: freezeBytes,
      read: (address, data) => {
        return { kind: 'freeze', address, when: displayHex(data, 0, freezeBytes) }
      },
    },
  ],
  [
    functions.changeBaud,
    {
      bytes: 1,
      read: (address, data) => {
        const baud = baudRates[byteAt(data, 0)]
        return baud === undefined ? null : { kind: 'change-baud', address, baud }
      },
    },
  ],
  [
    functions.changePassword,
    {
      bytes: dataIdBytes + 2 * passwordBytes,
      read: (address, data) => ({
        kind: 'change-password',
        address,
        dataId: dataIdOf(data),
        password: passwordAt(data, dataIdBytes),
        newPassword: passwordAt(data, dataIdBytes + passwordBytes),
      }),
    },
  ],
  [
    functions.clearDemand,
    {
      bytes: authorityBytes,
      read: (address, data) => ({ kind: 'clear-demand', address, access: accessAt(data, 0) }),
    },
  ],
  [
    functions.clearMeter,
    {
      bytes: authorityBytes,
      read: (address, data) => ({ kind: 'clear-meter', address, access: accessAt(data, 0) }),
    },
  ],
  [
    functions.clearEvents,
    {
      bytes: authorityBytes + dataIdBytes,
      read: (address, data) => {
        const events = displayHex(data, authorityBytes, data.length)
        return { kind: 'clear-events', address, access: accessAt(data, 0), events }
      },
    },
  ],
  [
    functions.control,
    {
      bytes: authorityBytes + 2 + clockBytes,
      read: (address, data) => {
        const expiry = readClock(data, commandOffset + 2, clockLayout)
        return {
          kind: 'control',
          address,
          access: accessAt(data, 0),
          command: byteAt(data, commandOffset),
          reserved: byteAt(data, commandOffset + 1),
          expiresAt: typeof expiry === 'string' ? null : expiry,
        }
      },
    },
  ],
  [
    functions.output,
    {
      bytes: 1,
      read: (address, data) => ({ kind: 'output', address, output: byteAt(data, 0) }),
    },
  ],
])

function orderData(order: Dlt645Order): Uint8Array {
  switch (order.kind) {
    case 'authenticate':
      return joined(
        digits(order.dataId, dataIdBytes),
        digits(order.operator, operatorBytes),
        order.data,
      )
    case 'write':
      return joined(digits(order.dataId, dataIdBytes), accessField(order.access), order.data)
    case 'write-address':
      return digits(order.newAddress, addressBytes)
    case 'freeze':
      return digits(order.when, freezeBytes)
    case 'change-baud':
      return Uint8Array.of(baudFeature(order.baud))
    case 'change-password':
      return joined(
        digits(order.dataId, dataIdBytes),
        passwordField(order.password),
        passwordField(order.newPassword),
      )
    case 'clear-demand':
    case 'clear-meter':
      return accessField(order.access)
    case 'clear-events':
      return joined(accessField(order.access), digits(order.events, dataIdBytes))
    case 'control':
      return joined(
        accessField(order.access),
        Uint8Array.of(order.command, order.reserved),
        order.expiresAt ? writeClock(order.expiresAt, clockLayout) : new Uint8Array(clockBytes),
      )
    case 'output':
      return Uint8Array.of(order.output)
  }
}

function digits(text: string, bytes: number): Uint8Array {
  const field = new Uint8Array(bytes)
  writeDigits(text, bytes, field, 0)
  return field
}

/** The one-hot feature byte Z of a baud rate. Throws for a rate that has none: a bug of ours. */
export function baudFeature(baud: number): number {
  const feature = Object.keys(baudRates).find((key) => baudRates[Number(key)] === baud)
  if (feature === undefined) throw new Error(`invariant broken: ${baud} Bd has no feature byte`)
  return Number(feature)
}

function joined(...fields: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const field of fields) {
    data.set(field, at)
    at += field.length
  }
  return data
}
