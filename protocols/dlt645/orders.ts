import type { MeterTime } from '#protocols/model'
import { accessField, type MeterAccess, operatorBytes, passwordField } from './access.ts'
import { addressBytes, buildFrame, dataIdBytes, functions, writeDigits } from './frame.ts'
import { baudRates } from './functions.ts'
import { type TimeLayout, writeClock } from './time.ts'

/** What moves something in a meter. Passwords are part of it: an order is never logged. */
export type Dlt645Order =
  | {
      readonly kind: 'write'
      readonly address: string
      readonly access: MeterAccess
      readonly dataId: string
      /** In the order of the wire, least significant byte first. */
      readonly data: Uint8Array
      /** What is written next, once this was done; absent for a write that stands alone. */
      readonly next?: Dlt645Order
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

const clockLayout: TimeLayout = 'ssmmhhDDMMYY'
const clockBytes = clockLayout.length / 2
const freezeBytes = 4

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
