import { fromHex } from '#protocols/bytes'
import type { MeterProfile, MeterTime, Plan, RelayAction, RelayOrder } from '#protocols/model'
import { broadcastDigits } from './address.ts'
import { type Apdu, apdu, type TimeTag } from './apdu.ts'
import { shifted } from './moments.ts'
import { clientOf } from './plan.ts'
import { moment } from './record-query.ts'
import type { Dlt698Request } from './request.ts'
import type { Data } from './value.ts'

const firstRelay = 'F2050201'
/** How long an order may take on its way; the device compares its clock with the time tag. */
const delayMinutes = 5
const nothing: Data = { type: 'null' }

/** How a relay is to trip: after an alarm, for how long, and whether it closes by itself then. */
export interface TripSettings {
  readonly relay: string
  readonly alarmMinutes: number
  /** 0 for until it is told otherwise. */
  readonly limitMinutes: number
  readonly closesItself: boolean
}

export const plainTrip: TripSettings = {
  relay: firstRelay,
  alarmMinutes: 0,
  limitMinutes: 0,
  closesItself: false,
}

/** Methods of the remote control (8000) and of keeping supply (8001). */
const methods: Readonly<Record<RelayAction, string>> = {
  alarm: '80007F00',
  'clear-alarm': '80008000',
  trip: '80008100',
  'allow-close': '80008200',
  close: '80008200',
  protect: '80017F00',
  unprotect: '80018000',
}

/** The order as an ACTION whose time tag ends at its expiry. */
export function relayOrder(order: RelayOrder, meter: MeterProfile): Plan<Dlt698Request> {
  const { address } = meter
  const action = relayAction(order, plainTrip, 1)
  return {
    requests: [{ kind: 'apdu', address, client: clientOf(meter), apdu: action }],
    unsupported: [],
  }
}

/** The APDU of an order, to be put into a security envelope where the device asks for one. */
export function relayAction(
  { action, expiresAt }: RelayOrder,
  settings: TripSettings,
  piid: number,
): Apdu {
  const method = methods[action]
  return apdu(
    'ActionRequest',
    piid,
    { method, value: argumentOf(action, settings) },
    tag(expiresAt),
  )
}

/** Sets the clock (4000); all that hear it where the address is the broadcast. */
export function setClock(time: MeterTime, meter: MeterProfile): Dlt698Request {
  const { address } = meter
  const value = moment(time)
  const set =
    address === broadcastDigits
      ? apdu('ActionRequest', 1, { method: '40007F00', value })
      : apdu('SetRequestNormal', 1, { object: '40000200', value })
  return { kind: 'apdu', address, client: clientOf(meter), apdu: set }
}

function tag(expiresAt: MeterTime): TimeTag {
  return {
    sentAt: shifted(expiresAt, -delayMinutes),
    delay: { unit: 'minute', count: delayMinutes },
  }
}

function argumentOf(action: RelayAction, settings: TripSettings): Data {
  const relay: Data = { type: 'OAD', bytes: bytesOf(settings.relay) }
  switch (action) {
    case 'trip':
      return one([
        relay,
        { type: 'unsigned', value: settings.alarmMinutes },
        { type: 'long-unsigned', value: settings.limitMinutes },
        { type: 'bool', value: settings.closesItself },
      ])
    case 'allow-close':
    case 'close':
      return one([relay, { type: 'enum', value: action === 'close' ? 1 : 0 }])
    default:
      return nothing
  }
}

/** One unit of an array of structures. */
function one(items: readonly Data[]): Data {
  return { type: 'array', items: [{ type: 'structure', items }] }
}

function bytesOf(oad: string): Uint8Array {
  const bytes = fromHex(oad)
  if (!bytes) throw new Error(`invariant broken: '${oad}' is no OAD`)
  return bytes
}
