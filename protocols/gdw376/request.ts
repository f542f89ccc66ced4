import { fromHex } from '#protocols/bytes'
import type { MeterTime } from '#protocols/model'
import { addressText, type UnitId, writeUnitId } from './address.ts'
import { clockText } from './clock.ts'
import { a16 } from './formats.ts'
import { buildFrame, controlBits, type Edition, type Frame, groupBit, seqBits } from './frame.ts'
import { writeShape } from './shapes.ts'
import { functions } from './table.ts'
import { passwordBytes, timeTagBytes } from './units.ts'

/** What a master says to a terminal. */
export interface Gdw376Request {
  readonly edition: Edition
  readonly region: string
  readonly terminal: string
  /** A broadcast or a group: nobody answers. */
  readonly group: boolean
  /** Our own address MSA, 0 to 127. */
  readonly station: number
  readonly afn: number
  readonly units: readonly DataUnit[]
  /** PSEQ, which the answer gives back as RSEQ. */
  readonly sequence: number
  /** FCB; null leaves FCV at 0, as masters over TCP do. */
  readonly countBit: 0 | 1 | null
  /** PW of the functions that carry one: 32 hex digits; null is sixteen zeros. */
  readonly password: string | null
  readonly timeTag: TimeTag | null
  /** Where this confirms a part of an answer, what that answered. */
  readonly confirms: Gdw376Request | null
}

/** One data unit: identifier and data. */
export interface DataUnit extends UnitId {
  readonly data: Uint8Array
}

/** Tp: when it was sent and for how many minutes it holds. */
export interface TimeTag {
  readonly counter: number
  readonly sent: MeterTime
  readonly delayMin: number
}

/** MSA that a head-end uses where nobody asks for another. */
export const ownStation = 1

const initiator = 0x40
const linkStatus = 0x0b
const userData = 0x0a
const secondClass = 0x0b
const resetFunction = 0x01
const carriesPassword: ReadonlySet<number> = new Set([0x01, 0x04, 0x05, 0x06, 0x0f, 0x10])

/** The frame of a request. */
export function encodeRequest(request: Gdw376Request): Uint8Array {
  const { edition, region, terminal, group, station, afn, sequence, timeTag } = request
  const tpv = timeTag ? seqBits.tpv : 0
  return buildFrame({
    protocolId: 2,
    edition,
    control: controlOf(request),
    region,
    terminal,
    station: (station << 1) | (group ? groupBit : 0),
    afn,
    seq: tpv | seqBits.fir | seqBits.fin | conOf(request) | (sequence & seqBits.number),
    body: bodyOf(request),
  })
}

/** The terminal as people write it. */
export function terminalOf(who: Pick<Frame, 'region' | 'terminal'>): string {
  return addressText(who.region, who.terminal)
}

function controlOf({ afn, countBit, confirms }: Gdw376Request): number {
  if (afn === functions.confirm) return confirms ? 0 : linkStatus
  const counted =
    countBit === null
      ? 0
      : controlBits.countValid | (countBit === 1 ? controlBits.countOrAccess : 0)
  return initiator | counted | linkFunction(afn)
}

/** Resets are a service of their own; what changes something is class 1, what asks class 2. */
function linkFunction(afn: number): number {
  if (afn === functions.reset) return resetFunction
  return afn === functions.set || afn === functions.control ? userData : secondClass
}

/** Changes ask to be confirmed; a question is answered by its data. */
function conOf({ afn, group }: Gdw376Request): number {
  const changes = afn === functions.set || afn === functions.control || afn === functions.reset
  return changes && !group ? seqBits.con : 0
}

function bodyOf({ afn, units, password, timeTag }: Gdw376Request): Uint8Array {
  const guarded = carriesPassword.has(afn)
  const data = units.reduce((sum, unit) => sum + 4 + unit.data.length, 0)
  const added = (guarded ? passwordBytes : 0) + (timeTag ? timeTagBytes : 0)
  const body = new Uint8Array(data + added)
  let at = 0
  for (const unit of units) {
    body.set(writeUnitId(unit), at)
    body.set(unit.data, at + 4)
    at += 4 + unit.data.length
  }
  if (guarded) {
    if (password !== null) body.set(passwordOf(password), at)
    at += passwordBytes
  }
  if (timeTag) body.set(writeTimeTag(timeTag), at)
  return body
}

function passwordOf(password: string): Uint8Array {
  const bytes = fromHex(password)
  if (bytes?.length !== passwordBytes) {
    throw new Error(`invariant broken: a password of ${passwordBytes} bytes is not in hex`)
  }
  return bytes
}

/** PFC, ss mm hh DD, and the delay allowed in minutes. */
export function writeTimeTag({ counter, sent, delayMin }: TimeTag): Uint8Array {
  const time = writeShape(a16, { kind: 'text', text: clockText(sent, 'ssmmhhDD') })
  if (!time) throw new Error('invariant broken: a time tag that no calendar has')
  return Uint8Array.of(counter & 0xff, ...time, delayMin)
}
