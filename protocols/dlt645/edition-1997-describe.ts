import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import {
  type DataPart1997,
  dataParts1997,
  functionTable1997,
  maskedHex1997,
  type Stretch1997,
} from './edition-1997-parts.ts'
import { refusalOf1997 } from './edition-1997-refusal.ts'
import { dataIdBytes1997, dataIdOf1997, functions1997 } from './edition-1997-request.ts'
import { readValues1997, type Values1997 } from './edition-1997-values.ts'
import {
  addressAt,
  addressOffset,
  broadcastAddress,
  checkEnvelope,
  controlOffset,
  dataOffset,
  type Frame,
  frameAt,
  frameStart,
  fromSlave,
  functionMask,
  lengthOffset,
  moreFollows,
  refused,
  secondStartOffset,
} from './frame.ts'

const protocol = 'dlt645-1997'
/** Faults behind which the fields of the frame still stand where they should. */
const afterLength: ReadonlySet<string> = new Set(['dlt645.checksum', 'dlt645.end'])
const nothing: Values1997 = { ok: true, readings: [] }

/** Everything there is to say of one frame, also of a broken one. Passwords are never shown. */
export function describeFrame1997(raw: Uint8Array): FrameDescription {
  const from = frameStart(raw)
  const malformed = checkEnvelope(raw, from)
  if (malformed && !afterLength.has(malformed.code)) return describeFragment(raw, from, malformed)
  const frame = frameAt(raw, from)
  const { control, data, address } = frame
  const inside = partsOfData(frame)
  const values = malformed ? nothing : valuesIn(frame)
  const fault = malformed ?? (values.ok ? null : values.malformed)
  return {
    protocol,
    valid: fault === null,
    raw,
    direction: directionOf(control),
    address,
    function: functionTable1997[control & functionMask]?.name ?? null,
    control: hexPair(control),
    dataId: carriesItem(frame) ? dataIdOf1997(data) : null,
    more: (control & moreFollows) !== 0,
    readings: values.ok ? values.readings : [],
    error: fault ?? refusalOf1997(frame),
    extras: { data: maskedHex1997(data, inside) },
    parts: [...wakeUpParts(from), ...frameParts(raw, from, frame, inside, malformed)],
  }
}

/** A frame whose length is wrong, or none at all: what stands before the fault is told. */
function describeFragment(raw: Uint8Array, from: number, error: Malformed): FrameDescription {
  const marked = raw.length > from + secondStartOffset && error.code === 'dlt645.length'
  const address = marked ? addressAt(raw, from + addressOffset) : null
  const hasControl = marked && raw.length > from + controlOffset
  const control = hasControl ? byteAt(raw, from + controlOffset) : null
  const parts: FramePart[] = [...wakeUpParts(from)]
  let at = from
  const add = (length: number, text: string) => {
    parts.push({ from: at, to: at + length, text })
    at += length
  }
  if (address !== null) add(controlOffset, addressWords(address))
  if (control !== null) add(1, controlWords(control))
  if (raw.length > at) add(raw.length - at, `not a frame: ${error.message}`)
  return {
    ...nothingKnown,
    protocol,
    valid: false,
    raw,
    direction: control === null ? null : directionOf(control),
    address,
    function: control === null ? null : (functionTable1997[control & functionMask]?.name ?? null),
    control: control === null ? null : hexPair(control),
    error,
    extras: { data: null },
    parts,
  }
}

/** The readings of a reply that is whole; the first of several parts may end inside a field. */
function valuesIn({ control, data }: Frame): Values1997 {
  const code = control & functionMask
  const isRead = code === functions1997.read || (code === functions1997.repeat && data.length > 0)
  if ((control & (fromSlave | refused | moreFollows)) !== fromSlave || !isRead) return nothing
  if (data.length >= dataIdBytes1997) {
    return readValues1997(dataIdOf1997(data), data, dataIdBytes1997, data.length)
  }
  const message = `an answer of ${data.length} bytes has no identifier`
  return { ok: false, malformed: { code: 'dlt645.data-length', message } }
}

const directionOf = (control: number) => ((control & fromSlave) === 0 ? 'request' : 'reply')

function carriesItem(frame: Frame): boolean {
  return layoutOf(frame)[0] === 'data-id' && frame.data.length >= dataIdBytes1997
}

const anything: readonly Stretch1997[] = ['hex']

/** What the data field of a frame holds; that of a refusal is told by its reason. */
function layoutOf({ control }: Frame): readonly Stretch1997[] {
  const entry = functionTable1997[control & functionMask]
  if ((control & fromSlave) === 0) return entry?.request ?? anything
  return (control & refused) === 0 ? (entry?.reply ?? anything) : anything
}

function partsOfData(frame: Frame): readonly DataPart1997[] {
  const { data } = frame
  const refusal = refusalOf1997(frame)
  if (!refusal) return dataParts1997(layoutOf(frame), data)
  const reason = { from: 0, to: data.length, text: refusal.message, secret: false }
  return data.length === 0 ? [] : [reason]
}

function wakeUpParts(count: number): readonly FramePart[] {
  return count === 0 ? [] : [{ from: 0, to: count, text: `wake-up, ${count} × FE` }]
}

function frameParts(
  raw: Uint8Array,
  from: number,
  { address, control, data }: Frame,
  inside: readonly DataPart1997[],
  malformed: Malformed | undefined,
): readonly FramePart[] {
  const checksumAt = dataOffset + data.length
  const part = (at: number, to: number, text: string): FramePart => {
    return { from: from + at, to: from + to, text }
  }
  const checksum = malformed?.code === 'dlt645.checksum' ? malformed.message : 'checksum, right'
  const last = malformed?.code === 'dlt645.end' ? malformed.message : 'end'
  return [
    part(0, controlOffset, addressWords(address)),
    part(controlOffset, lengthOffset, controlWords(control)),
    part(lengthOffset, dataOffset, `data length ${data.length}, each byte sent with 33H added`),
    ...inside.map(({ from: at, to, text }) => part(dataOffset + at, dataOffset + to, text)),
    part(checksumAt, checksumAt + 1, checksum),
    part(checksumAt + 1, raw.length - from, last),
  ]
}

function addressWords(address: string): string {
  if (address === broadcastAddress) return `address ${address} (all meters)`
  return `address ${address}${address.includes('AA') ? ' (AA matches any pair)' : ''}`
}

function controlWords(control: number): string {
  const code = control & functionMask
  const text = functionTable1997[code]?.text ?? `function ${hexPair(code)}, unknown here`
  if ((control & fromSlave) === 0) return `request: ${text}`
  if ((control & refused) !== 0) return `refusal: ${text}`
  return `reply: ${text}, ${(control & moreFollows) === 0 ? 'complete' : 'more follows'}`
}
