import { parseAddress, type ServerAddress } from './address.ts'
import { type Apdu, encodeApdu } from './apdu.ts'
import { confirmation } from './fragment.ts'
import {
  buildFrame,
  dataFunction,
  fragmentBit,
  fromServer,
  linkFunction,
  startedByClient,
} from './frame.ts'

/**
 * What a client asks of a server, by the address that `--address` takes. `confirm` says that a
 * fragment came (分帧确认), so that the next is sent.
 */
export type Dlt698Request =
  | {
      readonly kind: 'apdu'
      readonly address: string
      readonly client: number
      readonly apdu: Apdu
    }
  | {
      readonly kind: 'confirm'
      readonly address: string
      readonly client: number
      readonly block: number
    }

/** The client address where none is given: 10H, as masters in the field use. */
export const defaultClient = 0x10

/** The frame of a request, without wake-up bytes. Throws if the address is none: a bug of ours. */
export function encodeRequest(request: Dlt698Request): Uint8Array {
  const server = serverOf(request.address)
  const { client } = request
  if (request.kind === 'confirm') {
    const control = startedByClient | fragmentBit | dataFunction
    return buildFrame({ control, server, client, data: confirmation(request.block) })
  }
  const { apdu } = request
  const control = controlOf(apdu)
  return buildFrame({ control, server, client, data: encodeApdu(apdu) })
}

/** Nobody answers a broadcast, and nobody answers an answer. */
export function expectsAnswer(request: Dlt698Request): boolean {
  if (serverOf(request.address).kind === 'broadcast') return false
  return request.kind === 'confirm' || (controlOf(request.apdu) & startedByClient) !== 0
}

/** C of a client's APDU: what it says unasked, and what it answers to a server's link or report. */
function controlOf({ service }: Apdu): number {
  if (service === 'LINK-Response') return linkFunction
  if (service.startsWith('ReportResponse')) return dataFunction
  return startedByClient | dataFunction
}

/** C of a server's APDU, for the simulators. */
export function serverControlOf({ service }: Apdu): number {
  if (service === 'LINK-Request') return fromServer | linkFunction
  if (service.startsWith('ReportNotification') || service === 'RELEASE-Notification') {
    return fromServer | dataFunction
  }
  return fromServer | startedByClient | dataFunction
}

function serverOf(address: string): ServerAddress {
  const server = parseAddress(address)
  if (!server) throw new Error(`invariant broken: '${address}' is no address`)
  return server
}
