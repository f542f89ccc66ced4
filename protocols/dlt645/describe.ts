import { hexPair, toHex } from '#protocols/bytes'
import type { FrameDescription } from '#protocols/model'
import { dataIdBytes, dataIdOf, functionMask, moreFollows, parseFrame } from './frame.ts'
import { refusalOf } from './refusal.ts'
import { readWholeValues } from './values.ts'

/** Everything there is to say of one frame. */
export function describeFrame(raw: Uint8Array): FrameDescription {
  const parsed = parseFrame(raw)
  const nothing = { protocol: 'dlt645-2007', raw, dataId: null, readings: [], parts: [] } as const
  if (!parsed.ok) {
    return {
      ...nothing,
      valid: false,
      direction: null,
      address: null,
      function: null,
      control: null,
      more: null,
      error: parsed.malformed,
      extras: { data: null },
    }
  }
  const { address, control, data } = parsed.frame
  const isReply = control >= 0x80
  const isRead = (control & functionMask) === 0x11
  const hasId = isRead && data.length >= dataIdBytes
  return {
    ...nothing,
    valid: true,
    direction: isReply ? 'reply' : 'request',
    address,
    function: isRead ? 'read' : null,
    control: hexPair(control),
    dataId: hasId ? dataIdOf(data) : null,
    more: (control & moreFollows) !== 0,
    readings: hasId && isReply ? readWholeValues(dataIdOf(data), data.subarray(dataIdBytes)) : [],
    error: refusalOf(parsed.frame),
    extras: { data: toHex(data) },
  }
}
