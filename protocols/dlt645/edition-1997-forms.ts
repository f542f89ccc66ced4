import {
  type FormedFrames,
  type FormTarget,
  type GivenArguments,
  hexArgument,
  type RequestForm,
  type RequestForms,
  timeArgument,
  timeOf,
  type WrittenValue,
} from '#protocols/model'
import { dataItemOf1997 } from './edition-1997-items.ts'
import { functionTable1997 } from './edition-1997-parts.ts'
import {
  type Dlt645v1997Request,
  dataIdBytes1997,
  encodeRequest1997,
  passwordBytes,
} from './edition-1997-request.ts'
import { writeValues1997 } from './edition-1997-values.ts'
import { addressArgument, sampleOf, unfit, wantsPassword } from './forms.ts'
import { dataMaxBytes } from './frame.ts'

/** Bytes that a frame takes beside an identifier and a password. */
const dataRoom = dataMaxBytes - dataIdBytes1997 - passwordBytes

interface Asked {
  readonly address: string
  readonly given: GivenArguments
  readonly password: string
}

/** `guard` says whether the request carries a password. */
function row(
  control: number,
  guard: 'open' | 'password',
  args: RequestForm['arguments'],
  build: (asked: Asked) => Dlt645v1997Request | string,
): RequestForm {
  const { name = '', text = '' } = functionTable1997[control] ?? {}
  return {
    name,
    says: guard === 'password' ? `${text}, with --password` : text,
    arguments: args,
    build(given, { meter }) {
      const password = passwordOf(meter.access?.password)
      if (guard === 'password' && password === null) return wantsPassword
      const request = build({ address: meter.address, given, password: password ?? '' })
      return typeof request === 'string' ? request : [encodeRequest1997(request)]
    },
  }
}

// biome-ignore format: a table, one row a line
const requests: readonly RequestForm[] = [
  row(0x02, 'open', [hexArgument('id', 'DI1 DI0', 2)], ({ address, given }) => ({ kind: 'read-more', address, dataId: given.one('id').toUpperCase(), afterwards: [], trailingBytes: 0 })),
  row(0x03, 'open', [], ({ address }) => ({ kind: 'repeat', address })),
  row(0x08, 'open', [timeArgument('time')], ({ address, given }) => {
    const time = timeOf(given.one('time'))
    return time ? { kind: 'set-clock', address, time } : 'time: no such moment'
  }),
  row(0x0a, 'open', [addressArgument], ({ address, given }) => ({ kind: 'write-address', address, newAddress: given.one('new') })),
  row(0x0c, 'open', [hexArgument('feature', 'Z, one bit a rate', 1)], ({ address, given }) => ({ kind: 'change-baud', address, feature: Number.parseInt(given.one('feature'), 16) })),
  row(0x0f, 'password', [hexArgument('new', 'PA P2 P1 P0', 4)], ({ address, given, password }) => ({ kind: 'change-password', address, oldPassword: password, newPassword: given.one('new').toUpperCase() })),
  row(0x10, 'password', [], ({ address, password }) => ({ kind: 'clear-demand', address, password })),
]

/** DL/T 645-1997 by the names of its functions; `read` and `write` are items. */
export const dlt645v1997Forms: RequestForms = { requests, writes: 'C032=000012345678', write }

/** Function 04: the value as the table has its fields, `/` between them. */
function write(item: string, value: WrittenValue, { meter }: FormTarget): FormedFrames {
  if (!/^[\dA-F]{4}$/i.test(item)) return 'what is written is named by DI1 DI0, 4 hex digits'
  const dataId = item.toUpperCase()
  const data = value.kind === 'bytes' ? value.bytes : dataOf(dataId, value.text)
  if (typeof data === 'string') return data
  if (data.length < 1 || data.length > dataRoom) return `allowed: 1 to ${dataRoom} bytes`
  const password = passwordOf(meter.access?.password)
  if (password === null) return wantsPassword
  const { address } = meter
  return [encodeRequest1997({ kind: 'write', address, dataId, password, data, afterwards: [] })]
}

function dataOf(dataId: string, value: string): Uint8Array | string {
  const item = dataItemOf1997(dataId)
  if (!item) {
    return `no layout of ${dataId} is known: give its bytes as they are sent, ${dataId}:=HEX`
  }
  const texts = value.split('/')
  if (texts.length !== item.fields.length && !item.isBlock) {
    return `${dataId} has ${item.fields.length} values, with / between them`
  }
  const samples = texts.map((each, index) => sampleOf(item.fields[index]?.shape, each))
  return writeValues1997(dataId, samples) ?? unfit(dataId, item.fields)
}

function passwordOf(password: string | undefined): string | null {
  return password !== undefined && /^[\dA-F]{8}$/i.test(password) ? password.toUpperCase() : null
}
