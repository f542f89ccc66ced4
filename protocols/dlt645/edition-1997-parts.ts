import { byteAt, hexPair, toHex } from '#protocols/bytes'
import { meterTimeText, valueText } from '#protocols/model'
import { dataItemOf1997, isSecret1997 } from './edition-1997-items.ts'
import { dataIdBytes1997, dataIdOf1997, passwordBytes } from './edition-1997-request.ts'
import { blockEnd } from './edition-1997-values.ts'
import { displayHex, readShape } from './shapes.ts'
import { readClock } from './time.ts'

/** A stretch of a data field in words; bytes from `from` to `to` count inside the data field. */
export interface DataPart1997 {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly secret: boolean
}

/** What one stretch of a data field holds; `value` and `hex` take what is left. */
export type Stretch1997 = 'data-id' | 'value' | 'password' | 'address' | 'clock' | 'baud' | 'hex'

export interface Function1997 {
  /** As the CLI and the API print it. */
  readonly name: string
  readonly text: string
  readonly request: readonly Stretch1997[]
  readonly reply: readonly Stretch1997[]
}

export const functionTable1997: Readonly<Record<number, Function1997>> = {
  1: { name: 'read', text: 'read data', request: ['data-id'], reply: ['data-id', 'value'] },
  2: {
    name: 'read-more',
    text: 'read follow-up data',
    request: ['data-id'],
    // A follow-up frame may begin inside a field, so alone it means nothing.
    reply: ['data-id', 'hex'],
  },
  3: { name: 'repeat', text: 'repeat the last answer', request: [], reply: ['data-id', 'value'] },
  4: {
    name: 'write',
    text: 'write data',
    request: ['data-id', 'password', 'value'],
    reply: [],
  },
  8: { name: 'set-clock', text: 'broadcast time', request: ['clock'], reply: [] },
  10: { name: 'write-address', text: 'write address', request: ['address'], reply: ['address'] },
  12: { name: 'change-baud', text: 'change the baud rate', request: ['baud'], reply: ['baud'] },
  15: {
    name: 'change-password',
    text: 'change a password',
    request: ['password', 'password'],
    reply: ['password'],
  },
  16: {
    name: 'clear-demand',
    text: 'clear the maximum demand',
    request: ['password'],
    reply: [],
  },
}

const stretchBytes: Readonly<Record<Stretch1997, number | null>> = {
  'data-id': dataIdBytes1997,
  password: passwordBytes,
  address: 6,
  clock: 6,
  baud: 1,
  value: null,
  hex: null,
}

/** The stretches of a data field, each in words. What is left over is said to be so. */
export function dataParts1997(
  layout: readonly Stretch1997[],
  data: Uint8Array,
): readonly DataPart1997[] {
  const parts: DataPart1997[] = []
  let from = 0
  for (const stretch of layout) {
    const wanted = stretchBytes[stretch] ?? data.length - from
    const to = Math.min(data.length, from + wanted)
    if (to === from) continue
    parts.push(...(to - from === wanted ? stretchParts(stretch, data, from, to) : []))
    if (to - from < wanted) {
      parts.push({ from, to, text: 'cut short', secret: stretch === 'password' })
    }
    from = to
  }
  if (from < data.length) parts.push(plain(from, data.length, 'more than belongs here'))
  return parts
}

/** The data field as hex, pairs that are secret masked. */
export function maskedHex1997(data: Uint8Array, parts: readonly DataPart1997[]): string {
  return parts
    .map(({ from, to, secret }) =>
      secret ? '**'.repeat(to - from) : toHex(data.subarray(from, to)),
    )
    .join('')
}

function stretchParts(
  stretch: Stretch1997,
  data: Uint8Array,
  from: number,
  to: number,
): readonly DataPart1997[] {
  switch (stretch) {
    case 'data-id':
      return [plain(from, to, `item ${dataIdOf1997(data)}${nameOf(dataIdOf1997(data))}`)]
    case 'password':
      return [
        plain(from, from + 1, `password level ${hexPair(byteAt(data, from))}`),
        { from: from + 1, to, text: 'password (hidden)', secret: true },
      ]
    case 'address':
      return [plain(from, to, `address ${displayHex(data, from, to)}`)]
    case 'clock':
      return [plain(from, to, `time ${clockWords(data, from)}`)]
    case 'baud':
      return [plain(from, to, `baud rate feature byte ${hexPair(byteAt(data, from))}`)]
    case 'hex':
      return hexParts(data, from, to)
    case 'value':
      return valueParts(dataIdOf1997(data), data, from, to)
  }
}

/** What follows an identifier in a frame that means nothing alone. */
function hexParts(data: Uint8Array, from: number, to: number): readonly DataPart1997[] {
  const secret = from === dataIdBytes1997 && isSecret1997(dataIdOf1997(data))
  return [{ from, to, text: secret ? 'password (hidden)' : toHex(data.subarray(from, to)), secret }]
}

function valueParts(
  dataId: string,
  data: Uint8Array,
  from: number,
  to: number,
): readonly DataPart1997[] {
  if (isSecret1997(dataId)) return [{ from, to, text: 'password (hidden)', secret: true }]
  const item = dataItemOf1997(dataId)
  if (!item) return [plain(from, to, toHex(data.subarray(from, to)))]
  const parts: DataPart1997[] = []
  let at = from
  for (const { shape, name, unit, dataId: own } of item.fields) {
    const end = at + shape.bytes
    if (end > to || (item.isBlock && at === to - 1 && byteAt(data, at) === blockEnd)) break
    const { value } = readShape(shape, data, at)
    const shown = value.kind === 'missing' ? value.flag : `${valueText(value)} ${unit}`.trimEnd()
    const bits = value.kind === 'text' ? setBits(own, value.text) : []
    const behind = bits.length > 0 ? ` (${bits.join(', ')})` : ''
    parts.push(plain(at, end, `${name}: ${shown}${behind}`))
    at = end
  }
  if (at < to) {
    const isEnd = item.isBlock && at === to - 1 && byteAt(data, at) === blockEnd
    const left = `part of a field: ${toHex(data.subarray(at, to))}`
    parts.push(plain(at, to, isEnd ? 'end of the block' : left))
  }
  return parts
}

/**
 * Bits of the status bytes (状态字) that mean something when set. Sources disagree whether a set bit of
 * C022 is a day of work or of rest, so that its days are not named.
 */
const bitNames: Readonly<Record<string, readonly (readonly [bit: number, text: string])[]>> = {
  C020: [
    [0, 'read by hand'],
    [1, 'demand by interval'],
    [2, 'battery low'],
    [4, 'active power reversed'],
    [5, 'reactive power reversed'],
  ],
  C021: [
    [0, 'phase A lost'],
    [1, 'phase B lost'],
    [2, 'phase C lost'],
    [4, 'over-voltage A'],
    [5, 'over-voltage B'],
    [6, 'over-voltage C'],
  ],
}

function setBits(dataId: string, word: string): readonly string[] {
  const value = Number.parseInt(word, 16)
  return (bitNames[dataId] ?? []).filter(([bit]) => (value >> bit) & 1).map(([, text]) => text)
}

function clockWords(data: Uint8Array, from: number): string {
  const clock = readClock(data, from, 'ssmmhhDDMMYY')
  if (typeof clock !== 'string') return meterTimeText(clock)
  return `${displayHex(data, from, from + 6)} (${clock})`
}

function nameOf(dataId: string): string {
  const item = dataItemOf1997(dataId)
  if (!item) return ', unknown here'
  return item.isBlock ? ', block' : `, ${item.fields[0]?.name}`
}

function plain(from: number, to: number, text: string): DataPart1997 {
  return { from, to, text, secret: false }
}
