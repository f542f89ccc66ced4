import { fromHex } from '#protocols/bytes'
import {
  type FormedFrames,
  type FormTarget,
  hexArgument,
  numberArgument,
  numberOf,
  patternArgument,
  type RequestForm,
  type RequestForms,
  scaledOf,
  usually,
  type Value,
  type WrittenValue,
  wordArgument,
} from '#protocols/model'
import { type Address, addressForm, parseAddress, writeUnitId } from './address.ts'
import { addMinutes } from './clock.ts'
import { buildFrame, seqBits, userMaxBytes } from './frame.ts'
import type { Layout } from './layout.ts'
import { forward, meterLine } from './order.ts'
import { requestTo } from './plan.ts'
import { encodeRequest, type Gdw376Request, ownStation } from './request.ts'
import { type Shape, writeShape } from './shapes.ts'
import { functions, infoClassOf, itemId } from './table.ts'
import { Walk } from './walk.ts'

const delayMin = 15
/** Room in a frame beside identifier, port settings, password and time tag. */
const dataRoom = userMaxBytes - 64
const linkStatus = 0x0b
const userDataTaken = 0x00
const verdicts = ['all-taken', 'all-denied', 'unit-by-unit']
/** Fn of a reset (§5.2). */
const resetNames: Readonly<Record<string, number>> = {
  restart: 1,
  data: 2,
  factory: 3,
  'parameters-and-data': 4,
}
const noData = new Uint8Array(0)

const sequence = usually(numberArgument('sequence', 'PSEQ, 0 to 15', 0, 15), '0')
const bauds = [300, 600, 1200, 2400, 4800, 7200, 9600, 19200] as const
const parities = ['none', 'even', 'odd'] as const

/** A request to a terminal that `--address` names. */
function row(
  name: string,
  says: string,
  args: RequestForm['arguments'],
  build: (
    given: Parameters<RequestForm['build']>[0],
    address: Address,
    target: FormTarget,
  ) => FormedFrames,
): RequestForm {
  return {
    name,
    says,
    arguments: args,
    build(given, target) {
      const address = parseAddress(target.meter.address)
      return address ? build(given, address, target) : `--address: allowed: ${addressForm}`
    },
  }
}

// biome-ignore format: a table, one row a line
const requests: readonly RequestForm[] = [
  row('confirm', 'AFN 00: what answers a login, a heartbeat or a report', [usually(wordArgument('verdict', verdicts), 'all-taken'), sequence, usually(wordArgument('of', ['link', 'data']), 'link'), usually(hexArgument('data', 'of unit-by-unit: AFN, then DA DT and ERR of each', null), '02')], (given, address) => [confirmation(given.one('verdict'), numberOf(given.one('sequence')), given.one('of'), bytesOf(given.one('data')), address)]),
  row('reset', 'AFN 01', [wordArgument('what', Object.keys(resetNames)), sequence], (given, address, target) => ended(unitRequest(address, functions.reset, resetNames[given.one('what')] ?? 1, 0, noData, numberOf(given.one('sequence')), target), target)),
  row('forward', 'AFN 10 F1: a frame passed on at a port of the terminal', [hexArgument('frame', 'the whole frame', null), usually(numberArgument('port', '1 to 31', 1, 31), '1'), usually(wordArgument('baud', bauds.map(String)), '2400'), usually(wordArgument('parity', parities), 'even'), usually(numberArgument('answer-seconds', '1 to 127', 1, 127), '60'), usually(numberArgument('gap-ms', '10 to 2550', 10, 2550), '100')], (given, _address, target) => {
    const serial = {
      ...meterLine,
      baud: bauds.find((rate) => String(rate) === given.one('baud')) ?? meterLine.baud,
      parity: parities.find((parity) => parity === given.one('parity')) ?? meterLine.parity,
      answerSeconds: numberOf(given.one('answer-seconds')),
      gapMs: numberOf(given.one('gap-ms')),
    }
    const frame = bytesOf(given.one('frame'))
    const request = forward(target.meter.address, numberOf(given.one('port')), frame, serial, passwordOf(target))
    return ended(request, target)
  }),
  row('send', 'any function and class, the bytes of its data as sent', [hexArgument('afn', 'function', 1), numberArgument('fn', '1 to 2040', 1, 2040), usually(patternArgument('data', 'bytes', /^(?:[\dA-F]{2})*$/i), ''), usually(numberArgument('pn', '0 to 2040', 0, 2040), '0'), sequence], (given, address, target) => ended(unitRequest(address, Number.parseInt(given.one('afn'), 16), numberOf(given.one('fn')), numberOf(given.one('pn')), bytesOf(given.one('data')), numberOf(given.one('sequence')), target), target)),
]

/** Q/GDW 376.1 beside its items; whatever sets or orders is an item with a value. */
export const gdw376Forms: RequestForms = {
  requests,
  writes: '05-F31=2026-11-21T10:15:00, 04-F3:=HEX, 05-F2=',
  write,
}

/** AFN 00 by a master: the answer to what a terminal began, with its number. */
function confirmation(
  verdict: string,
  sequenceOf: number,
  of: string,
  data: Uint8Array,
  { edition, region, terminal }: Address,
): Uint8Array {
  const fn = verdicts.indexOf(verdict) + 1
  return buildFrame({
    protocolId: 2,
    edition,
    control: of === 'link' ? linkStatus : userDataTaken,
    region,
    terminal,
    station: 0,
    afn: functions.confirm,
    seq: seqBits.fir | seqBits.fin | sequenceOf,
    body: Uint8Array.of(...writeUnitId({ pn: 0, fn }), ...(fn === 3 ? data : [])),
  })
}

function unitRequest(
  address: Address,
  afn: number,
  fn: number,
  pn: number,
  data: Uint8Array,
  sequenceOf: number,
  target: FormTarget,
): Gdw376Request {
  const more = { password: passwordOf(target), sequence: sequenceOf, station: ownStation }
  return requestTo(address, afn, [{ pn, fn, data }], more)
}

/** What moves something carries a time tag, so that it ends; a read needs none. */
function ended(request: Gdw376Request, { expiresAt, effectOf }: FormTarget): FormedFrames {
  const bytes = request.units.reduce((sum, { data }) => sum + data.length, 0)
  if (bytes > dataRoom) return `${bytes} bytes of data are more than a frame takes`
  const frame = encodeRequest(request)
  if (effectOf(frame) === 'read') return [frame]
  const sent = addMinutes(expiresAt, -delayMin)
  return [encodeRequest({ ...request, timeTag: { counter: 0, sent, delayMin } })]
}

/** `AFN-Fn` with data: the values as the table has them with `/` between them, or their bytes. */
function write(item: string, value: WrittenValue, target: FormTarget): FormedFrames {
  const address = parseAddress(target.meter.address)
  if (!address) return `--address: allowed: ${addressForm}`
  const found = /^([01][\dA-F])-F(\d{1,4})$/i.exec(item)
  const afn = Number.parseInt(found?.[1] ?? '', 16)
  const fn = Number(found?.[2])
  const info = infoClassOf(afn, fn)
  if (!found || (!info && value.kind === 'text') || fn < 1 || fn > 2040) {
    return 'what is set or ordered is named by AFN and Fn, 04-F3, or 05-F31'
  }
  const data = value.kind === 'bytes' ? value.bytes : dataOf(info?.layout ?? [], value.text)
  if (typeof data === 'string') return `${itemId(afn, fn)} ${data}`
  if (info && !info.isTerminal && address.point === 0) {
    return `${itemId(afn, fn)} is of a point or a round: give the address as ${target.meter.address}/N`
  }
  const pn = info?.isTerminal === false || !info ? address.point : 0
  return ended(unitRequest(address, afn, fn, pn, data, 0, target), target)
}

function dataOf(layout: Layout, given: string): Uint8Array | string {
  const texts = given === '' ? [] : given.split('/')
  const bytes: number[] = []
  const wanted: string[] = []
  let taken = 0
  const walk = new Walk(noData, 0, Number.POSITIVE_INFINITY, (shape) => {
    const each = texts[taken++]
    const written = each === undefined ? undefined : fieldOf(shape, each)
    if (written) bytes.push(...written)
    else wanted.push(shape ? shapeText(shape) : 'hex digits')
    return written
  })
  walk.nodes(layout)
  if (walk.failed || wanted.length > 0) return `wants as value ${taken}: ${wanted[0] ?? 'another'}`
  if (taken !== texts.length) return `has ${taken} values, with / between them`
  return Uint8Array.from(bytes)
}

function fieldOf(shape: Shape | null, given: string): Uint8Array | undefined {
  if (!shape) return given === '' ? noData : fromHex(given)
  return writeShape(shape, valueFor(shape, given))
}

function valueFor(shape: Shape, given: string): Value {
  switch (shape.kind) {
    case 'bcd':
    case 'signed':
      return numberValue(scaledOf(given, shape.scale), shape.scale)
    case 'powered': {
      const scale = given.split('.')[1]?.length ?? 0
      return numberValue(scaledOf(given, scale), scale)
    }
    case 'amount':
    case 'float':
    case 'uint':
      return numberValue(scaledOf(given, 0), 0)
    case 'bits':
    case 'digits':
    case 'raw':
      return { kind: 'text', text: given.toUpperCase() }
    case 'time':
    case 'ascii':
    case 'ip':
    case 'named':
      return { kind: 'text', text: given }
  }
}

/** What is no number fits no shape. */
function numberValue(digits: number, scale: number): Value {
  return Number.isNaN(digits) ? { kind: 'text', text: '' } : { kind: 'number', digits, scale }
}

function shapeText(shape: Shape): string {
  const { kind, bytes } = shape
  switch (kind) {
    case 'bits':
    case 'digits':
    case 'raw':
      return `${2 * bytes} hex digits`
    case 'time':
      return `a time (${shape.layout})`
    case 'ascii':
      return `text of ${bytes} signs at most`
    case 'ip':
      return 'an IP address'
    case 'named':
      return Object.values(shape.names).join(' | ')
    default:
      return 'a number of the right size'
  }
}

function passwordOf({ meter }: FormTarget): string | null {
  return meter.access?.password ?? null
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? noData
}
