import { byteAt } from '#protocols/bytes'
import type { Stamp } from '#protocols/model'
import { unitIdsAt } from './address.ts'
import { readClock } from './clock.ts'
import { a12, a15, bin, named } from './formats.ts'
import { displayAt } from './frame.ts'
import type { Leaf } from './layout.ts'
import { readLayout } from './layout-bytes.ts'
import { hexOf, readShape } from './shapes.ts'
import { eventOf } from './table.ts'

/** The values of a unit and where it ends; null where its data are cut. */
export type UnitData = {
  readonly leaves: readonly Leaf[]
  readonly to: number
  /** False where the table does not know the class and the data are kept as they are. */
  readonly known: boolean
} | null

export const nothing = (from: number) => ({ leaves: [], to: from, known: true })

export function hex(body: Uint8Array, from: number, to: number, name: string) {
  const leaves = to > from ? [leaf(from, to, name, hexOf(body, from, to))] : []
  return { leaves, to, known: true }
}

/** AFN 00 F3: the function, then identifier and verdict of each unit. */
export function verdicts(body: Uint8Array, from: number, to: number): UnitData {
  if (from + 1 > to) return null
  const leaves: Leaf[] = [leaf(from, from + 1, 'function', hexOf(body, from, from + 1))]
  let at = from + 1
  for (; at + 5 <= to; at += 5) {
    const [id] = unitIdsAt(body, at)
    const name = id ? `verdict on p${id.pn} F${id.fn}` : 'verdict'
    leaves.push(leaf(at, at + 5, name, verdictText(byteAt(body, at + 4))))
  }
  return at === to ? { leaves, to, known: true } : null
}

/** Error codes ERR (appendix D). */
const verdictNames: Readonly<Record<number, string>> = {
  0: 'right',
  1: 'another fault',
  2: 'the table is empty',
  3: 'no such device',
}

export function verdictText(code: number): string {
  return verdictNames[code] ?? `error ${code}`
}

/** AFN 10 F1 upward: port, length, and the frame that came back. */
export function forwarded(body: Uint8Array, from: number, to: number): UnitData {
  const dataFrom = from + 3
  const length = byteAt(body, from + 1) | (byteAt(body, from + 2) << 8)
  const end = dataFrom + length
  if (end > to) return null
  const leaves = [
    { ...leaf(from, from + 1, 'Port', ''), value: readShape(bin(1), body, from) },
    {
      ...leaf(from + 1, dataFrom, 'length', ''),
      value: readShape(bin(2), body, from + 1),
      role: 'frame' as const,
    },
    leaf(dataFrom, end, 'Frame', hexOf(body, dataFrom, end)),
  ]
  return { leaves, to: end, known: true }
}

const addressBytes = 6
const identifierBytes = 4
const results = named({
  0: 'not forwarded',
  1: 'no answer in time',
  2: 'a broken answer',
  3: 'confirmed by the meter',
  4: 'denied by the meter',
  5: 'data',
})

/** AFN 10 F9 upward: port, meter, result, and behind a length identifier and data. */
export function readingForwarded(body: Uint8Array, from: number, to: number): UnitData {
  const resultAt = from + 1 + addressBytes
  const lengthAt = resultAt + 1
  const end = lengthAt + 1 + byteAt(body, lengthAt)
  const dataAt = Math.min(lengthAt + 1 + identifierBytes, end)
  if (lengthAt >= to || end > to) return null
  const head = [
    { ...leaf(from, from + 1, 'Port', ''), value: readShape(bin(1), body, from) },
    { ...leaf(from + 1, resultAt, 'Meter', ''), value: readShape(a12, body, from + 1) },
    { ...leaf(resultAt, lengthAt, 'Result', ''), value: readShape(results, body, resultAt) },
    {
      ...leaf(lengthAt, lengthAt + 1, 'length', ''),
      value: readShape(bin(1), body, lengthAt),
      role: 'frame' as const,
    },
  ]
  const identifier = displayAt(body, lengthAt + 1, dataAt - lengthAt - 1)
  const read = [
    leaf(lengthAt + 1, dataAt, 'Data identifier', identifier),
    leaf(dataAt, end, 'Data', hexOf(body, dataAt, end)),
  ]
  return { leaves: [...head, ...read.filter((each) => each.from < each.to)], to: end, known: true }
}

export function pointers(body: Uint8Array, from: number, to: number): UnitData {
  if (from + 2 > to) return null
  const leaves = ['From record', 'To record'].map((name, index) => {
    const at = from + index
    return { ...leaf(at, at + 1, name, ''), value: readShape(bin(1), body, at) }
  })
  return { leaves, to: from + 2, known: true }
}

/** EC1, EC2, Pm, Pn, and then ERC, its length and its record, each beginning with a time. */
export function eventRecords(body: Uint8Array, from: number, to: number): UnitData {
  if (from + 4 > to) return null
  const names = ['Important events EC1', 'General events EC2', 'From record', 'To record']
  const leaves: Leaf[] = names.map((name, index) => {
    const at = from + index
    return { ...leaf(at, at + 1, name, ''), value: readShape(bin(1), body, at), role: 'frame' }
  })
  const records = (byteAt(body, from + 3) - byteAt(body, from + 2) + 256) & 0xff
  let at = from + 4
  // A terminal may send fewer than the pointers promise: what fits the length is a record.
  for (let nth = 0; nth < Math.max(records, 1) && at + 2 <= to; nth++) {
    const end = at + 2 + byteAt(body, at + 1)
    if (end > to) return null
    leaves.push(...eventRecord(body, at, end))
    at = end
  }
  return { leaves, to: at, known: true }
}

function eventRecord(body: Uint8Array, at: number, end: number): readonly Leaf[] {
  const erc = byteAt(body, at)
  const event = eventOf(erc)
  const title = `ERC${erc}${event ? ` ${event.name}` : ''}`
  const timeAt = at + 2
  const hasTime = timeAt + a15.bytes <= end
  const time = hasTime ? readShape(a15, body, timeAt) : null
  const head = leaf(at, Math.min(timeAt + a15.bytes, end), title, hexOf(body, at, at + 1))
  const leaves: Leaf[] = [time ? { ...head, value: time } : head]
  if (!hasTime) return leaves
  const clock = readClock(body, timeAt, 'mmhhDDMMYY')
  const occurred: Stamp | null = typeof clock === 'string' ? null : { kind: 'wall', time: clock }
  const from = timeAt + a15.bytes
  const walked = event && readLayout(event.layout, body, from, end)
  for (const each of walked?.leaves ?? []) leaves.push({ ...each, name: `${title}: ${each.name}` })
  const left = walked ? walked.to : from
  if (left < end) leaves.push(leaf(left, end, `${title}: more`, hexOf(body, left, end)))
  return leaves.map((each) => ({ ...each, at: occurred }))
}

function leaf(from: number, to: number, name: string, text: string): Leaf {
  const value = { kind: 'text', text } as const
  return {
    from,
    to,
    name,
    unit: '',
    item: null,
    value,
    at: null,
    dataClass: 'current',
    role: 'value',
  }
}
