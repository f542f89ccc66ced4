import { byteAt } from '#protocols/bytes'
import { accessAt, authorityBytes, operatorBytes, passwordAt, passwordBytes } from './access.ts'
import { addressBytes, dataIdBytes, dataIdOf, type Frame, functions } from './frame.ts'
import { baudRates } from './functions.ts'
import type { Dlt645Order } from './orders.ts'
import { displayHex } from './shapes.ts'
import { readClock, type TimeLayout } from './time.ts'

/** How a meter reads the data field of a function; shorter or longer than `bytes` is no order. */
interface OrderForm {
  readonly bytes: number | { readonly least: number }
  readonly read: (address: string, data: Uint8Array) => Dlt645Order | null
}

const clockLayout: TimeLayout = 'ssmmhhDDMMYY'
const clockBytes = clockLayout.length / 2
const freezeBytes = 4
/** Where the value stands that a 14H writes. */
const writtenOffset = dataIdBytes + authorityBytes
/** Where N1 stands in the data field of a 1CH. */
export const commandOffset = authorityBytes

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
