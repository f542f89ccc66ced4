import type { FrameEffect } from '#protocols/model'
import { type Apdu, decodeApdu } from './apdu.ts'
import { methodEffects, settingEffects, severity } from './effects.ts'
import { readFragment } from './fragment.ts'
import { type Frame, fragmentBit, fromServer, parseFrame, wakeUp } from './frame.ts'
import { opened } from './security.ts'

/**
 * What a frame would do to the device that takes it, the worst part of lists and of what is passed
 * on to devices behind. A fragment tells nothing of the whole and is unknown, as is what is
 * enciphered. Of a frame of another protocol inside (透明转发) the gate asks that protocol.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  if (bytes[0] === wakeUp) return effectOf(withoutWakeUp(bytes))
  const parsed = parseFrame(bytes)
  if (!parsed.ok || (parsed.frame.control & fromServer) !== 0) return 'unknown'
  if ((parsed.frame.control & fragmentBit) !== 0) return fragmentEffect(parsed.frame)
  const outer = decodeApdu(parsed.frame.data)
  const inner = outer.ok ? opened(outer.apdu) : null
  return inner?.ok ? apduEffect(inner.apdu) : 'unknown'
}

/** Frames of other protocols that a frame carries to a device behind. */
export function carriedBy(bytes: Uint8Array): readonly Uint8Array[] {
  const parsed = parseFrame(bytes)
  if (!parsed.ok || (parsed.frame.control & fragmentBit) !== 0) return []
  const outer = decodeApdu(parsed.frame.data)
  const inner = outer.ok ? opened(outer.apdu) : null
  if (!inner?.ok || inner.apdu.service !== 'ProxyTransCommandRequest') return []
  const { message } = inner.apdu.body
  return message.length === 0 ? [] : [message]
}

function withoutWakeUp(bytes: Uint8Array): Uint8Array {
  const from = bytes.findIndex((byte) => byte !== wakeUp)
  return from < 0 ? new Uint8Array(0) : bytes.subarray(from)
}

function fragmentEffect({ data }: Frame): FrameEffect {
  return readFragment(data)?.kind === 'confirm' ? 'read' : 'unknown'
}

function apduEffect({ service, body }: Apdu): FrameEffect {
  switch (service) {
    case 'LINK-Response':
    case 'CONNECT-Request':
    case 'RELEASE-Request':
    case 'GetRequestNormal':
    case 'GetRequestNormalList':
    case 'GetRequestRecord':
    case 'GetRequestRecordList':
    case 'GetRequestNext':
    case 'GetRequestMD5':
    case 'ReportResponseList':
    case 'ReportResponseRecordList':
    case 'ReportResponseTransData':
    case 'ProxyGetRequestList':
    case 'ProxyGetRequestRecord':
    case 'ProxyTransCommandRequest':
    case 'Client-ERROR-Response':
      return 'read'
    case 'SetRequestNormal':
      return settingEffect(body.object)
    case 'SetRequestNormalList':
    case 'SetThenGetRequestNormalList':
      return worst(body.settings.map(({ object }) => settingEffect(object)))
    case 'ActionRequest':
      return methodEffect(body.method)
    case 'ActionRequestList':
    case 'ActionThenGetRequestNormalList':
      return worst(body.calls.map(({ method }) => methodEffect(method)))
    case 'ProxySetRequestList':
    case 'ProxySetThenGetRequestList':
      return worst(
        body.devices.flatMap(({ items }) => items.map(({ object }) => settingEffect(object))),
      )
    case 'ProxyActionRequestList':
    case 'ProxyActionThenGetRequestList':
      return worst(
        body.devices.flatMap(({ items }) => items.map(({ method }) => methodEffect(method))),
      )
    default:
      return 'unknown'
  }
}

function settingEffect(oad: string): FrameEffect {
  return settingEffects.find(([pattern]) => pattern.test(oad))?.[1] ?? 'unknown'
}

function methodEffect(omd: string): FrameEffect {
  return methodEffects.find(([pattern]) => pattern.test(omd))?.[1] ?? 'unknown'
}

/** Of an empty list nothing is known. */
function worst(effects: readonly FrameEffect[]): FrameEffect {
  return severity.find((effect) => effects.includes(effect)) ?? 'unknown'
}
