import type { Value } from '#protocols/model'
import { type UnitId, writeUnitId } from './address.ts'
import { buildFrame, controlBits, type Frame, seqBits } from './frame.ts'
import { writeLayout } from './layout-bytes.ts'
import { functions, infoClassOf } from './table.ts'

/** A unit that a terminal sends, its data ready. */
export interface SentUnit extends UnitId {
  readonly data: Uint8Array
}

/** Event counters, where important events wait. */
export interface Counters {
  readonly important: number
  readonly general: number
}

const userData = 0x08
const noSuchData = 0x09
const taken = 0x00
const started = 0x04
const linkTest = 0x09

/**
 * The bytes of an information class for values in the order in which it is read, counts and times
 * among them: the inverse of reading, for whoever plays a terminal or sets parameters. Undefined
 * where the table or a format has no place.
 */
export function writeData(
  afn: number,
  fn: number,
  values: readonly Value[],
): Uint8Array | undefined {
  const info = infoClassOf(afn, fn)
  return info && writeLayout(info.layout, values)
}

/** The frames that answer a request with units, each as long as the terminal's buffer allows. */
export function encodeAnswers(
  request: Frame,
  units: readonly SentUnit[],
  bytesMax: number,
  counters: Counters | null = null,
): readonly Uint8Array[] {
  const groups: SentUnit[][] = [[]]
  let length = 0
  for (const unit of units) {
    const bytes = 4 + unit.data.length
    if (length > 0 && length + bytes > bytesMax) {
      groups.push([])
      length = 0
    }
    groups.at(-1)?.push(unit)
    length += bytes
  }
  return groups.map((group, index) => {
    const flags =
      (index === 0 ? seqBits.fir : 0) | (index === groups.length - 1 ? seqBits.fin : seqBits.con)
    const number = ((request.seq & seqBits.number) + index) & seqBits.number
    return upward(request, userData, request.afn, flags | number, bodyOf(group), counters)
  })
}

/** AFN 00 upward: all taken (F1) or all denied (F2). */
export function encodeVerdict(
  request: Frame,
  verdict: 'confirm' | 'deny',
  counters: Counters | null = null,
): Uint8Array {
  const fn = verdict === 'confirm' ? 1 : 2
  const body = writeUnitId({ pn: 0, fn })
  const seq = seqBits.fir | seqBits.fin | (request.seq & seqBits.number)
  const service = verdict === 'confirm' ? taken : noSuchData
  return upward(request, service, functions.confirm, seq, body, counters)
}

/** What a terminal sends by itself: a link frame, which waits for an answer, or a report. */
export function encodeUnasked(
  who: Pick<Frame, 'edition' | 'region' | 'terminal'>,
  afn: number,
  units: readonly SentUnit[],
  sequence: number,
  counters: Counters | null = null,
): Uint8Array {
  const service = afn === functions.link ? linkTest : started
  const frame = { ...who, protocolId: 2, control: 0, station: 0, afn, seq: 0, body: noBody }
  const seq = seqBits.fir | seqBits.fin | seqBits.con | (sequence & seqBits.number)
  return upward(frame, controlBits.initiator | service, afn, seq, bodyOf(units), counters)
}

const noBody = new Uint8Array(0)

function upward(
  request: Frame,
  service: number,
  afn: number,
  seq: number,
  body: Uint8Array,
  counters: Counters | null,
): Uint8Array {
  const access = counters ? controlBits.countOrAccess : 0
  const added = counters ? [counters.important & 0xff, counters.general & 0xff] : []
  return buildFrame({
    ...request,
    control: controlBits.up | access | service,
    afn,
    seq,
    body: Uint8Array.of(...body, ...added),
  })
}

function bodyOf(units: readonly SentUnit[]): Uint8Array {
  const body = new Uint8Array(units.reduce((sum, unit) => sum + 4 + unit.data.length, 0))
  let at = 0
  for (const unit of units) {
    body.set(writeUnitId(unit), at)
    body.set(unit.data, at + 4)
    at += 4 + unit.data.length
  }
  return body
}
