import { byteAt } from '#protocols/bytes'
import { type Item, type ItemCode, items, type Malformed, type Reading } from '#protocols/model'
import { bcd, readShape, type Sample, type Shape, signed, writeShape } from './shapes.ts'
import { readClock, type TimeLayout, writeClock } from './time.ts'

/** One stored moment of the load profile (负荷记录), for the writer. */
export interface LoadRecord {
  readonly at: Extract<NonNullable<Reading['at']>, { kind: 'wall' }>
  readonly samples: ReadonlyMap<ItemCode, Sample>
}

export interface LoadRecords {
  readonly readings: readonly Reading[]
  /** Bytes of whole records; less than the data where the last one is cut. */
  readonly takenBytes: number
}

type Group = readonly (readonly [ItemCode, Shape])[]

interface GroupField {
  readonly item: Item
  readonly shape: Shape
}

/** The six groups of a record (DL/T 645-2007 appendix B), each ended by AA; one may be empty. */
const groupTable: readonly Group[] = [
  [
    ['32.7.0', bcd(2, 1)],
    ['52.7.0', bcd(2, 1)],
    ['72.7.0', bcd(2, 1)],
    ['31.7.0', signed(3, 3)],
    ['51.7.0', signed(3, 3)],
    ['71.7.0', signed(3, 3)],
    ['14.7.0', bcd(2, 2)],
  ],
  [
    ['16.7.0', signed(3, 4)],
    ['36.7.0', signed(3, 4)],
    ['56.7.0', signed(3, 4)],
    ['76.7.0', signed(3, 4)],
    ['131.7.0', signed(3, 4)],
    ['151.7.0', signed(3, 4)],
    ['171.7.0', signed(3, 4)],
    ['191.7.0', signed(3, 4)],
  ],
  [
    ['13.7.0', signed(2, 3)],
    ['33.7.0', signed(2, 3)],
    ['53.7.0', signed(2, 3)],
    ['73.7.0', signed(2, 3)],
  ],
  [
    ['1.8.0', bcd(4, 2)],
    ['2.8.0', bcd(4, 2)],
    ['3.8.0', signed(4, 2)],
    ['4.8.0', signed(4, 2)],
  ],
  [
    ['5.8.0', bcd(4, 2)],
    ['6.8.0', bcd(4, 2)],
    ['7.8.0', bcd(4, 2)],
    ['8.8.0', bcd(4, 2)],
  ],
  [
    ['1.4.0', signed(3, 4)],
    ['3.4.0', signed(3, 4)],
  ],
]
const groups: readonly (readonly GroupField[])[] = groupTable.map((group) =>
  group.flatMap(([code, shape]) =>
    items.filter((item) => item.code === code).map((item) => ({ item, shape })),
  ),
)
const mark = 0xa0
/** Starts a record that the meter itself calls wrong. */
const badMark = 0xe0
const separator = 0xaa
const recordEnd = 0xe5
const stampLayout: TimeLayout = 'mmhhDDMMYY'
const headBytes = 3
const stampBytes = 5
const tailBytes = 2

/** True for the identifiers of the load profile: 06, class 00 to 06, 00, which record. */
export function isLoadProfile(dataId: string): boolean {
  return dataId.startsWith('06') && /^060[0-6]000[012]$/.test(dataId)
}

/**
 * The records of an answer. Public sources agree on this layout and differ in details, so what
 * does not decide anything is not insisted on: a class that is read alone may come with or without
 * the separators of the others. The length byte and the record's own checksum must be right;
 * a record that the meter marks as bad gives nothing.
 */
export function readLoadRecords(dataId: string, data: Uint8Array): LoadRecords | Malformed {
  const readings: Reading[] = []
  let from = 0
  while (from < data.length) {
    const to = recordTo(data, from)
    if (typeof to !== 'number') return to
    if (to > data.length) break
    const fault = readRecord(dataId, data, from, to, readings)
    if (fault) return fault
    from = to
  }
  return { readings, takenBytes: from }
}

/** The wire bytes of one record; groups of which nothing is known stay empty. */
export function writeLoadRecord(record: LoadRecord): Uint8Array {
  const body: number[] = [...writeClock(record.at.time, stampLayout)]
  for (const group of groups) {
    if (group.some(({ item }) => record.samples.has(item.code))) {
      for (const field of group) body.push(...fieldBytes(record, field))
    }
    body.push(separator)
  }
  const counted = [mark, mark, body.length, ...body]
  const sum = counted.reduce((total, value) => total + value, 0)
  return Uint8Array.from([...counted, sum, recordEnd])
}

function fieldBytes(record: LoadRecord, { item, shape }: GroupField): Uint8Array {
  const sample = record.samples.get(item.code) ?? {
    value: { kind: 'missing', flag: 'absent' },
    at: null,
  }
  return writeShape(shape, sample) ?? new Uint8Array(shape.bytes).fill(0xff)
}

/** Where the record that begins at `from` ends by its length byte; may lie behind the data. */
function recordTo(data: Uint8Array, from: number): number | Malformed {
  const first = byteAt(data, from)
  const second = data.length > from + 1 ? byteAt(data, from + 1) : first
  if (second !== first || (first !== mark && first !== badMark)) {
    return fault('a load record begins with A0 A0', from)
  }
  if (data.length <= from + 2) return data.length + 1
  return from + headBytes + byteAt(data, from + 2) + tailBytes
}

function readRecord(
  dataId: string,
  data: Uint8Array,
  from: number,
  to: number,
  readings: Reading[],
): Malformed | undefined {
  const bodyTo = to - tailBytes
  let sum = 0
  for (let index = from; index < bodyTo; index++) sum += byteAt(data, index)
  if (byteAt(data, bodyTo + 1) !== recordEnd || byteAt(data, bodyTo) !== (sum & 0xff)) {
    return fault('a load record fails its own checksum or end', bodyTo)
  }
  if (byteAt(data, from) === badMark) return undefined
  const stamp = readClock(data, from + headBytes, stampLayout)
  const at: Reading['at'] = typeof stamp === 'string' ? null : { kind: 'wall', time: stamp }
  const alone = Number(dataId.slice(3, 4))
  let cursor = from + headBytes + stampBytes
  for (const [index, group] of groups.entries()) {
    if (cursor === bodyTo) break
    if (byteAt(data, cursor) === separator) {
      cursor++
      continue
    }
    if (alone > index + 1) continue
    for (const { item, shape } of group) {
      if (cursor + shape.bytes > bodyTo) return fault('a load record ends inside a group', cursor)
      const sample = readShape(shape, data, cursor)
      readings.push(readingOf(dataId, item, at ? sample : outOfTime, at))
      cursor += shape.bytes
    }
    if (cursor < bodyTo && byteAt(data, cursor++) !== separator) {
      return fault('a group of a load record does not end with AA', cursor - 1)
    }
  }
  return undefined
}

/** A value whose moment is not known says nothing. */
const outOfTime: Sample = { value: { kind: 'missing', flag: 'out-of-range' }, at: null }

function readingOf(dataId: string, item: Item, sample: Sample, at: Reading['at']): Reading {
  return {
    item: item.code,
    dataId,
    name: item.en,
    unit: item.unit,
    value: sample.value,
    dataClass: 'interval',
    at,
  }
}

function fault(message: string, offset: number): Malformed {
  return { code: 'dlt645.load-record', message, offset }
}
