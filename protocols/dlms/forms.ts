import { fromHex } from '#protocols/bytes'
import {
  addressForms,
  type FormArgument,
  type GivenArguments,
  hexArgument,
  type MeterProfile,
  numberArgument,
  numberOf,
  type RequestForm,
  several,
  usually,
  type WrittenValue,
  wordArgument,
} from '#protocols/model'
import { credentialsOf } from './access.ts'
import { contexts, mechanisms, noAcse, writeAcse, writeInitiate } from './acse.ts'
import type { Data } from './data.ts'
import { bufferTarget } from './job.ts'
import { controls, information, receiveReady, writeLimits } from './link.ts'
import { type DlmsRequest, requestFor } from './request.ts'
import { type Route, routeOf } from './route.ts'
import type { Service, Target } from './services.ts'
import { tasksOf } from './task.ts'
import { frameTo, withLlc, wrapTo } from './transport.ts'
import { dataForms, dataOf, encoded } from './value-text.ts'
import { writeService } from './write-service.ts'

const nothing = new Uint8Array(0)
/** Room for an APDU in one frame of HDLC, and behind a wrapper. */
const roomIn = { hdlc: 2_000, wrapper: 0xffff } as const
const number = (name: string, usual: string, says = '0 to 7') =>
  usually(numberArgument(name, says, 0, 7), usual)
/** N(S) and N(R) of HDLC; the wrapper has none. */
const numbers = [number('sent', '0', 'N(S), 0 to 7'), number('received', '0', 'N(R), 0 to 7')]
const invoke = usually(hexArgument('invoke', 'invoke-id and priority', 1), 'C1')
const blockNumber = numberArgument('block', 'its number', 0, 0xffff_ffff)
const isLast = usually(wordArgument('last', ['yes', 'no']), 'yes')
const says = 'CLASS:OBIS:ATTRIBUTE'
const target: FormArgument = {
  name: 'target',
  says: `${says}, of a profile with @FROM..TO or #1-96`,
  takes: (text) => targetOf(text) !== null,
}
const set: FormArgument = {
  name: 'set',
  says: `${says}=DATA (${dataForms})`,
  takes: (text) => settingOf(text) !== null,
}
const call: FormArgument = {
  name: 'call',
  says: `CLASS:OBIS:METHOD or …=DATA (${dataForms})`,
  takes: (text) => callOf(text) !== null,
}
const limit = (name: string) => usually(numberArgument(name, 'bytes', 0, 0xffff), '128')
const window = (name: string) => usually(numberArgument(name, 'frames', 1, 7), '1')

type Build = (given: GivenArguments, route: Route, meter: MeterProfile) => Uint8Array | string

/** A frame to a meter that `--address` names. */
function row(name: string, what: string, args: readonly FormArgument[], build: Build): RequestForm {
  return {
    name,
    says: what,
    arguments: args,
    build(given, { meter }) {
      const route = routeOf(meter)
      if (!route) return `--address: allowed: ${addressForms.dlms.says}`
      const frame = build(given, route, meter)
      return typeof frame === 'string' ? frame : [frame]
    },
  }
}

/** A frame of the link, which the wrapper has not. */
function link(
  name: string,
  what: string,
  args: readonly FormArgument[],
  build: Build,
): RequestForm {
  return row(name, what, args, (given, route, meter) =>
    route.framing === 'wrapper'
      ? `${name} is of HDLC: over TCP nothing like it is sent`
      : build(given, route, meter),
  )
}

/** An APDU in its frame. */
function carried(
  name: string,
  what: string,
  args: readonly FormArgument[],
  build: (given: GivenArguments, meter: MeterProfile) => Uint8Array | string,
): RequestForm {
  return row(name, what, [...args, ...numbers], (given, route, meter) => {
    const apdu = build(given, meter)
    if (typeof apdu === 'string') return apdu
    if (apdu.length > roomIn[route.framing]) {
      return `an APDU of ${apdu.length} bytes is more than a frame takes`
    }
    if (route.framing === 'wrapper') return wrapTo(route, apdu)
    const control = information(numberOf(given.one('sent')), numberOf(given.one('received')))
    return frameTo(route, control, withLlc(apdu), false)
  })
}

function service(
  name: string,
  what: string,
  args: readonly FormArgument[],
  build: (given: GivenArguments, invokeId: number) => Service,
): RequestForm {
  return carried(name, what, [...args, invoke], (given) =>
    writeService(build(given, Number.parseInt(given.one('invoke'), 16))),
  )
}

// biome-ignore format: a table, one row a line
export const requests: readonly RequestForm[] = [
  link('snrm', 'opens the link', [usually(wordArgument('limits', ['with', 'none']), 'with'), limit('sends'), limit('takes'), window('send-window'), window('take-window')], (given, route) => frameTo(route, controls.snrm, limitsOf(given), false)),
  link('disc', 'ends the link', [], (_given, route) => frameTo(route, controls.disc, nothing, false)),
  link('rr', 'receive ready: asks for what follows', [number('received', '0', 'N(R), 0 to 7')], (given, route) => frameTo(route, receiveReady(numberOf(given.one('received'))), nothing, false)),
  carried('aarq', 'opens the association; with --password at low security', [usually(hexArgument('conformance', '3 bytes', 3), '00FE1F'), usually(numberArgument('pdu', 'longest APDU', 0, 0xffff), '8192')], (given, meter) => aarq(given, meter)),
  carried('rlrq', 'releases the association', [], () => writeAcse({ ...noAcse, kind: 'rlrq', reason: 0 })),
  service('get', 'reads attributes', [several(target)], (given, id) => { const targets = given.all('target').flatMap((text) => targetOf(text) ?? []); return { kind: 'get-request', form: formOf(targets), invoke: id, targets, block: null } }),
  service('get-next', 'the next block of an answer', [blockNumber], (given, id) => ({ kind: 'get-request', form: 'next', invoke: id, targets: [], block: numberOf(given.one('block')) })),
  service('set', 'writes attributes', [several(set)], (given, id) => { const settings = given.all('set').flatMap((text) => settingOf(text) ?? []); return { kind: 'set-request', form: formOf(settings), invoke: id, targets: settings.map((each) => each.target), values: settings.map(({ value }) => value), block: null } }),
  service('set-first-block', 'the first block of a long value', [target, hexArgument('data', 'bytes', null), isLast], (given, id) => ({ kind: 'set-request', form: 'first-block', invoke: id, targets: given.all('target').flatMap((text) => targetOf(text) ?? []), values: [], block: blockOf(given, 1) })),
  service('set-block', 'a further block of it', [blockNumber, hexArgument('data', 'bytes', null), isLast], (given, id) => ({ kind: 'set-request', form: 'block', invoke: id, targets: [], values: [], block: blockOf(given, numberOf(given.one('block'))) })),
  service('action', 'calls methods', [several(call)], (given, id) => { const calls = given.all('call').flatMap((text) => callOf(text) ?? []); return { kind: 'action-request', form: formOf(calls), invoke: id, targets: calls.map((each) => each.target), values: calls.map(({ value }) => value), block: null, taken: null } }),
  service('action-next', 'the next block of what a method returned', [blockNumber], (given, id) => ({ kind: 'action-request', form: 'next', invoke: id, targets: [], values: [], block: null, taken: numberOf(given.one('block')) })),
  service('action-first-block', 'the first block of a long parameter', [call, hexArgument('data', 'bytes', null), isLast], (given, id) => ({ kind: 'action-request', form: 'first-block', invoke: id, targets: given.all('call').flatMap((text) => callOf(text)?.target ?? []), values: [], block: blockOf(given, 1), taken: null })),
  service('action-block', 'a further block of it', [blockNumber, hexArgument('data', 'bytes', null), isLast], (given, id) => ({ kind: 'action-request', form: 'block', invoke: id, targets: [], values: [], block: blockOf(given, numberOf(given.one('block'))), taken: null })),
  carried('apdu', 'any APDU as its bytes', [hexArgument('bytes', 'hex', null)], (given) => bytesOf(given.one('bytes'))),
]

/**
 * A visit that writes an attribute, `3:1.0.1.8.0.255:2`, to be taken by a session: the write and
 * what ends it. A sentence where there is none.
 */
export function writeRequests(
  item: string,
  value: WrittenValue,
  meter: MeterProfile,
): readonly DlmsRequest[] | string {
  const route = routeOf(meter)
  if (!route) return `--address: allowed: ${addressForms.dlms.says}`
  const credentials = credentialsOf(meter)
  if (!credentials.ok) return credentials.malformed.message
  const to = targetOf(item)
  if (!to || to.access) return `what is written is named ${says}, e.g. 8:0.0.1.0.0.255:2`
  const data = value.kind === 'bytes' ? encoded(value.bytes) : dataOf(value.text)
  if (!data) return `allowed: ${dataForms}`
  return [
    requestFor(route, { kind: 'set', target: to, value: data }),
    requestFor(route, { kind: 'end' }),
  ]
}

/** How people write what `writeRequests` takes. */
export const writes = '8:0.0.1.0.0.255:2=clock:2026-11-21T10:15:00, 3:…:2:=HEX'

function aarq(given: GivenArguments, meter: MeterProfile): Uint8Array | string {
  const read = credentialsOf(meter)
  if (!read.ok) return read.malformed.message
  const { password, keys } = read.credentials
  if (keys) return 'under keys it is part of a conversation, and nothing is built ahead'
  return writeAcse({
    ...noAcse,
    kind: 'aarq',
    context: contexts.ln,
    mechanism: password ? mechanisms.low : mechanisms.none,
    authentication: password,
    user: writeInitiate({
      kind: 'request',
      conformance: Number.parseInt(given.one('conformance'), 16),
      maxPduBytes: numberOf(given.one('pdu')),
    }),
  })
}

function limitsOf(given: GivenArguments): Uint8Array {
  if (given.one('limits') === 'none') return nothing
  return writeLimits({
    sends: numberOf(given.one('sends')),
    takes: numberOf(given.one('takes')),
    sendWindow: numberOf(given.one('send-window')),
    takeWindow: numberOf(given.one('take-window')),
  })
}

function formOf(items: readonly unknown[]): 'normal' | 'list' {
  return items.length > 1 ? 'list' : 'normal'
}

function blockOf(given: GivenArguments, number: number) {
  return { number, last: given.one('last') === 'yes', bytes: bytesOf(given.one('data')) }
}

/** `3:1.0.1.8.0.255:2`, of a profile also with its rows. */
function targetOf(text: string): Target | null {
  if (!/^\d+:/.test(text)) return null
  const [task] = tasksOf([text]).requests
  if (task?.kind === 'profile') return bufferTarget(task)
  if (task?.kind !== 'object') return null
  const { classId, obis, value } = task.read
  return { classId, obis, id: value, access: null }
}

function settingOf(text: string): { target: Target; value: Data } | null {
  const at = text.indexOf('=')
  const to = at < 0 ? null : targetOf(text.slice(0, at))
  const value = at < 0 ? null : dataOf(text.slice(at + 1))
  return to && value ? { target: to, value } : null
}

function callOf(text: string): { target: Target; value: Data | null } | null {
  if (text.includes('=')) return settingOf(text)
  const to = targetOf(text)
  return to && { target: to, value: null }
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? nothing
}
