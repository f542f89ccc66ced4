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
import { comdcb, oad, omd, rcsd, sid, sidMac, ti } from './descriptors.ts'
import { dateTime, dateTimeS } from './moments.ts'
import { dar, getResult, normalResult, recordResult } from './records.ts'

/** What stands around the body of an APDU: nothing, PIID, and what follows it in each direction. */
export type Frame698Part = 'bare' | 'link' | 'client' | 'server'

interface Service {
  readonly tag: number
  /** The byte behind the tag that says which of its kinds; null where there is one kind. */
  readonly pick: number | null
  readonly around: Frame698Part
  readonly body: Codec<unknown>
}

const empty: Codec<null> = { read: () => null, write: () => undefined }
const linkType = leaf(uint8Of(), (type) => ['login', 'heartbeat', 'logout'][type] ?? String(type))

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

function ofDevice<T>(items: Codec<T>) {
  return list(sequence({ device: octets, items: list(items) }))
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
  'LINK-Request': {
    tag: 0x01,
    pick: null,
    around: 'link',
    body: sequence({ type: linkType, heartbeat: uint16, time: dateTime }),
  },
  'LINK-Response': {
    tag: 0x81,
    pick: null,
    around: 'link',
    body: sequence({ result: uint8, requested: dateTime, received: dateTime, responded: dateTime }),
  },
  'CONNECT-Request': {
    tag: 0x02,
    pick: null,
    around: 'client',
    body: sequence({ ...abilities, mechanism }),
  },
  'CONNECT-Response': {
    tag: 0x82,
    pick: null,
    around: 'server',
    body: sequence({
      factory: bytesOf(32),
      ...abilities,
      result: uint8,
      security: optional(sequence({ random: octets, signature: octets })),
    }),
  },
  'RELEASE-Request': { tag: 0x03, pick: null, around: 'client', body: empty },
  'RELEASE-Response': {
    tag: 0x83,
    pick: null,
    around: 'server',
    body: sequence({ result: uint8 }),
  },
  'RELEASE-Notification': {
    tag: 0x84,
    pick: null,
    around: 'server',
    body: sequence({ connected: dateTimeS, now: dateTimeS }),
  },
  GetRequestNormal: { tag: 0x05, pick: 1, around: 'client', body: sequence({ object: oad }) },
  GetRequestNormalList: {
    tag: 0x05,
    pick: 2,
    around: 'client',
    body: sequence({ objects: list(oad) }),
  },
  GetRequestRecord: { tag: 0x05, pick: 3, around: 'client', body: query },
  GetRequestRecordList: {
    tag: 0x05,
    pick: 4,
    around: 'client',
    body: sequence({ queries: list(query) }),
  },
  GetRequestNext: { tag: 0x05, pick: 5, around: 'client', body: sequence({ block: uint16 }) },
  GetRequestMD5: { tag: 0x05, pick: 6, around: 'client', body: sequence({ object: oad }) },
  GetResponseNormal: { tag: 0x85, pick: 1, around: 'server', body: normalResult },
  GetResponseNormalList: {
    tag: 0x85,
    pick: 2,
    around: 'server',
    body: sequence({ results: list(normalResult) }),
  },
  GetResponseRecord: { tag: 0x85, pick: 3, around: 'server', body: recordResult },
  GetResponseRecordList: {
    tag: 0x85,
    pick: 4,
    around: 'server',
    body: sequence({ results: list(recordResult) }),
  },
  GetResponseNext: {
    tag: 0x85,
    pick: 5,
    around: 'server',
    body: sequence({
      isLast: uint8,
      block: uint16,
      part: choice({
        dar: [0, dar],
        attributes: [1, list(normalResult)],
        records: [2, list(recordResult)],
      }),
    }),
  },
  GetResponseMD5: {
    tag: 0x85,
    pick: 6,
    around: 'server',
    body: sequence({ object: oad, result: choice({ dar: [0, dar], digest: [1, octets] }) }),
  },
  SetRequestNormal: { tag: 0x06, pick: 1, around: 'client', body: setting },
  SetRequestNormalList: {
    tag: 0x06,
    pick: 2,
    around: 'client',
    body: sequence({ settings: list(setting) }),
  },
  SetThenGetRequestNormalList: {
    tag: 0x06,
    pick: 3,
    around: 'client',
    body: sequence({ settings: list(settingThenGet) }),
  },
  SetResponseNormal: { tag: 0x86, pick: 1, around: 'server', body: setResult },
  SetResponseNormalList: {
    tag: 0x86,
    pick: 2,
    around: 'server',
    body: sequence({ results: list(setResult) }),
  },
  SetThenGetResponseNormalList: {
    tag: 0x86,
    pick: 3,
    around: 'server',
    body: sequence({ results: list(setThenGetResult) }),
  },
  ActionRequest: { tag: 0x07, pick: 1, around: 'client', body: call },
  ActionRequestList: {
    tag: 0x07,
    pick: 2,
    around: 'client',
    body: sequence({ calls: list(call) }),
  },
  ActionThenGetRequestNormalList: {
    tag: 0x07,
    pick: 3,
    around: 'client',
    body: sequence({ calls: list(callThenGet) }),
  },
  ActionResponseNormal: { tag: 0x87, pick: 1, around: 'server', body: callResult },
  ActionResponseNormalList: {
    tag: 0x87,
    pick: 2,
    around: 'server',
    body: sequence({ results: list(callResult) }),
  },
  ActionThenGetResponseNormalList: {
    tag: 0x87,
    pick: 3,
    around: 'server',
    body: sequence({ results: list(callThenGetResult) }),
  },
  ReportNotificationList: {
    tag: 0x88,
    pick: 1,
    around: 'server',
    body: sequence({ results: list(normalResult) }),
  },
  ReportNotificationRecordList: {
    tag: 0x88,
    pick: 2,
    around: 'server',
    body: sequence({ results: list(recordResult) }),
  },
  ReportNotificationTransData: {
    tag: 0x88,
    pick: 3,
    around: 'server',
    body: sequence({ port: oad, messages: list(octets) }),
  },
  ReportResponseList: {
    tag: 0x08,
    pick: 1,
    around: 'client',
    body: sequence({ objects: list(oad) }),
  },
  ReportResponseRecordList: {
    tag: 0x08,
    pick: 2,
    around: 'client',
    body: sequence({ objects: list(oad) }),
  },
  ReportResponseTransData: { tag: 0x08, pick: 3, around: 'client', body: empty },
  ProxyGetRequestList: { tag: 0x09, pick: 1, around: 'client', body: perDevice(oad) },
  ProxyGetRequestRecord: {
    tag: 0x09,
    pick: 2,
    around: 'client',
    body: sequence({ timeout: uint16, device: octets, object: oad, rows: rsd, columns: rcsd }),
  },
  ProxySetRequestList: { tag: 0x09, pick: 3, around: 'client', body: perDevice(setting) },
  ProxySetThenGetRequestList: {
    tag: 0x09,
    pick: 4,
    around: 'client',
    body: perDevice(settingThenGet),
  },
  ProxyActionRequestList: { tag: 0x09, pick: 5, around: 'client', body: perDevice(call) },
  ProxyActionThenGetRequestList: {
    tag: 0x09,
    pick: 6,
    around: 'client',
    body: perDevice(callThenGet),
  },
  ProxyTransCommandRequest: {
    tag: 0x09,
    pick: 7,
    around: 'client',
    body: sequence({
      port: oad,
      settings: comdcb,
      answerTimeout: uint16,
      byteTimeout: uint16,
      message: octets,
    }),
  },
  ProxyGetResponseList: {
    tag: 0x89,
    pick: 1,
    around: 'server',
    body: sequence({ devices: ofDevice(sequence({ object: oad, result: getResult })) }),
  },
  ProxyGetResponseRecord: {
    tag: 0x89,
    pick: 2,
    around: 'server',
    body: sequence({ device: octets, record: recordResult }),
  },
  ProxySetResponseList: {
    tag: 0x89,
    pick: 3,
    around: 'server',
    body: sequence({ devices: ofDevice(setResult) }),
  },
  ProxySetThenGetResponseList: {
    tag: 0x89,
    pick: 4,
    around: 'server',
    body: sequence({ devices: ofDevice(setThenGetResult) }),
  },
  ProxyActionResponseList: {
    tag: 0x89,
    pick: 5,
    around: 'server',
    body: sequence({ devices: ofDevice(callResult) }),
  },
  ProxyActionThenGetResponseList: {
    tag: 0x89,
    pick: 6,
    around: 'server',
    body: sequence({ devices: ofDevice(callThenGetResult) }),
  },
  ProxyTransCommandResponse: {
    tag: 0x89,
    pick: 7,
    around: 'server',
    body: sequence({ port: oad, result: choice({ dar: [0, dar], message: [1, octets] }) }),
  },
  'SECURITY-Request': {
    tag: 0x10,
    pick: null,
    around: 'bare',
    body: sequence({ payload, verification }),
  },
  'SECURITY-Response': {
    tag: 0x90,
    pick: null,
    around: 'bare',
    body: sequence({
      payload: answerPayload,
      verification: optional(choice({ mac: [0, octets], sidMac: [1, sidMac] })),
    }),
  },
  'Client-ERROR-Response': {
    tag: 0x6e,
    pick: null,
    around: 'client',
    body: sequence({ error: uint8 }),
  },
  'ERROR-Response': { tag: 0xee, pick: null, around: 'server', body: sequence({ error: uint8 }) },
} as const satisfies Readonly<Record<string, Service>>

export type ServiceName = keyof typeof services

export type BodyOf<S extends ServiceName> = ValueOf<(typeof services)[S]['body']>

/** When it was sent and how long it may take on its way (时间标签). */
export const timeTag = optional(sequence({ sentAt: dateTimeS, delay: ti }))

function uint8Of(): Codec<number> {
  return { read: (from) => from.uint8(), write: (to, value) => uint8.write(to, value) }
}
