import { dataIdBytes1997, functions1997 } from './edition-1997-request.ts'
import { buildFrame, fromSlave, moreFollows, writeDigits } from './frame.ts'

/**
 * The frames that answer a read with `payload`, the bytes behind the identifier: the first answers
 * the read, each other one a follow-up request. They carry no number.
 */
export function encodeAnswers1997(
  address: string,
  dataId: string,
  payload: Uint8Array,
  limitBytes: number,
): readonly Uint8Array[] {
  const room = limitBytes - dataIdBytes1997
  const frames: Uint8Array[] = []
  for (let from = 0; from === 0 || from < payload.length; from += room) {
    const piece = payload.subarray(from, from + room)
    const more = from + room < payload.length ? moreFollows : 0
    const code = from === 0 ? functions1997.read : functions1997.readMore
    const data = new Uint8Array(dataIdBytes1997 + piece.length)
    writeDigits(dataId, dataIdBytes1997, data, 0)
    data.set(piece, dataIdBytes1997)
    frames.push(buildFrame({ address, control: code | fromSlave | more, data }))
  }
  return frames
}
