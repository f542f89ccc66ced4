import { byteAt, hexPair, toHex } from '#protocols/bytes'
import { meterTimeText, type Reading, runStatusNames, valueText } from '#protocols/model'
import { executedWords } from './control-words.ts'
import { dataIdBytes, dataIdOf } from './frame.ts'
import { authentications, baudRates, outputs, relayCommands, type Stretch } from './functions.ts'
import { dataItemOf, type Field, isSecret } from './items.ts'
import { isLoadProfile, readLoadRecords } from './load-record.ts'
import { displayHex, readShape } from './shapes.ts'
import { readClock, type TimeLayout } from './time.ts'

/** A stretch of a data field in words; bytes from `from` to `to` count inside the data field. */
export interface DataPart {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly secret: boolean
}

/** The stretches of a data field, each in words. What is left over is said to be so. */
export function dataParts(layout: readonly Stretch[], data: Uint8Array): readonly DataPart[] {
  const parts: DataPart[] = []
  let from = 0
  for (const [index, stretch] of layout.entries()) {
    const behind = layout.slice(index + 1).reduce((sum, { bytes }) => sum + fixedBytes(bytes), 0)
    const wanted = stretch.bytes === 'rest' ? data.length - behind - from : stretch.bytes
    const to = Math.min(data.length, from + Math.max(0, wanted))
    if (to === from) continue
    const whole = stretch.bytes === 'rest' || to - from === stretch.bytes
    parts.push(...(whole ? stretchParts(stretch, data, from, to) : [cut(stretch, from, to)]))
    from = to
  }
  if (from < data.length) {
    parts.push(plain(from, data.length, `${bytesText(data.length - from)} behind the end`))
  }
  return parts
}

/** Stretches that are masked, also where they are cut short. */
const secrets: readonly Stretch['kind'][] = [
  'password',
  'operator',
  'cipher',
  'sealed',
  'mac',
  'secured',
]
const macBytes = 4
const LEVELS = 10

function fixedBytes(bytes: Stretch['bytes']): number {
  return bytes === 'rest' ? 0 : bytes
}

function stretchParts(
  stretch: Stretch,
  data: Uint8Array,
  from: number,
  to: number,
): readonly DataPart[] {
  const one = (text: string) => [plain(from, to, text)]
  const byte = byteAt(data, from)
  switch (stretch.kind) {
    case 'data-id':
      return one(`item ${dataIdOf(data)}${nameOf(dataIdOf(data))}`)
    case 'value':
      return valueParts(dataIdOf(data), data, from, to)
    case 'load-range':
      return loadRangeParts(data, from, to)
    case 'sequence':
      return one(`follow-up frame ${byte}`)
    case 'level':
      return one(`password level ${hexPair(byte)}`)
    case 'password':
      return [{ from, to, text: 'password (hidden)', secret: true }]
    case 'operator':
      return [{ from, to, text: 'operator (hidden)', secret: true }]
    case 'cipher':
      return [{ from, to, text: `${bytesText(to - from)} enciphered (hidden)`, secret: true }]
    case 'sealed':
      return [{ from, to, text: `${sealedWords(to - from)} (hidden)`, secret: true }]
    case 'secured': {
      const { text, shown } = stretch
      const value = shown ? displayHex(data, from, to) : '(hidden)'
      return [{ from, to, text: `${text} ${value}`, secret: !shown }]
    }
    case 'mac':
      return [{ from, to, text: 'MAC (hidden)', secret: true }]
    case 'executed':
      return one(`executed: ${executedWords(byte | (byteAt(data, from + 1) << 8))}`)
    case 'events':
      return one(eventsWords(displayHex(data, from, to)))
    case 'address':
      return one(`address ${displayHex(data, from, to)}`)
    case 'clock':
      return one(`time ${clockWords(data, from, 'ssmmhhDDMMYY')}`)
    case 'expiry':
      return one(`valid until ${clockWords(data, from, 'ssmmhhDDMMYY')}`)
    case 'freeze':
      return one(freezeWords(data, from))
    case 'baud':
      return one(`baud rate ${baudRates[byte] ?? `unknown (${hexPair(byte)})`}`)
    case 'relay':
      return one(`command ${hexPair(byte)}: ${relayCommands[byte] ?? 'unknown'}`)
    case 'output':
      return one(`output ${hexPair(byte)}: ${outputs[byte] ?? 'unknown'}`)
    case 'reserved':
      return one(`reserved ${hexPair(byte)}`)
    case 'hex':
      return one(toHex(data.subarray(from, to)))
  }
}

function valueParts(
  dataId: string,
  data: Uint8Array,
  from: number,
  to: number,
): readonly DataPart[] {
  if (isSecret(dataId)) return [{ from, to, text: 'password (hidden)', secret: true }]
  if (isLoadProfile(dataId)) return [plain(from, to, loadWords(dataId, data.subarray(from, to)))]
  const parts: DataPart[] = []
  let cursor = from
  for (const field of fieldsOf(dataId, to - from)) {
    const end = cursor + field.shape.bytes
    if (end > to) break
    const sample = readShape(field.shape, data, cursor)
    const text = `${field.name}: ${sampleWords(sample, field.unit)}`
    const bits = setBits(field.dataId, sample.value)
    parts.push(plain(cursor, end, bits.length > 0 ? `${text} (${bits.join(', ')})` : text))
    cursor = end
  }
  if (cursor < to) {
    const left = toHex(data.subarray(cursor, to))
    const behind = dataItemOf(dataId)?.mayGoOn ? 'of a newer meter' : 'part of a field'
    parts.push(plain(cursor, to, parts.length > 0 ? `${behind}: ${left}` : left))
  }
  return parts
}

const keyState = '04000508'
/** Run status words 1 to 7. */
const runStatus = /^0400050([1-7])$/

/** What the bits set in a status word mean; nothing for other items. */
function setBits(dataId: string, value: Reading['value']): readonly string[] {
  if (dataId === keyState && value.kind === 'text') return [keyStateWords(value.text)]
  const [, number] = runStatus.exec(dataId) ?? []
  if (number === undefined || value.kind !== 'text') return []
  return runStatusNames(Number(number), Number.parseInt(value.text, 16))
}

/** A bit each (密钥状态字): set for a production key, clear for the test key meters are born with. */
function keyStateWords(text: string): string {
  const production = Number.parseInt(text, 16).toString(2).replaceAll('0', '').length
  return production === 0 ? 'test keys' : `${production} production keys`
}

/** The fields that a number of bytes holds; none for a record of another length than the known. */
function fieldsOf(dataId: string, bytes: number): readonly Field[] {
  const item = dataItemOf(dataId)
  if (!item) return []
  const known = item.fields.reduce((sum, { shape }) => sum + shape.bytes, 0)
  return item.isRecord && known !== bytes ? [] : item.fields
}

function sampleWords(sample: Pick<Reading, 'value' | 'at'>, unit: string): string {
  const { value, at } = sample
  if (value.kind === 'missing') return value.flag
  const text = `${valueText(value)}${unit === '' ? '' : ` ${unit}`}`
  return value.kind === 'number' && at?.kind === 'wall'
    ? `${text} at ${meterTimeText(at.time)}`
    : text
}

function loadWords(dataId: string, data: Uint8Array): string {
  const records = readLoadRecords(dataId, data)
  if (!('readings' in records)) return records.message
  const times = new Set<string>()
  for (const { at } of records.readings) {
    if (at?.kind === 'wall') times.add(meterTimeText(at.time))
  }
  return `${times.size} load records: ${[...times].join(', ')}`
}

function loadRangeParts(data: Uint8Array, from: number, to: number): readonly DataPart[] {
  const count = plain(from, from + 1, `${hexPair(byteAt(data, from))} load records`)
  if (to === from + 1) return [count]
  if (to - from !== 6) return [plain(from, to, 'a load range of the wrong length')]
  return [count, plain(from + 1, to, `from ${clockWords(data, from + 1, 'mmhhDDMMYY')}`)]
}

function clockWords(data: Uint8Array, from: number, layout: TimeLayout): string {
  const clock = readClock(data, from, layout)
  if (typeof clock !== 'string') return meterTimeText(clock)
  return `${displayHex(data, from, from + layout.length / 2)} (${clock})`
}

/** mm hh DD MM, where 99 stands for every. */
function freezeWords(data: Uint8Array, from: number): string {
  const [minute, hour, day, month] = [0, 1, 2, 3].map((at) => hexPair(byteAt(data, from + at)))
  const shown = `${month}${day}${hour}${minute}`
  if (shown === '99999999') return 'freeze at once'
  if (`${month}${day}${hour}` === '999999') return `freeze every hour at minute ${minute}`
  if (`${month}${day}` === '9999') return `freeze every day at ${hour}:${minute}`
  if (month === '99') return `freeze every month on day ${day} at ${hour}:${minute}`
  return `freeze on ${month}-${day} at ${hour}:${minute}`
}

/** Which of the bytes are the MAC depends on the direction a cipher machine's text is sent in. */
function sealedWords(bytes: number): string {
  if (bytes <= macBytes) return `${bytesText(bytes)} of a cipher, too few`
  return `enciphered, ${bytesText(bytes - macBytes)} + MAC of ${macBytes}`
}

function eventsWords(events: string): string {
  return events === 'FFFFFFFF' ? 'all events' : `events ${events}`
}

function nameOf(dataId: string): string {
  if (isSecret(dataId)) return passwordName(Number.parseInt(dataId.slice(6), 16))
  const authentication = authentications.get(dataId)
  if (authentication) return `, ${authentication.name}`
  if (isLoadProfile(dataId)) return ', load profile'
  const item = dataItemOf(dataId)
  if (!item) return ', unknown here'
  if (item.isRecord) return `, ${item.fields[0]?.name.split(':')[0]}`
  return item.isList ? ', block' : `, ${item.fields[0]?.name}`
}

/** 04000C01 is the password of level 0 (0级密码), 04000C0A that of level 9. */
function passwordName(number: number): string {
  return number >= 1 && number <= LEVELS ? `, password of level ${number - 1}` : ', unknown here'
}

function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}

function cut(stretch: Stretch, from: number, to: number): DataPart {
  const secret = secrets.includes(stretch.kind)
  return { from, to, text: `cut short: ${bytesText(to - from)}`, secret }
}

function plain(from: number, to: number, text: string): DataPart {
  return { from, to, text, secret: false }
}

/** The data field as hex, pairs that are secret masked. */
export function maskedHex(data: Uint8Array, parts: readonly DataPart[]): string {
  let text = ''
  for (const { from, to, secret } of parts) {
    text += secret ? '**'.repeat(to - from) : toHex(data.subarray(from, to))
  }
  return text
}

/** Index of the first byte of a data field that should be BCD and is not; -1 if there is none. */
export function firstNotBcd(data: Uint8Array): number {
  let from = dataIdBytes
  for (const { shape } of fieldsOf(dataIdOf(data), data.length - dataIdBytes)) {
    const { value } = readShape(shape, data, from)
    if (from + shape.bytes <= data.length && value.kind === 'missing' && value.flag === 'not-bcd') {
      const inside = data.subarray(from, from + shape.bytes)
      return from + inside.findIndex((byte) => byte >> 4 > 9 || (byte & 15) > 9)
    }
    from += shape.bytes
  }
  return -1
}
