import { bcdToNumber, numberToBcd } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import {
  broadcastAddress,
  buildFrame,
  closeFrame,
  dataIdBytes,
  dataIdOf,
  dataOffset,
  type Frame,
  functions,
  openFrame,
  writeDigits,
} from './frame.ts'
import { isLoadProfile } from './load-record.ts'
import { type Dlt645Order, encodeOrder } from './orders.ts'
import { orderOf } from './read-order.ts'
import { readClock, type TimeLayout, writeClock } from './time.ts'

/** What a master asks or orders. Addresses and identifiers are in display order. */
export type Dlt645Request = Dlt645Question | Dlt645Order

/** What leaves the meter as it is, and the time that is told to all. */
export type Dlt645Question =
  | {
      readonly kind: 'read'
      readonly address: string
      readonly dataId: string
      /** For the load profile: how many records, and from when; null leaves it to the meter. */
      readonly load: LoadRange | null
    }
  | {
      readonly kind: 'read-more'
      readonly address: string
      readonly dataId: string
      /** Of the follow-up frame (后续帧), counted from 1. */
      readonly sequence: number
    }
  | { readonly kind: 'read-address'; readonly address: string }
  | { readonly kind: 'set-clock'; readonly address: string; readonly time: MeterTime }

export interface LoadRange {
  readonly records: number
  readonly from: MeterTime | null
}

/** An answer as it came; an item's bytes get their meaning in `readings`. */
export type Dlt645Response = Frame

const clockLayout: TimeLayout = 'ssmmhhDDMMYY'
const loadLayout: TimeLayout = 'mmhhDDMMYY'
/** N is two BCD digits like every NN of the standard; up to 9 all readings of it agree. */
const recordsMax = 99
const noData = new Uint8Array(0)

/** The frame of a request, without wake-up bytes. */
export function encodeRequest(request: Dlt645Request): Uint8Array {
  const { address } = request
  switch (request.kind) {
    case 'read':
      return encodeRead(request)
    case 'read-more':
      return buildFrame({ address, control: functions.readMore, data: readMoreData(request) })
    case 'read-address':
      return buildFrame({ address, control: functions.readAddress, data: noData })
    case 'set-clock':
      return buildFrame({
        address,
        control: functions.setClock,
        data: writeClock(request.time, clockLayout),
      })
    default:
      return encodeOrder(request)
  }
}

/** The request that a frame carries, as a meter reads it; null where it is none of ours. */
export function requestOf(frame: Frame): Dlt645Request | null {
  const { address, control, data } = frame
  switch (control) {
    case functions.read: {
      const load = loadRangeOf(data)
      if (load === undefined) return null
      return { kind: 'read', address, dataId: dataIdOf(data), load }
    }
    case functions.readMore: {
      const sequence = data[dataIdBytes]
      if (data.length !== dataIdBytes + 1 || sequence === undefined) return null
      return { kind: 'read-more', address, dataId: dataIdOf(data), sequence }
    }
    case functions.readAddress:
      return data.length === 0 ? { kind: 'read-address', address } : null
    case functions.setClock: {
      if (data.length !== clockLayout.length / 2) return null
      const time = readClock(data, 0, clockLayout)
      return typeof time === 'string' ? null : { kind: 'set-clock', address, time }
    }
    default:
      return orderOf(frame)
  }
}

/** True if a meter of this address takes frames for `asked`: AA stands for any pair (缩位寻址). */
export function addressMatches(asked: string, address: string): boolean {
  if (asked === address) return true
  for (let at = 0; at < asked.length; at += 2) {
    const pair = asked.slice(at, at + 2)
    if (pair !== 'AA' && pair !== address.slice(at, at + 2)) return false
  }
  return true
}

/** False for the broadcast and for AA anywhere (缩位寻址): several meters may take such a frame. */
export function namesOneMeter(address: string): boolean {
  return address !== broadcastAddress && /^\d{12}$/.test(address)
}

/** Written straight into the frame: reads are most of what is sent. */
function encodeRead(request: Extract<Dlt645Request, { kind: 'read' }>): Uint8Array {
  const { address, dataId, load } = request
  const loadBytes = (load ? 1 : 0) + (load?.from ? loadLayout.length / 2 : 0)
  const bytes = openFrame(address, functions.read, dataIdBytes + loadBytes)
  writeDigits(dataId, dataIdBytes, bytes, dataOffset)
  if (load) writeLoadRange(load, bytes, dataOffset + dataIdBytes)
  return closeFrame(bytes)
}

function writeLoadRange({ records, from }: LoadRange, into: Uint8Array, at: number): void {
  if (records < 1 || records > recordsMax) {
    throw new Error(`invariant broken: ${records} load records`)
  }
  into.set(numberToBcd(records, 1), at)
  if (from) into.set(writeClock(from, loadLayout), at + 1)
}

function readMoreData(request: Extract<Dlt645Request, { kind: 'read-more' }>): Uint8Array {
  const data = new Uint8Array(dataIdBytes + 1)
  writeDigits(request.dataId, dataIdBytes, data, 0)
  data[dataIdBytes] = request.sequence
  return data
}

/** Undefined where the data field of a read is not one the standard knows. */
function loadRangeOf(data: Uint8Array): LoadRange | null | undefined {
  if (data.length === dataIdBytes) return null
  const records = bcdToNumber(data, dataIdBytes, dataIdBytes + 1)
  if (data.length < dataIdBytes || records === undefined || !isLoadProfile(dataIdOf(data)))
    return undefined
  if (data.length === dataIdBytes + 1) return { records, from: null }
  if (data.length !== dataIdBytes + 1 + loadLayout.length / 2) return undefined
  const from = readClock(data, dataIdBytes + 1, loadLayout)
  return typeof from === 'string' ? undefined : { records, from }
}
