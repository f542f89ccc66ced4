import { fromHex } from '#protocols/bytes'
import {
  type FormArgument,
  type FormedFrames,
  type FormTarget,
  type GivenArguments,
  hexArgument,
  numberArgument,
  numberOf,
  patternArgument,
  type RequestForm,
  type RequestForms,
  several,
  timeArgument,
  timeOf,
  usually,
  type WrittenValue,
  wordArgument,
} from '#protocols/model'
import { parseAddress } from './address.ts'
import { type Apdu, apdu, encodeApdu, type TimeTag } from './apdu.ts'
import { dateTimeOf, shifted } from './moments.ts'
import { clientOf } from './plan.ts'
import { type RecordQuery, recordQueries } from './record-query.ts'
import { encodeRequest } from './request.ts'
import { enciphered, type Proof } from './security.ts'
import type { BodyOf, ServiceName } from './service-table.ts'
import type { Data } from './value.ts'
import { dataForms, dataOf, encoded } from './value-text.ts'

const delayMinutes = 5
/** Room in a frame beside header and checks: L has 14 bits, and nothing is cut in pieces here. */
const apduMaxBytes = 0x3fff - 64
const noBytes = new Uint8Array(0)

const oad = hexArgument('object', 'OAD, 8 hex digits', 4)
const oads = several(oad)
const piid = usually(numberArgument('piid', '0 to 63', 0, 63), '1')
const setForm = /^([\dA-F]{8})=(.+)$/i
const thenForm = /^([\dA-F]{8})=(.+)\+([\dA-F]{8})\/(\d{1,3})$/i
const set: FormArgument = {
  name: 'set',
  says: `OAD=DATA (${dataForms})`,
  takes: (text) => partsOf(text, setForm) !== null,
}
const setThenGet: FormArgument = {
  name: 'set',
  says: 'OAD=DATA+OAD/SECONDS',
  takes: (text) => partsOf(text, thenForm) !== null,
}
const call: FormArgument = { name: 'call', says: `OMD=DATA (${dataForms})`, takes: set.takes }
const callThenGet: FormArgument = {
  name: 'call',
  says: 'OMD=DATA+OAD/SECONDS',
  takes: setThenGet.takes,
}
const query: FormArgument = {
  name: 'query',
  says: 'as an item: 50040200:3, 50040200@2026-11-21/1.8.0',
  takes: (text) => recordQueries(text) !== null,
}
const device = patternArgument(
  'device',
  'address behind the terminal, 2 to 32 digits',
  /^(?:\d\d){1,16}$/,
)
const timeout = usually(numberArgument('timeout', 'seconds', 0, 65535), '10')
const deviceTimeout = usually(numberArgument('device-timeout', 'seconds', 0, 65535), '0')
const behind = [several(device), timeout, deviceTimeout]
const bytes = (name: string, says: string) => hexArgument(name, says, null)
const optionalBytes = (name: string, says: string) =>
  usually(patternArgument(name, says, /^(?:[\dA-F]{2})*$/i), '')

/** A row for a service: its arguments, and its body from what was given. */
function row<S extends ServiceName>(
  name: S,
  says: string,
  args: readonly FormArgument[],
  body: (given: GivenArguments, target: FormTarget) => BodyOf<S>,
): RequestForm {
  return {
    name,
    says,
    arguments: [...args, piid],
    build: (given, target) =>
      framed(
        (tag) => apdu(name, numberOf(given.one('piid')), body(given, target), tag) as Apdu,
        target,
      ),
  }
}

// biome-ignore format: a table, one row a line
const requests: readonly RequestForm[] = [
  row('LINK-Response', 'answers a login or heartbeat', [usually(numberArgument('result', '128: the clock is right', 0, 255), '128'), timeArgument('requested'), timeArgument('received'), timeArgument('responded')], (given) => ({ result: numberOf(given.one('result')), requested: moment(given, 'requested'), received: moment(given, 'received'), responded: moment(given, 'responded') })),
  row('CONNECT-Request', 'asks for a connection; with --password by it', [
    usually(numberArgument('version', 'of the protocol', 0, 65535), '16'), usually(hexArgument('services', '8 bytes', 8), 'FFFFFFFFFFFFFFFF'), usually(hexArgument('functions', '16 bytes', 16), 'F'.repeat(32)),
    usually(numberArgument('sends', 'longest frame', 0, 65535), '1024'), usually(numberArgument('takes', 'longest frame', 0, 65535), '1024'), usually(numberArgument('window', 'frames', 0, 255), '1'),
    usually(numberArgument('apdu', 'longest APDU', 0, 65535), '1024'), usually(numberArgument('timeout', 'seconds', 0, 4_294_967_295), '100'),
    usually(wordArgument('mechanism', ['none', 'password', 'symmetric', 'asymmetric']), 'none'), optionalBytes('cipher', 'of symmetric and asymmetric'), optionalBytes('signature', 'of symmetric and asymmetric'),
  ], (given, { meter }) => ({
    version: numberOf(given.one('version')), services: hex(given, 'services'), functions: hex(given, 'functions'), sendMax: numberOf(given.one('sends')), receiveMax: numberOf(given.one('takes')),
    window: numberOf(given.one('window')), apduMax: numberOf(given.one('apdu')), timeout: numberOf(given.one('timeout')), mechanism: mechanismOf(given, meter.access?.password ?? ''),
  })),
  row('RELEASE-Request', 'ends the connection', [], () => null),
  row('GetRequestNormal', 'one attribute', [oad], (given) => ({ object: upper(given, 'object') })),
  row('GetRequestNormalList', 'several attributes', [oads], (given) => ({ objects: uppers(given, 'object') })),
  row('GetRequestRecord', 'rows of a table', [query], (given) => queryOf(given.one('query'))),
  row('GetRequestRecordList', 'rows of several tables', [several(query)], (given) => ({ queries: given.all('query').map(queryOf) })),
  row('GetRequestNext', 'the next block of an answer', [numberArgument('block', 'number', 0, 65535)], (given) => ({ block: numberOf(given.one('block')) })),
  row('GetRequestMD5', 'the digest of an attribute', [oad], (given) => ({ object: upper(given, 'object') })),
  row('SetRequestNormal', 'sets an attribute', [set], (given) => settingOf(given.one('set'))),
  row('SetRequestNormalList', 'sets several', [several(set)], (given) => ({ settings: given.all('set').map(settingOf) })),
  row('SetThenGetRequestNormalList', 'sets, waits and reads', [several(setThenGet)], (given) => ({ settings: given.all('set').map(settingThenGetOf) })),
  row('ActionRequest', 'calls a method', [call], (given) => callOf(given.one('call'))),
  row('ActionRequestList', 'calls several', [several(call)], (given) => ({ calls: given.all('call').map(callOf) })),
  row('ActionThenGetRequestNormalList', 'calls, waits and reads', [several(callThenGet)], (given) => ({ calls: given.all('call').map(callThenGetOf) })),
  row('ReportResponseList', 'answers a report of attributes', [oads], (given) => ({ objects: uppers(given, 'object') })),
  row('ReportResponseRecordList', 'answers a report of records', [oads], (given) => ({ objects: uppers(given, 'object') })),
  row('ReportResponseTransData', 'answers a report of a port', [], () => null),
  row('ProxyGetRequestList', 'attributes of devices behind', [...behind, oads], (given) => devicesOf(given, uppers(given, 'object'))),
  row('ProxyGetRequestRecord', 'rows of a table of a device behind', [device, timeout, query], (given) => ({ timeout: numberOf(given.one('timeout')), device: tsa(given.one('device')), ...queryOf(given.one('query')) })),
  row('ProxySetRequestList', 'sets attributes of devices behind', [...behind, several(set)], (given) => devicesOf(given, given.all('set').map(settingOf))),
  row('ProxySetThenGetRequestList', 'sets, waits and reads behind', [...behind, several(setThenGet)], (given) => devicesOf(given, given.all('set').map(settingThenGetOf))),
  row('ProxyActionRequestList', 'calls methods of devices behind', [...behind, several(call)], (given) => devicesOf(given, given.all('call').map(callOf))),
  row('ProxyActionThenGetRequestList', 'calls, waits and reads behind', [...behind, several(callThenGet)], (given) => devicesOf(given, given.all('call').map(callThenGetOf))),
  row('ProxyTransCommandRequest', 'passes a frame on at a port', [bytes('message', 'the whole frame'), usually(hexArgument('port', 'OAD of the port', 4), 'F2010201'), usually(hexArgument('settings', 'COMDCB: baud, parity, data, stop, flow', 5), '0602080100'), timeout, usually(numberArgument('gap', '10 ms', 0, 65535), '10')], (given) => {
    const [baud = 0, parity = 0, dataBits = 0, stopBits = 0, flow = 0] = hex(given, 'settings')
    return { port: upper(given, 'port'), settings: { baud, parity, dataBits, stopBits, flow }, answerTimeout: numberOf(given.one('timeout')), byteTimeout: numberOf(given.one('gap')), message: hex(given, 'message') }
  }),
  row('Client-ERROR-Response', 'says that an APDU was not understood', [numberArgument('error', '1 to 255', 1, 255)], (given) => ({ error: numberOf(given.one('error')) })),
  {
    name: 'SECURITY-Request',
    says: 'an APDU in a security envelope, its proof as a cipher machine made it',
    arguments: [bytes('apdu', 'hex'), usually(wordArgument('mode', ['plain', 'cipher']), 'plain'), optionalBytes('random', 'RN'), optionalBytes('mac', 'MAC'), usually(patternArgument('sid', '8 hex digits', /^(?:[\dA-F]{8})?$/i), ''), optionalBytes('attached', 'data beside the SID')],
    build: (given, target) => framed(() => secured(given), target),
  },
]

/** DL/T 698.45 by the names of its services. */
export const dlt698Forms: RequestForms = {
  requests,
  writes: '40000200=date_time_s:2026-11-21T10:15:00, 43000800=bool:1',
  write,
}

/** SetRequestNormal of an attribute. */
function write(item: string, value: WrittenValue, target: FormTarget): FormedFrames {
  if (!/^[\dA-F]{8}$/i.test(item)) return 'what is set is named by its OAD, 8 hex digits'
  const content = value.kind === 'bytes' ? encoded(value.bytes) : dataOf(value.text)
  if (!content) return `allowed: ${dataForms}`
  const object = item.toUpperCase()
  return framed((tag) => apdu('SetRequestNormal', 1, { object, value: content }, tag), target)
}

/** What moves something says in its time tag when it was sent, and so when it ends. */
function framed(
  build: (tag: TimeTag | null) => Apdu,
  { meter, expiresAt, effectOf }: FormTarget,
): FormedFrames {
  const { address } = meter
  if (!parseAddress(address)) return `'${address}' is no address of 698`
  const client = clientOf(meter)
  const { length } = encodeApdu(build(null))
  if (length > apduMaxBytes) return `an APDU of ${length} bytes is more than a frame takes`
  const frame = encodeRequest({ kind: 'apdu', address, client, apdu: build(null) })
  if (effectOf(frame) === 'read') return [frame]
  const sentAt = shifted(expiresAt, -delayMinutes)
  const tagged = build({ sentAt, delay: { unit: 'minute', count: delayMinutes } })
  return [encodeRequest({ kind: 'apdu', address, client, apdu: tagged })]
}

function secured(given: GivenArguments): Apdu {
  const cipher = enciphered(hex(given, 'apdu'), proofOf(given))
  if (given.one('mode') === 'cipher' || cipher.service !== 'SECURITY-Request') return cipher
  const payload = { kind: 'plain', value: hex(given, 'apdu') } as const
  return { ...cipher, body: { ...cipher.body, payload } }
}

function proofOf(given: GivenArguments): Proof {
  const [random, mac, attached] = [hex(given, 'random'), hex(given, 'mac'), hex(given, 'attached')]
  if (given.one('sid') !== '') {
    const sid = { id: Number.parseInt(given.one('sid'), 16), attached }
    return mac.length > 0 ? { kind: 'sidMac', value: { sid, mac } } : { kind: 'sid', value: sid }
  }
  return mac.length > 0
    ? { kind: 'randomMac', value: { random, mac } }
    : { kind: 'random', value: random }
}

function mechanismOf(
  given: GivenArguments,
  password: string,
): BodyOf<'CONNECT-Request'>['mechanism'] {
  const keys = { cipher: hex(given, 'cipher'), signature: hex(given, 'signature') }
  switch (given.one('mechanism')) {
    case 'password':
      return { kind: 'password', value: new TextEncoder().encode(password) }
    case 'symmetric':
      return { kind: 'symmetric', value: keys }
    case 'asymmetric':
      return { kind: 'asymmetric', value: keys }
    default:
      return { kind: 'none', value: null }
  }
}

function devicesOf<Item>(given: GivenArguments, items: readonly Item[]) {
  return {
    timeout: numberOf(given.one('timeout')),
    devices: given.all('device').map((digits) => ({
      device: tsa(digits),
      timeout: numberOf(given.one('device-timeout')),
      items,
    })),
  }
}

/** A TSA: its feature byte, which is the length less one, and the address. */
function tsa(digits: string): Uint8Array {
  const address = fromHex(digits) ?? noBytes
  return Uint8Array.of(address.length - 1, ...address)
}

/** The id, the value and what is read afterwards of `OAD=DATA+OAD/SECONDS`. */
function partsOf(
  text: string,
  form: RegExp,
): { id: string; value: Data; read: string; delay: number } | null {
  const found = form.exec(text)
  const value = found ? dataOf(found[2] ?? '') : null
  const delay = Number(found?.[4] ?? 0)
  if (!found || !value || delay > 255) return null
  return { id: (found[1] ?? '').toUpperCase(), value, read: (found[3] ?? '').toUpperCase(), delay }
}

function taken(text: string, form: RegExp) {
  const parts = partsOf(text, form)
  if (!parts) throw new Error(`invariant broken: '${text}' was taken for a setting`)
  return parts
}

function settingOf(text: string) {
  const { id, value } = taken(text, setForm)
  return { object: id, value }
}

function settingThenGetOf(text: string) {
  const { id, value, read, delay } = taken(text, thenForm)
  return { object: id, value, read, delay }
}

function callOf(text: string) {
  const { id, value } = taken(text, setForm)
  return { method: id, value }
}

function callThenGetOf(text: string) {
  const { id, value, read, delay } = taken(text, thenForm)
  return { method: id, value, read, delay }
}

function queryOf(text: string): RecordQuery {
  const [first] = recordQueries(text) ?? []
  if (!first) throw new Error(`invariant broken: '${text}' was taken for a query`)
  return first
}

function moment(given: GivenArguments, name: string) {
  const time = timeOf(given.one(name))
  if (!time) throw new Error(`invariant broken: ${name} was taken for a time`)
  return dateTimeOf(time)
}

function hex(given: GivenArguments, name: string): Uint8Array {
  const text = given.one(name)
  return text === '' ? noBytes : (fromHex(text) ?? noBytes)
}

const upper = (given: GivenArguments, name: string) => given.one(name).toUpperCase()
const uppers = (given: GivenArguments, name: string) =>
  given.all(name).map((text) => text.toUpperCase())
