import { toHex } from '#protocols/bytes'
import {
  type Apdu,
  addressMatches,
  apdu,
  type Dlt698Data,
  type NormalResult,
  parseAddress,
  type RecordResult,
} from '#protocols/dlt698'
import type { SimulatedMeter } from '#simulators/meter'
import { join } from './dlt645-bytes.ts'
import { callMethod, setAttribute } from './dlt698-orders.ts'
import type { Dlt698Own } from './dlt698-own.ts'
import { recordOf } from './dlt698-rows.ts'
import { answerOf, dars, versions } from './dlt698-values.ts'
import type { Face } from './face.ts'

/** What is there to be asked: the device itself, those behind it, and what a port leads to. */
export interface Dlt698Place {
  readonly own: Dlt698Own
  readonly behind: readonly SimulatedMeter[]
  /** Devices of another protocol that a transparent forward reaches (透明转发). */
  readonly port: Face | null
}

/** Whoever asks may change something. */
export type MayChange = boolean

/** The answer to a request that stands alone; null where a device says nothing to it. */
export function serve(
  place: Dlt698Place,
  request: Apdu,
  may: MayChange,
  nowMs: number,
): Apdu | null {
  const { own } = place
  const { piid, service, body } = request
  const get = (object: string) => result(object, own.get(object, nowMs))
  const set = ({ object, value }: Setting) => ({
    object,
    dar: may ? own.set(object, value, nowMs) : dars.security,
  })
  const call = ({ method, value }: Call) => ({
    method,
    dar: may ? own.call(method, value, nowMs) : dars.security,
    value: null,
  })
  switch (service) {
    case 'CONNECT-Request':
      return connected(request)
    case 'RELEASE-Request':
      return apdu('RELEASE-Response', piid, { result: 0 })
    case 'GetRequestNormal':
      return apdu('GetResponseNormal', piid, get(body.object))
    case 'GetRequestNormalList':
      return apdu('GetResponseNormalList', piid, { results: body.objects.map(get) })
    case 'GetRequestRecord':
      return apdu('GetResponseRecord', piid, own.record(body, nowMs))
    case 'GetRequestRecordList': {
      const results = body.queries.map((query) => own.record(query, nowMs))
      return apdu('GetResponseRecordList', piid, { results })
    }
    case 'SetRequestNormal':
      return apdu('SetResponseNormal', piid, set(body))
    case 'SetRequestNormalList':
      return apdu('SetResponseNormalList', piid, { results: body.settings.map(set) })
    case 'SetThenGetRequestNormalList': {
      const results = body.settings.map((one) => ({ ...set(one), read: get(one.read) }))
      return apdu('SetThenGetResponseNormalList', piid, { results })
    }
    case 'ActionRequest':
      return apdu('ActionResponseNormal', piid, call(body))
    case 'ActionRequestList':
      return apdu('ActionResponseNormalList', piid, { results: body.calls.map(call) })
    case 'ActionThenGetRequestNormalList': {
      const results = body.calls.map((one) => ({ ...call(one), read: get(one.read) }))
      return apdu('ActionThenGetResponseNormalList', piid, { results })
    }
    default:
      return passOn(place, request, may, nowMs)
  }
}

interface Setting {
  readonly object: string
  readonly value: Dlt698Data
}

interface Call {
  readonly method: string
  readonly value: Dlt698Data
}

/** What is meant for a device behind (代理). */
function passOn(
  { behind, port }: Dlt698Place,
  { piid, service, body }: Apdu,
  may: MayChange,
  nowMs: number,
): Apdu | null {
  switch (service) {
    case 'ProxyGetRequestList': {
      const devices = body.devices.map(({ device, items }) => {
        const meter = meterOf(behind, device)
        const one = (object: string) =>
          result(object, meter ? answerOf(meter, object, nowMs) : dars.timeout)
        return { device, items: items.map(one) }
      })
      return apdu('ProxyGetResponseList', piid, { devices })
    }
    case 'ProxyGetRequestRecord': {
      const { device, object, rows, columns } = body
      const meter = meterOf(behind, device)
      const silent: RecordResult = { object, columns, result: { kind: 'dar', value: dars.timeout } }
      const record = meter ? recordOf(meter, { object, rows, columns }, nowMs) : silent
      return apdu('ProxyGetResponseRecord', piid, { device, record })
    }
    case 'ProxySetRequestList': {
      const devices = body.devices.map(({ device, items }) => {
        const meter = meterOf(behind, device)
        const one = ({ object, value }: Setting) => ({
          object,
          dar: verdict(meter, may, (of) => setAttribute(of, object, value, nowMs)),
        })
        return { device, items: items.map(one) }
      })
      return apdu('ProxySetResponseList', piid, { devices })
    }
    case 'ProxyActionRequestList': {
      const devices = body.devices.map(({ device, items }) => {
        const meter = meterOf(behind, device)
        const one = ({ method, value }: Call) => ({
          method,
          dar: verdict(meter, may, (of) => callMethod(of, method, value, nowMs)),
          value: null,
        })
        return { device, items: items.map(one) }
      })
      return apdu('ProxyActionResponseList', piid, { devices })
    }
    case 'ProxyTransCommandRequest': {
      port?.reset()
      const message = join(port?.receive(body.message, nowMs) ?? [])
      const told =
        message.length > 0
          ? ({ kind: 'message', value: message } as const)
          : ({ kind: 'dar', value: dars.timeout } as const)
      return apdu('ProxyTransCommandResponse', piid, { port: body.port, result: told })
    }
    case 'GetRequestMD5':
    case 'ProxySetThenGetRequestList':
    case 'ProxyActionThenGetRequestList':
      return apdu('ERROR-Response', piid, { error: NOT_SUPPORTED })
    default:
      return null
  }
}

const NOT_SUPPORTED = 2

function verdict(
  meter: SimulatedMeter | undefined,
  may: MayChange,
  act: (meter: SimulatedMeter) => number,
): number {
  if (!may) return dars.security
  return meter ? act(meter) : dars.timeout
}

/** By a TSA: an address feature and the address in display order. */
function meterOf(behind: readonly SimulatedMeter[], tsa: Uint8Array): SimulatedMeter | undefined {
  const asked = parseAddress(toHex(tsa.subarray(1)))
  return behind.find(({ spec }) => asked && addressMatches(asked, spec.address))
}

function result(object: string, answered: Dlt698Data | number): NormalResult {
  if (typeof answered === 'number') return { object, result: { kind: 'dar', value: answered } }
  return { object, result: { kind: 'data', value: answered } }
}

/** Takes what the client proposes; anybody may connect who asks for no more than the plain. */
function connected({ piid, body }: Extract<Apdu, { readonly service: 'CONNECT-Request' }>): Apdu {
  const { mechanism, ...abilities } = body
  const isOpen = mechanism.kind === 'none'
  const factory = Uint8Array.from(versions.join(''), (letter) => letter.charCodeAt(0))
  return apdu('CONNECT-Response', piid, {
    ...abilities,
    factory,
    result: isOpen ? 0 : CONNECT_REFUSED,
    security: null,
  })
}

const CONNECT_REFUSED = 255
