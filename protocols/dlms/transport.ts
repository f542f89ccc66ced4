import { byteAt } from '#protocols/bytes'
import type { Malformed } from '#protocols/model'
import { buildHdlc, flag, type HdlcAddress, parseHdlc } from './frame.ts'
import { controls, isInformation } from './link.ts'
import type { Route } from './route.ts'
import { joined } from './sized.ts'
import { buildWrapped, parseWrapped } from './wrapper.ts'

/** A frame as it came, whichever way it was framed. */
export interface Carried {
  readonly framing: 'hdlc' | 'wrapper'
  readonly source: HdlcAddress
  readonly destination: HdlcAddress
  /** Null for the wrapper, which has none. */
  readonly control: number | null
  readonly segmented: boolean
  /** The information field, with LLC where it has one; or the wrapped APDU. */
  readonly info: Uint8Array
}

export const commandLlc = Uint8Array.of(0xe6, 0xe6, 0x00)
export const responseLlc = Uint8Array.of(0xe6, 0xe7, 0x00)

export type ParsedFrame =
  | { readonly ok: true; readonly carried: Carried }
  | { readonly ok: false; readonly malformed: Malformed }

/** Takes HDLC by its flag, and everything else as wrapped. */
export function parseFrame(bytes: Uint8Array): ParsedFrame {
  if (byteAt(bytes, 0) === flag) {
    const parsed = parseHdlc(bytes)
    if (!parsed.ok) return parsed
    const { destination, source, control, segmented, info } = parsed.frame
    const carried = { framing: 'hdlc', source, destination, control, segmented, info } as const
    return { ok: true, carried }
  }
  const parsed = parseWrapped(bytes)
  if (!parsed.ok) return parsed
  const { source, destination, apdu } = parsed.frame
  return {
    ok: true,
    carried: {
      framing: 'wrapper',
      source: portAddress(source),
      destination: portAddress(destination),
      control: null,
      segmented: false,
      info: apdu,
    },
  }
}

export const portAddress = (port: number): HdlcAddress => ({ upper: port, lower: null, bytes: 1 })

/** The bytes of the APDU in a frame that begins one. */
export function withoutLlc({ framing, control, info }: Carried): Uint8Array {
  if (framing === 'wrapper' || control === null || !carriesApdu(control)) return info
  return llcOf(info) ? info.subarray(commandLlc.length) : info
}

export const carriesApdu = (control: number) =>
  isInformation(control) || (control | 0x10) === controls.ui

/** Which way an LLC header says the APDU goes; null where there is none. */
export function llcOf(info: Uint8Array): 'request' | 'reply' | null {
  if (info[0] !== 0xe6 || info[2] !== 0x00) return null
  if (info[1] === 0xe6) return 'request'
  return info[1] === 0xe7 ? 'reply' : null
}

export function frameTo(
  route: Route,
  control: number,
  info: Uint8Array,
  segmented: boolean,
): Uint8Array {
  const source = portAddress(route.client)
  return buildHdlc({ destination: route.server, source, control, segmented, info })
}

export function wrapTo(route: Route, apdu: Uint8Array): Uint8Array {
  return buildWrapped({ source: route.client, destination: route.server.upper, apdu })
}

export const withLlc = (apdu: Uint8Array) => joined(commandLlc, apdu)
