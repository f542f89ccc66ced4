import type { MeterTime, Unasked } from '#protocols/model'
import { addressText } from './address.ts'
import { type Apdu, apdu, decodeApdu } from './apdu.ts'
import { type Frame, fragmentBit, fromServer, parseFrame } from './frame.ts'
import { dateTimeOf } from './moments.ts'
import { encodeRequest } from './request.ts'
import { opened } from './security.ts'

const kinds = ['login', 'heartbeat', 'logout'] as const
/** Done, and the clock of this side is not vouched for (bit 7 clear): no device sets its own by it. */
const accepted = 0

/** What a device says of itself: links (预连接) and reports (主动上报), each with its answer. */
export function unaskedOf(bytes: Uint8Array, now: MeterTime): Unasked | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok || (parsed.frame.control & fromServer) === 0) return null
  if ((parsed.frame.control & fragmentBit) !== 0) return null
  const outer = decodeApdu(parsed.frame.data)
  const inner = outer.ok ? opened(outer.apdu) : null
  return inner?.ok ? said(parsed.frame, inner.apdu, now) : null
}

function said(frame: Frame, message: Apdu, now: MeterTime): Unasked | null {
  const address = addressText(frame.server)
  switch (message.service) {
    case 'LINK-Request': {
      const kind = kinds[message.body.type]
      return kind ? { kind, address, answer: answer(frame, linkResponse(message, now)) } : null
    }
    case 'RELEASE-Notification':
      return { kind: 'logout', address, answer: null }
    case 'ReportNotificationList': {
      const objects = message.body.results.map(({ object }) => object)
      const response = apdu('ReportResponseList', message.piid & numberMask, { objects })
      return { kind: 'report', address, answer: answer(frame, response) }
    }
    case 'ReportNotificationRecordList': {
      const objects = message.body.results.map(({ object }) => object)
      const response = apdu('ReportResponseRecordList', message.piid & numberMask, { objects })
      return { kind: 'report', address, answer: answer(frame, response) }
    }
    case 'ReportNotificationTransData': {
      const response = apdu('ReportResponseTransData', message.piid & numberMask, null)
      return { kind: 'report', address, answer: answer(frame, response) }
    }
    default:
      return null
  }
}

/** PIID without the bit by which a server asks to be asked (ACD). */
const numberMask = 0xbf

function linkResponse(
  message: Extract<Apdu, { readonly service: 'LINK-Request' }>,
  now: MeterTime,
) {
  const time = dateTimeOf(now)
  return apdu('LINK-Response', message.piid, {
    result: accepted,
    requested: message.body.time,
    received: time,
    responded: time,
  })
}

function answer(frame: Frame, response: Apdu): Uint8Array {
  const address = addressText(frame.server)
  return encodeRequest({ kind: 'apdu', address, client: frame.client, apdu: response })
}
