import type { Malformed } from '#protocols/model'
import { type UnitId, unitIdsAt } from './address.ts'
import { a1 } from './formats.ts'
import { controlBits, type Frame, seqBits } from './frame.ts'
import type { Layout, Leaf } from './layout.ts'
import { readLayout } from './layout-bytes.ts'
import { count, number, reg, times } from './nodes.ts'
import { askedStamp, functions, infoClassOf, itemId } from './table.ts'
import {
  eventRecords,
  forwarded,
  hex,
  nothing,
  pointers,
  readingForwarded,
  type UnitData,
  verdicts,
} from './unit-data.ts'

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

function readUnit(frame: Frame, isUp: boolean, id: UnitId, from: number, to: number): UnitData {
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
      if (isUp) return segmentReceived(body, from, to)
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
function question(afn: number, id: UnitId, body: Uint8Array, from: number, to: number): UnitData {
  const info = infoClassOf(afn, id.fn)
  const stamp = info ? askedStamp(info) : null
  if (stamp) {
    const walked = readLayout([{ kind: 'stamp', stamp }], body, from, to)
    return walked && { ...walked, known: true }
  }
  if (afn === functions.ask && lists.has(id.fn)) {
    const layout = memberLayouts[membersBytes.get(id.fn) ?? 0]
    const walked = layout ? readLayout(layout, body, from, to) : null
    return walked ? { ...walked, known: true } : hex(body, from, to, 'Asked for')
  }
  const isKnown = info !== undefined
  return isKnown ? nothing(from) : { ...hex(body, from, to, 'Asked for'), known: false }
}

/** Parameters of which a master asks for members by their numbers. */
const lists: ReadonlySet<number> = new Set([10, 11, 13, 14, 15, 31, 33, 34, 35, 38, 39])

const terminalClock = [reg('0.0.1.0.0', a1)]

const segmentNumber = [number('Segment received', 4)]

/** AFN 0F F1 upward; FFFFFFFF where the file was lost or refused. */
function segmentReceived(body: Uint8Array, from: number, to: number): UnitData {
  const walked = readLayout(segmentNumber, body, from, to)
  return walked?.to === to ? { ...walked, known: true } : hex(body, from, to, 'Segment received')
}

/** AFN 02 F3: with the clock of the terminal since the edition of 2013, without it before. */
function heartbeat(body: Uint8Array, from: number, to: number): UnitData {
  const walked = to - from === a1.bytes ? readLayout(terminalClock, body, from, to) : null
  return walked ? { ...walked, known: true } : nothing(from)
}

/** Bytes of the number that asks for a member of a list: `0A-F10:1-8`. */
export const membersBytes: ReadonlyMap<number, 1 | 2> = new Map([
  [10, 2],
  [11, 1],
  [13, 1],
  [14, 1],
  [15, 1],
  [33, 1],
  [34, 1],
])

const memberLayouts: Readonly<Record<number, Layout>> = {
  1: [count('asked for'), times('n', number('Number', 1))],
  2: [count('asked for', 'n', 2), times('n', number('Number', 2))],
}

function fault(name: string, message: string): Malformed {
  return { code: `gdw376.${name}`, message }
}
