import { byteAt } from '#protocols/bytes'
import type { Malformed, Stamp } from '#protocols/model'
import { type UnitId, unitIdsAt } from './address.ts'
import { readClock } from './clock.ts'
import { a1, a12, a15, bin, named } from './formats.ts'
import { controlBits, displayAt, type Frame, seqBits } from './frame.ts'
import type { Leaf } from './layout.ts'
import { readLayout } from './layout-bytes.ts'
import { reg } from './nodes.ts'
import { hexOf, readShape } from './shapes.ts'
import { askedStamp, eventOf, functions, infoClassOf, itemId } from './table.ts'

/** One data unit of a frame: its identifier, its values and where it stands in the body. */
export interface Unit {
  readonly id: UnitId
  /** Of its identifier; several units may share one. */
  readonly from: number
  readonly dataFrom: number
  readonly to: number
  readonly leaves: readonly Leaf[]
  /** False where the table does not know the class and the data are kept as they are. */
  readonly known: boolean
}

/** What stands behind the data units (附加信息域): each null where the frame carries none. */
export interface Added {
  /** The password PW: where it begins in the body. */
  readonly passwordAt: number | null
  /** Event counters EC1 and EC2. */
  readonly countersAt: number | null
  /** The time tag Tp. */
  readonly timeTagAt: number | null
}

export interface Body {
  readonly units: readonly Unit[]
  readonly added: Added
  readonly malformed: Malformed | null
}

export const passwordBytes = 16
export const countersBytes = 2
export const timeTagBytes = 6
export const unitIdBytes = 4

/** Functions whose frames from the master carry a password. */
const guarded: ReadonlySet<number> = new Set([0x01, 0x04, 0x05, 0x06, 0x0f, 0x10])

/** The data units of a frame and what is added to them. Where the units break is told. */
export function readBody(frame: Frame): Body {
  const { body, afn, control, seq } = frame
  const isUp = (control & controlBits.up) !== 0
  let to = body.length
  const timeTagAt = (seq & seqBits.tpv) !== 0 && to >= timeTagBytes ? to - timeTagBytes : null
  if (timeTagAt !== null) to = timeTagAt
  const hasCounters = isUp && (control & controlBits.countOrAccess) !== 0
  const countersAt = hasCounters && to >= countersBytes ? to - countersBytes : null
  if (countersAt !== null) to = countersAt
  const passwordAt = !isUp && guarded.has(afn) && to >= passwordBytes ? to - passwordBytes : null
  if (passwordAt !== null) to = passwordAt
  const units: Unit[] = []
  const malformed = readUnits(frame, isUp, to, units)
  return { units, added: { passwordAt, countersAt, timeTagAt }, malformed }
}

function readUnits(frame: Frame, isUp: boolean, to: number, units: Unit[]): Malformed | null {
  const { body, afn } = frame
  let at = 0
  while (at < to) {
    const from = at
    const ids = at + unitIdBytes <= to ? unitIdsAt(body, at) : []
    if (ids.length === 0) return fault('unit', `no data unit identifier at byte ${at}`)
    at += unitIdBytes
    for (const id of ids) {
      const read = readUnit(frame, isUp, id, at, to)
      if (!read) return fault('unit-length', `${itemId(afn, id.fn)} is cut`)
      units.push({ id, from, dataFrom: at, ...read })
      at = read.to
    }
  }
  return null
}

type Read = Pick<Unit, 'leaves' | 'to' | 'known'> | null

function readUnit(frame: Frame, isUp: boolean, id: UnitId, from: number, to: number): Read {
  const { afn, body } = frame
  switch (afn) {
    case functions.confirm:
      // Some terminals put more behind a confirmation; it means nothing here.
      return id.fn === 3 ? verdicts(body, from, to) : hex(body, from, to, 'More')
    case functions.events:
      return isUp ? eventRecords(body, from, to) : pointers(body, from, to)
    case functions.forward:
      if (isUp && id.fn === 1) return forwarded(body, from, to)
      if (isUp && id.fn === 9) return readingForwarded(body, from, to)
      break
    case functions.file:
      if (isUp) return hex(body, from, to, 'Segment received')
      break
    case functions.set:
    case functions.control:
    case functions.reset:
      if (isUp) return nothing(from)
      break
    case functions.link:
      return isUp && id.fn === 3 ? heartbeat(body, from, to) : nothing(from)
    case functions.authenticate:
    case functions.task:
      break
    default:
      if (!isUp) return question(afn, id, body, from, to)
  }
  const info = infoClassOf(afn, id.fn)
  if (!info) return { ...hex(body, from, to, 'Information class unknown here'), known: false }
  const walked = readLayout(info.layout, body, from, to)
  return walked && { ...walked, known: true }
}

/** What a master asks carries no data, but a time for the past and a list for some parameters. */
function question(afn: number, id: UnitId, body: Uint8Array, from: number, to: number): Read {
  const info = infoClassOf(afn, id.fn)
  const stamp = info ? askedStamp(info) : null
  if (stamp) {
    const walked = readLayout([{ kind: 'stamp', stamp }], body, from, to)
    return walked && { ...walked, known: true }
  }
  if (afn === functions.ask && lists.has(id.fn)) {
    return hex(body, from, to, 'Asked for')
  }
  const isKnown = info !== undefined
  return isKnown ? nothing(from) : { ...hex(body, from, to, 'Asked for'), known: false }
}

/** Parameters of which a master asks for members by their numbers. */
const lists: ReadonlySet<number> = new Set([10, 11, 13, 14, 15, 31, 33, 34, 35, 38, 39])

const terminalClock = [reg('0.0.1.0.0', a1)]

/** AFN 02 F3: with the clock of the terminal since the edition of 2013, without it before. */
function heartbeat(body: Uint8Array, from: number, to: number): Read {
  const walked = to - from === a1.bytes ? readLayout(terminalClock, body, from, to) : null
  return walked ? { ...walked, known: true } : nothing(from)
}

const nothing = (from: number) => ({ leaves: [], to: from, known: true })

function hex(body: Uint8Array, from: number, to: number, name: string) {
  const leaves = to > from ? [leaf(from, to, name, hexOf(body, from, to))] : []
  return { leaves, to, known: true }
}

/** AFN 00 F3: the function, then identifier and verdict of each unit. */
function verdicts(body: Uint8Array, from: number, to: number): Read {
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
function forwarded(body: Uint8Array, from: number, to: number): Read {
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
function readingForwarded(body: Uint8Array, from: number, to: number): Read {
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

function pointers(body: Uint8Array, from: number, to: number): Read {
  if (from + 2 > to) return null
  const leaves = ['From record', 'To record'].map((name, index) => {
    const at = from + index
    return { ...leaf(at, at + 1, name, ''), value: readShape(bin(1), body, at) }
  })
  return { leaves, to: from + 2, known: true }
}

/** EC1, EC2, Pm, Pn, and then ERC, its length and its record, each beginning with a time. */
function eventRecords(body: Uint8Array, from: number, to: number): Read {
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

function fault(name: string, message: string): Malformed {
  return { code: `gdw376.${name}`, message }
}
