import {
  addressBytes,
  buildFrame,
  dataIdBytes,
  type Frame,
  fromSlave,
  functions,
  moreFollows,
  refused,
  writeDigits,
} from './frame.ts'

/** A reader's limit on the data field (§5.2.4). */
const dataMaxBytes = 200

/**
 * The frames that answer a read with `payload`, the bytes behind the identifier: the first answers
 * the read, the n-th after it the follow-up request with sequence n.
 */
export function encodeAnswers(
  address: string,
  dataId: string,
  payload: Uint8Array,
  limitBytes = dataMaxBytes,
): readonly Uint8Array[] {
  const frames: Uint8Array[] = []
  let from = 0
  do {
    const sequence = frames.length
    const room = limitBytes - dataIdBytes - (sequence > 0 ? 1 : 0)
    const to = Math.min(from + room, payload.length)
    const more = to < payload.length ? moreFollows : 0
    const control = (sequence > 0 ? functions.readMore : functions.read) | fromSlave | more
    const data = new Uint8Array(dataIdBytes + to - from + (sequence > 0 ? 1 : 0))
    writeDigits(dataId, dataIdBytes, data, 0)
    data.set(payload.subarray(from, to), dataIdBytes)
    if (sequence > 0) data[data.length - 1] = sequence
    frames.push(buildFrame({ address, control, data }))
    from = to
  } while (from < payload.length)
  return frames
}

/**
 * The refusal of any request: `error` is the error byte ERR, bit 1 for data that is not there; or a
 * word of two bytes, low byte first, where the function has one.
 */
export function encodeRefusal(
  request: Frame,
  address: string,
  error: number | Uint8Array,
): Uint8Array {
  const control = request.control | fromSlave | refused
  const data = typeof error === 'number' ? Uint8Array.of(error) : error
  return buildFrame({ address, control, data })
}

/** The answer of a meter that obeyed; `data` is what a function repeats. */
export function encodeDone(
  request: Frame,
  address: string,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  return buildFrame({ address, control: request.control | fromSlave, data })
}

/** The answer to the read of an address: the meter's own. */
export function encodeAddressAnswer(address: string): Uint8Array {
  const data = new Uint8Array(addressBytes)
  writeDigits(address, addressBytes, data, 0)
  return buildFrame({ address, control: functions.readAddress | fromSlave, data })
}
