import {
  bytesOf,
  type Codec,
  choice,
  leaf,
  list,
  octets,
  optional,
  sequence,
  uint8,
  uint16,
  uint32,
  type ValueOf,
} from './codec-parts.ts'
import { data, rsd } from './data.ts'
import { connectWords, errorWords } from './denials.ts'
import { comdcb, oad, omd, rcsd, sid, sidMac, ti } from './descriptors.ts'
import { dateTime, dateTimeS } from './moments.ts'
import { dar, getResult, normalResult, recordResult } from './records.ts'

/** What stands around the body of an APDU: nothing, PIID, and what follows it in each direction. */
export type Frame698Part = 'bare' | 'link' | 'client' | 'server'

interface Service<Body = unknown> {
  readonly tag: number
  /** The byte behind the tag that says which of its kinds; null where there is one kind. */
  readonly pick: number | null
  readonly around: Frame698Part
  readonly body: Codec<Body>
}

/** A row of the table: tag, kind and body of a service that stands so. */
function row(around: Frame698Part) {
  return <Body>(tag: number, pick: number | null, body: Codec<Body>): Service<Body> => {
    return { tag, pick, around, body }
  }
}

const bare = row('bare')
const link = row('link')
const client = row('client')
const server = row('server')

const empty: Codec<null> = { read: () => null, write: () => undefined }
const linkType = leaf(uint8Of(), (type) => ['login', 'heartbeat', 'logout'][type] ?? String(type))
const connectResult = leaf(uint8Of(), connectWords)
const errorKind = leaf(uint8Of(), errorWords)

const object = sequence({ object: oad })
const objects = sequence({ objects: list(oad) })
const setting = sequence({ object: oad, value: data })
const settingThenGet = sequence({ object: oad, value: data, read: oad, delay: uint8 })
const call = sequence({ method: omd, value: data })
const callThenGet = sequence({ method: omd, value: data, read: oad, delay: uint8 })
const query = sequence({ object: oad, rows: rsd, columns: rcsd })

const setResult = sequence({ object: oad, dar })
const setThenGetResult = sequence({ object: oad, dar, read: normalResult })
const callResult = sequence({ method: omd, dar, value: optional(data) })
const callThenGetResult = sequence({ method: omd, dar, value: optional(data), read: normalResult })

/** What is told by and to each device behind a terminal. */
function perDevice<T>(items: Codec<T>) {
  return sequence({
    timeout: uint16,
    devices: list(sequence({ device: octets, timeout: uint16, items: list(items) })),
  })
}

function ofDevices<T>(items: Codec<T>) {
  return sequence({ devices: list(sequence({ device: octets, items: list(items) })) })
}

function results<T>(result: Codec<T>) {
  return sequence({ results: list(result) })
}

const mechanism = choice({
  none: [0, empty],
  password: [1, octets],
  symmetric: [2, sequence({ cipher: octets, signature: octets })],
  asymmetric: [3, sequence({ cipher: octets, signature: octets })],
})

const abilities = {
  version: uint16,
  services: bytesOf(8),
  functions: bytesOf(16),
  sendMax: uint16,
  receiveMax: uint16,
  window: uint8,
  apduMax: uint16,
  timeout: uint32,
}

const payload = choice({ plain: [0, octets], cipher: [1, octets] })
const answerPayload = choice({ plain: [0, octets], cipher: [1, octets], dar: [2, dar] })
const verification = choice({
  sidMac: [0, sidMac],
  random: [1, octets],
  randomMac: [2, sequence({ random: octets, mac: octets })],
  sid: [3, sid],
})

/** The services (§6.3), by the names of the standard. */
export const services = {
  'LINK-Request': link(0x01, null, sequence({ type: linkType, heartbeat: uint16, time: dateTime })),
  'LINK-Response': link(
    0x81,
    null,
    sequence({ result: uint8, requested: dateTime, received: dateTime, responded: dateTime }),
  ),
  'CONNECT-Request': client(0x02, null, sequence({ ...abilities, mechanism })),
  'CONNECT-Response': server(
    0x82,
    null,
    sequence({
      factory: bytesOf(32),
      ...abilities,
      result: connectResult,
      security: optional(sequence({ random: octets, signature: octets })),
    }),
  ),
  'RELEASE-Request': client(0x03, null, empty),
  'RELEASE-Response': server(0x83, null, sequence({ result: uint8 })),
  'RELEASE-Notification': server(0x84, null, sequence({ connected: dateTimeS, now: dateTimeS })),
  GetRequestNormal: client(0x05, 1, object),
  GetRequestNormalList: client(0x05, 2, objects),
  GetRequestRecord: client(0x05, 3, query),
  GetRequestRecordList: client(0x05, 4, sequence({ queries: list(query) })),
  GetRequestNext: client(0x05, 5, sequence({ block: uint16 })),
  GetRequestMD5: client(0x05, 6, object),
  GetResponseNormal: server(0x85, 1, normalResult),
  GetResponseNormalList: server(0x85, 2, results(normalResult)),
  GetResponseRecord: server(0x85, 3, recordResult),
  GetResponseRecordList: server(0x85, 4, results(recordResult)),
  GetResponseNext: server(
    0x85,
    5,
    sequence({
      isLast: uint8,
      block: uint16,
      part: choice({
        dar: [0, dar],
        attributes: [1, list(normalResult)],
        records: [2, list(recordResult)],
      }),
    }),
  ),
  GetResponseMD5: server(
    0x85,
    6,
    sequence({ object: oad, result: choice({ dar: [0, dar], digest: [1, octets] }) }),
  ),
  SetRequestNormal: client(0x06, 1, setting),
  SetRequestNormalList: client(0x06, 2, sequence({ settings: list(setting) })),
  SetThenGetRequestNormalList: client(0x06, 3, sequence({ settings: list(settingThenGet) })),
  SetResponseNormal: server(0x86, 1, setResult),
  SetResponseNormalList: server(0x86, 2, results(setResult)),
  SetThenGetResponseNormalList: server(0x86, 3, results(setThenGetResult)),
  ActionRequest: client(0x07, 1, call),
  ActionRequestList: client(0x07, 2, sequence({ calls: list(call) })),
  ActionThenGetRequestNormalList: client(0x07, 3, sequence({ calls: list(callThenGet) })),
  ActionResponseNormal: server(0x87, 1, callResult),
  ActionResponseNormalList: server(0x87, 2, results(callResult)),
  ActionThenGetResponseNormalList: server(0x87, 3, results(callThenGetResult)),
  ReportNotificationList: server(0x88, 1, results(normalResult)),
  ReportNotificationRecordList: server(0x88, 2, results(recordResult)),
  ReportNotificationTransData: server(0x88, 3, sequence({ port: oad, messages: list(octets) })),
  ReportResponseList: client(0x08, 1, objects),
  ReportResponseRecordList: client(0x08, 2, objects),
  ReportResponseTransData: client(0x08, 3, empty),
  ProxyGetRequestList: client(0x09, 1, perDevice(oad)),
  ProxyGetRequestRecord: client(
    0x09,
    2,
    sequence({ timeout: uint16, device: octets, object: oad, rows: rsd, columns: rcsd }),
  ),
  ProxySetRequestList: client(0x09, 3, perDevice(setting)),
  ProxySetThenGetRequestList: client(0x09, 4, perDevice(settingThenGet)),
  ProxyActionRequestList: client(0x09, 5, perDevice(call)),
  ProxyActionThenGetRequestList: client(0x09, 6, perDevice(callThenGet)),
  ProxyTransCommandRequest: client(
    0x09,
    7,
    sequence({
      port: oad,
      settings: comdcb,
      answerTimeout: uint16,
      byteTimeout: uint16,
      message: octets,
    }),
  ),
  ProxyGetResponseList: server(0x89, 1, ofDevices(sequence({ object: oad, result: getResult }))),
  ProxyGetResponseRecord: server(0x89, 2, sequence({ device: octets, record: recordResult })),
  ProxySetResponseList: server(0x89, 3, ofDevices(setResult)),
  ProxySetThenGetResponseList: server(0x89, 4, ofDevices(setThenGetResult)),
  ProxyActionResponseList: server(0x89, 5, ofDevices(callResult)),
  ProxyActionThenGetResponseList: server(0x89, 6, ofDevices(callThenGetResult)),
  ProxyTransCommandResponse: server(
    0x89,
    7,
    sequence({ port: oad, result: choice({ dar: [0, dar], message: [1, octets] }) }),
  ),
  'SECURITY-Request': bare(0x10, null, sequence({ payload, verification })),
  'SECURITY-Response': bare(
    0x90,
    null,
    sequence({
      payload: answerPayload,
      verification: optional(choice({ mac: [0, octets], sidMac: [1, sidMac] })),
    }),
  ),
  'Client-ERROR-Response': client(0x6e, null, sequence({ error: errorKind })),
  'ERROR-Response': server(0xee, null, sequence({ error: errorKind })),
} satisfies Readonly<Record<string, Service>>

export type ServiceName = keyof typeof services

export type BodyOf<S extends ServiceName> = ValueOf<(typeof services)[S]['body']>

/** When it was sent and how long it may take on its way (时间标签). */
export const timeTag = optional(sequence({ sentAt: dateTimeS, delay: ti }))

function uint8Of(): Codec<number> {
  return { read: (from) => from.uint8(), write: (to, value) => uint8.write(to, value) }
}
