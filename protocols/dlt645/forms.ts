import { fromHex, hexPair } from '#protocols/bytes'
import {
  type FormedFrames,
  type FormTarget,
  type GivenArguments,
  hexArgument,
  numberArgument,
  numberOf,
  patternArgument,
  type RequestForm,
  type RequestForms,
  scaledOf,
  timeArgument,
  timeOf,
  usually,
  type WrittenValue,
  wordArgument,
} from '#protocols/model'
import { accessField, type MeterAccess } from './access.ts'
import { buildFrame, dataMaxBytes } from './frame.ts'
import { baudRates, functionTable, outputs } from './functions.ts'
import { dataItemOf } from './items.ts'
import { type Dlt645Request, encodeRequest } from './request.ts'
import type { Sample, Shape } from './shapes.ts'
import { writeValues } from './values.ts'

/** N1 of a 1CH by the words for it; the returning trips are State Grid's (1DH, 1EH). */
const commands: Readonly<Record<string, number>> = {
  trip: 0x1a,
  'allow-close': 0x1b,
  close: 0x1c,
  'trip-then-close': 0x1d,
  'trip-then-allow-close': 0x1e,
  alarm: 0x2a,
  'clear-alarm': 0x2b,
  protect: 0x3a,
  unprotect: 0x3b,
}
const baudNames = Object.values(baudRates).map(String)
const outputNames = Object.values(outputs).map((name) => name.replaceAll(' ', '-'))
const nobody = '00000000'
const idText = 'DI3 to DI0'
const id = hexArgument('id', idText, 4)
export const addressArgument = patternArgument('new', '12 digits', /^\d{12}$/)
export const wantsPassword = 'it needs --password: 8 hex digits, PA P2 P1 P0'

/** What a row builds its request from. */
interface Asked {
  readonly address: string
  readonly given: GivenArguments
  readonly target: FormTarget
}

/** Bytes that a frame takes beside an identifier and the access (L is one byte). */
const dataRoom = dataMaxBytes - 12
const bytes = patternArgument(
  'data',
  `1 to ${dataRoom} bytes as sent`,
  new RegExp(`^(?:[\\dA-F]{2}){1,${dataRoom}}$`, 'i'),
)

type Build = (asked: Asked) => Dlt645Request
type BuildWithAccess = (asked: Asked & { readonly access: MeterAccess }) => Dlt645Request

/** What a function does, with its code as the standard writes it. */
const text = (control: number) => `${functionTable[control]?.text ?? ''} (${hexPair(control)}H)`
const name = (control: number) => functionTable[control]?.name ?? ''

/** A request that any meter takes from anybody. */
function open(control: number, args: RequestForm['arguments'], build: Build): RequestForm {
  return {
    name: name(control),
    says: text(control),
    arguments: args,
    build: (given, target) => [
      encodeRequest(build({ address: target.meter.address, given, target })),
    ],
  }
}

/** A request that carries a password and who asks. */
function guarded(
  control: number,
  args: RequestForm['arguments'],
  build: BuildWithAccess,
): RequestForm {
  return {
    name: name(control),
    says: `${text(control)}, with --password`,
    arguments: args,
    build: (given, target) =>
      withAccess(target, (access) => [
        encodeRequest(build({ address: target.meter.address, given, target, access })),
      ]),
  }
}

/** Functions of the control code whose request is a level, an operator and what they guard. */
const sealable: Readonly<Record<string, number>> = {
  'clear-demand': 0x19,
  'clear-meter': 0x1a,
  'clear-events': 0x1b,
  control: 0x1c,
}

// biome-ignore format: a table, one row a line
const requests: readonly RequestForm[] = [
  open(0x03, [id, bytes], ({ address, given, target }) => {
    const operator = target.meter.access?.operator ?? nobody
    return { kind: 'authenticate', address, dataId: upper(given.one('id')), operator, data: bytesOf(given.one('data')) }
  }),
  open(0x08, [timeArgument('time')], ({ address, given }) => ({ kind: 'set-clock', address, time: moment(given.one('time')) })),
  open(0x12, [id, numberArgument('sequence', '1 to 255', 1, 255)], ({ address, given }) => ({ kind: 'read-more', address, dataId: upper(given.one('id')), sequence: numberOf(given.one('sequence')) })),
  open(0x13, [], ({ address }) => ({ kind: 'read-address', address })),
  open(0x15, [addressArgument], ({ address, given }) => ({ kind: 'write-address', address, newAddress: given.one('new') })),
  open(0x16, [patternArgument('when', 'MMDDhhmm, 99 for every', /^\d{8}$/)], ({ address, given }) => ({ kind: 'freeze', address, when: given.one('when') })),
  open(0x17, [wordArgument('baud', baudNames)], ({ address, given }) => ({ kind: 'change-baud', address, baud: Number(given.one('baud')) })),
  guarded(0x18, [id, hexArgument('new', 'PA P2 P1 P0', 4)], ({ address, given, access }) => ({ kind: 'change-password', address, dataId: upper(given.one('id')), password: access.password, newPassword: upper(given.one('new')) })),
  guarded(0x19, [], ({ address, access }) => ({ kind: 'clear-demand', address, access })),
  guarded(0x1a, [], ({ address, access }) => ({ kind: 'clear-meter', address, access })),
  guarded(0x1b, [hexArgument('events', 'FFFFFFFF for all', 4)], ({ address, given, access }) => ({ kind: 'clear-events', address, access, events: upper(given.one('events')) })),
  guarded(0x1c, [wordArgument('command', Object.keys(commands)), usually(numberArgument('reserved', 'N2', 0, 255), '0')], ({ address, given, target, access }) => ({
    kind: 'control', address, access, command: commands[given.one('command')] ?? 0, reserved: numberOf(given.one('reserved')), expiresAt: target.expiresAt,
  })),
  open(0x1d, [wordArgument('output', outputNames)], ({ address, given }) => ({ kind: 'output', address, output: outputNames.indexOf(given.one('output')) })),
  {
    name: 'sealed',
    says: 'one of these as a cipher machine made it with its MAC, at the level of --password',
    arguments: [wordArgument('function', Object.keys(sealable)), bytes],
    build: (given, target) => withAccess(target, (access) => {
      const data = Uint8Array.of(...accessField(access), ...bytesOf(given.one('data')))
      return [buildFrame({ address: target.meter.address, control: sealable[given.one('function')] ?? 0, data })]
    }),
  },
]

/** DL/T 645-2007 by the names of its functions; `read` and `write` are items. */
export const dlt645Forms: RequestForms = { requests, writes: '04000103=15, 04010001=…/…/…', write }

/** 14H: the value as the table has its fields, `/` between them. */
function write(item: string, value: WrittenValue, target: FormTarget): FormedFrames {
  if (!/^[\dA-F]{8}$/i.test(item)) return 'what is written is named by DI3 to DI0, 8 hex digits'
  const dataId = upper(item)
  const data = value.kind === 'bytes' ? value.bytes : dataOf(dataId, value.text)
  if (typeof data === 'string') return data
  if (data.length < 1 || data.length > dataRoom) return `allowed: 1 to ${dataRoom} bytes`
  return withAccess(target, (access) => [
    encodeRequest({ kind: 'write', address: target.meter.address, access, dataId, data }),
  ])
}

function dataOf(dataId: string, value: string): Uint8Array | string {
  const item = dataItemOf(dataId)
  if (!item || item.fields.length === 0) {
    return `no layout of ${dataId} is known: give its bytes as they are sent, ${dataId}:=HEX`
  }
  const texts = value.split('/')
  const isWhole = texts.length === item.fields.length || (item.isList && texts.length > 0)
  if (!isWhole || texts.length > item.fields.length) {
    return `${dataId} has ${item.fields.length} values, with / between them`
  }
  const samples = texts.map((each, index) => sampleOf(item.fields[index]?.shape, each))
  return writeValues(dataId, samples) ?? unfit(dataId, item.fields)
}

/** What the fields of an item look like, for whoever gave something else. */
export function unfit(
  dataId: string,
  fields: readonly { readonly name: string; readonly shape: Shape }[],
): string {
  const forms = [...new Set(fields.map(({ shape }) => shapeText(shape)))]
  return `${dataId} is ${fields[0]?.name ?? 'none'}: allowed: ${forms.join(', ')}`
}

function shapeText(shape: Shape): string {
  const { bytes } = shape
  switch (shape.kind) {
    case 'bcd':
    case 'signed': {
      const decimals = shape.scale === 0 ? '' : `.${'9'.repeat(shape.scale)}`
      return `a number up to ${'9'.repeat(2 * bytes - shape.scale)}${decimals}`
    }
    case 'time':
      return `a date or time (${shape.layout})`
    case 'demand':
      return 'nothing, a demand is not written'
    case 'digits':
    case 'bits':
      return `${2 * bytes} hex digits`
    case 'ascii':
      return `text of ${bytes} signs at most`
  }
}

/** The text of a value as a field of this shape takes it. */
export function sampleOf(shape: Shape | undefined, value: string): Sample {
  if (shape?.kind === 'bcd' || shape?.kind === 'signed') {
    const digits = scaledOf(value, shape.scale)
    if (Number.isNaN(digits)) return { value: { kind: 'text', text: '' }, at: null }
    return { value: { kind: 'number', digits, scale: shape.scale }, at: null }
  }
  const isHex = shape?.kind === 'digits' || shape?.kind === 'bits'
  return { value: { kind: 'text', text: isHex ? upper(value) : value }, at: null }
}

function withAccess(
  { meter }: FormTarget,
  build: (access: MeterAccess) => FormedFrames,
): FormedFrames {
  const password = meter.access?.password
  if (password === undefined || !/^[\dA-F]{8}$/i.test(password)) return wantsPassword
  return build({ password: upper(password), operator: upper(meter.access?.operator ?? nobody) })
}

function upper(digits: string): string {
  return digits.toUpperCase()
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0)
}

/** Of an argument that was taken as a time. */
function moment(given: string) {
  const time = timeOf(given)
  if (!time) throw new Error(`invariant broken: '${given}' is no time`)
  return time
}
