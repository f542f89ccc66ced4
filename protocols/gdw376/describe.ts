import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
  type Reading,
  valueText,
} from '#protocols/model'
import { readingsOf, refusalOf } from './answer.ts'
import { a16 } from './formats.ts'
import {
  bodyOffsetOf,
  checkEnvelope,
  controlBits,
  editionOf,
  type Frame,
  frameAt,
  groupBit,
  headBytes,
  seqBits,
  start,
} from './frame.ts'
import { isZero, type Leaf } from './layout.ts'
import { meaningOf } from './meanings.ts'
import { terminalOf } from './request.ts'
import { readShape } from './shapes.ts'
import { functionNames, functions, infoClassOf, itemId } from './table.ts'
import {
  type Added,
  type Body,
  countersBytes,
  passwordBytes,
  readBody,
  timeTagBytes,
  type Unit,
  unitIdBytes,
} from './units.ts'

/** Everything there is to say of one frame, also of a broken one. Passwords are never shown. */
export function describeFrame(raw: Uint8Array): FrameDescription {
  const malformed = checkEnvelope(raw)
  const isWhole = !malformed || afterLength.has(malformed.code)
  if (!isWhole) return describeFragment(raw, malformed)
  const edition = editionOf(raw)
  const frame = frameAt(raw, edition)
  const body = readBody(frame)
  const fault = malformed ?? body.malformed
  const [first] = body.units
  return {
    protocol: 'gdw376',
    valid: fault === null,
    raw,
    direction: directionOf(frame),
    address: terminalOf(frame),
    function: functionNames[frame.afn]?.[0] ?? null,
    control: hexPair(frame.control),
    dataId: first ? itemId(frame.afn, first.id.fn) : null,
    more: (frame.seq & seqBits.fin) === 0,
    readings: malformed ? [] : readingsIn(frame, body),
    error: fault ?? refusalOf(frame),
    extras: extrasOf(frame, body.units),
    parts: partsOf(raw, frame, body, malformed),
  }
}

/** Faults behind which the fields of the frame still stand where they should. */
const afterLength: ReadonlySet<string> = new Set(['gdw376.checksum', 'gdw376.end'])

/** A frame whose lengths are wrong, or none at all: the head is told where it stands in its place. */
function describeFragment(raw: Uint8Array, error: Malformed): FrameDescription {
  const frame = headOf(raw, error)
  const known = frame ? headParts(frame, error.message) : []
  const at = known.at(-1)?.to ?? 0
  const text = `not a frame: ${error.message}`
  const rest = raw.length > at ? [{ from: at, to: raw.length, text }] : []
  return {
    ...nothingKnown,
    protocol: 'gdw376',
    valid: false,
    raw,
    direction: frame ? directionOf(frame) : null,
    address: frame ? terminalOf(frame) : null,
    function: frame ? (functionNames[frame.afn]?.[0] ?? null) : null,
    control: frame ? hexPair(frame.control) : null,
    error,
    extras: frame ? { ...extrasOf(frame, []), units: null } : noExtras,
    parts: [...known, ...rest],
  }
}

/** The head between both starts and the first unit, where it is all there. */
function headOf(raw: Uint8Array, { code }: Malformed): Frame | null {
  const isHead = code === 'gdw376.length' || code === 'gdw376.lengths-differ'
  const marked = byteAt(raw, 0) === start && byteAt(raw, headBytes - 1) === start
  if (!isHead || !marked) return null
  const edition = editionOf(raw)
  return raw.length >= bodyOffsetOf(edition) ? frameAt(raw, edition) : null
}

const noExtras = {
  region: null,
  terminal: null,
  address: null,
  msa: null,
  afn: null,
  seq: null,
  units: null,
}

function directionOf({ control }: Frame): FrameDescription['direction'] {
  if ((control & controlBits.up) === 0) return 'request'
  return (control & controlBits.initiator) === 0 ? 'reply' : 'report'
}

/** A master's frame carries orders and settings; readings are what a terminal says. */
function readingsIn(frame: Frame, { units }: Body): readonly Reading[] {
  if ((frame.control & controlBits.up) === 0) return []
  return units.flatMap((unit) => readingsOf(frame.afn, unit))
}

function extrasOf(frame: Frame, units: Body['units']): Readonly<Record<string, unknown>> {
  const { seq } = frame
  return {
    region: frame.region,
    terminal: frame.terminal,
    address: terminalOf(frame),
    msa: frame.station >> 1,
    afn: hexPair(frame.afn),
    seq: {
      tpv: (seq & seqBits.tpv) !== 0,
      fir: (seq & seqBits.fir) !== 0,
      fin: (seq & seqBits.fin) !== 0,
      con: (seq & seqBits.con) !== 0,
      n: seq & seqBits.number,
    },
    units: units.map(({ id }) => ({ pn: id.pn, fn: id.fn })),
  }
}

function partsOf(
  raw: Uint8Array,
  frame: Frame,
  body: Body,
  malformed: Malformed | undefined,
): readonly FramePart[] {
  const offset = bodyOffsetOf(frame.edition)
  const checksumAt = raw.length - 2
  const checksum = malformed?.code === 'gdw376.checksum' ? malformed.message : 'checksum, right'
  const last = malformed?.code === 'gdw376.end' ? malformed.message : 'end'
  const version = frame.protocolId === 1 ? 'Q/GDW 130' : 'Q/GDW 376.1'
  const user = raw.length - headBytes - 2
  return [
    ...headParts(frame, `start, length ${user} twice, ${version}`),
    ...bodyParts(frame, body).map(({ from, to, text }) => ({
      from: from + offset,
      to: to + offset,
      text,
    })),
    { from: checksumAt, to: checksumAt + 1, text: checksum },
    { from: checksumAt + 1, to: raw.length, text: last },
  ]
}

/** The fields before the first unit. */
function headParts(frame: Frame, lengths: string): readonly FramePart[] {
  const offset = bodyOffsetOf(frame.edition)
  const name = functionNames[frame.afn]?.[0] ?? 'unknown here'
  const group = (frame.station & groupBit) === 0 ? '' : ' (group)'
  return [
    { from: 0, to: headBytes, text: lengths },
    { from: headBytes, to: headBytes + 1, text: controlText(frame.control) },
    { from: headBytes + 1, to: offset - 3, text: `address ${terminalOf(frame)}${group}` },
    { from: offset - 3, to: offset - 2, text: `master station ${frame.station >> 1}` },
    { from: offset - 2, to: offset - 1, text: `AFN ${hexPair(frame.afn)}: ${name}` },
    { from: offset - 1, to: offset, text: seqText(frame.seq) },
  ]
}

function bodyParts(frame: Frame, { units, added, malformed }: Body): readonly FramePart[] {
  const parts: FramePart[] = []
  for (const unit of units) {
    if (unit.dataFrom - unit.from === unitIdBytes) {
      const text = `p${unit.id.pn} F${unit.id.fn}: ${unitName(frame, unit)}`
      parts.push({ from: unit.from, to: unit.dataFrom, text })
    }
    for (const leaf of unit.leaves) {
      const { from, to } = leaf
      if (from < to) parts.push({ from, to, text: leafText(leaf) })
    }
  }
  const read = units.at(-1)?.to ?? 0
  const end = added.passwordAt ?? added.countersAt ?? added.timeTagAt ?? frame.body.length
  if (read < end) parts.push({ from: read, to: end, text: malformed?.message ?? 'not understood' })
  return [...parts, ...addedParts(frame.body, added)]
}

function unitName({ afn }: Frame, { id, known }: Unit): string {
  if (afn === functions.confirm) return confirmNames[id.fn] ?? 'unknown here'
  if (afn === functions.events) return id.fn === 1 ? 'Important events' : 'General events'
  return infoClassOf(afn, id.fn)?.name ?? (known ? '' : 'unknown here')
}

const confirmNames: Readonly<Record<number, string>> = {
  1: 'All confirmed',
  2: 'All denied',
  3: 'Unit by unit',
}

function leafText(leaf: Leaf): string {
  const { name, value, unit } = leaf
  const shown = /password/i.test(name)
    ? 'not shown'
    : (valueText(value) ?? (value.kind === 'missing' ? value.flag : ''))
  const meaning = meaningOf(leaf)
  if (meaning !== null) return `${name}: ${shown} (${meaning})`
  if (!unit || value.kind !== 'number') return `${name}: ${shown}`
  return `${name}: ${shown} ${/^\d/.test(unit) ? '× ' : ''}${unit}`
}

function addedParts(body: Uint8Array, added: Added): readonly FramePart[] {
  const parts: FramePart[] = []
  const { passwordAt, countersAt, timeTagAt } = added
  if (passwordAt !== null) {
    const to = passwordAt + passwordBytes
    const text = isZero(body, passwordAt, to) ? 'password PW, all zero' : 'password PW, not shown'
    parts.push({ from: passwordAt, to, text })
  }
  if (countersAt !== null) {
    const text = `events EC1 ${byteAt(body, countersAt)}, EC2 ${byteAt(body, countersAt + 1)}`
    parts.push({ from: countersAt, to: countersAt + countersBytes, text })
  }
  if (timeTagAt !== null) {
    const sent = valueText(readShape(a16, body, timeTagAt + 1)) ?? 'no time'
    const delay = byteAt(body, timeTagAt + 5)
    const text = `time tag Tp: frame ${byteAt(body, timeTagAt)}, sent ${sent}, holds ${delay} min`
    parts.push({ from: timeTagAt, to: timeTagAt + timeTagBytes, text })
  }
  return parts
}

const startedBy: Readonly<Record<number, string>> = {
  1: 'reset',
  4: 'data, no answer',
  9: 'link test',
  10: 'class 1 data asked',
  11: 'class 2 data asked',
}
const answeredBy: Readonly<Record<number, string>> = {
  0: 'taken',
  8: 'data',
  9: 'no such data',
  11: 'link state',
}

function controlText(control: number): string {
  const isUp = (control & controlBits.up) !== 0
  const started = (control & controlBits.initiator) !== 0
  const code = control & controlBits.function
  const service = (started ? startedBy : answeredBy)[code] ?? `function ${code}`
  const bit = (control & controlBits.countOrAccess) !== 0
  const access = isUp ? (bit ? ', events wait (ACD)' : '') : ''
  const isCounted = !isUp && (control & controlBits.countValid) !== 0
  const counted = isCounted ? `, FCB ${bit ? 1 : 0}` : ''
  return `${isUp ? 'from the terminal' : 'from the master'}, ${started ? 'started' : 'answered'}: ${service}${access}${counted}`
}

function seqText(seq: number): string {
  const fir = (seq & seqBits.fir) !== 0
  const fin = (seq & seqBits.fin) !== 0
  const place = fir
    ? fin
      ? 'single frame'
      : 'first of several'
    : fin
      ? 'last of several'
      : 'of several'
  const con = (seq & seqBits.con) !== 0 ? ', to be confirmed' : ''
  const tpv = (seq & seqBits.tpv) !== 0 ? ', with a time tag' : ''
  return `SEQ ${seq & seqBits.number}: ${place}${con}${tpv}`
}
