import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import { protectionOf } from './access.ts'
import { type DataPart, dataParts, firstNotBcd, maskedHex } from './data-parts.ts'
import {
  addressAt,
  addressOffset,
  broadcastAddress,
  checkEnvelope,
  controlOffset,
  dataIdBytes,
  dataIdOf,
  dataOffset,
  type Frame,
  frameAt,
  frameStart,
  fromSlave,
  functionMask,
  functions,
  lengthOffset,
  moreFollows,
  refused,
  secondStartOffset,
  wildcardAddress,
} from './frame.ts'
import { authentications, functionTable, protectedRequest, type Stretch } from './functions.ts'
import { refusalOf } from './refusal.ts'
import { readAddress, readAnswer, readWholeValues, type Values } from './values.ts'

/** Everything there is to say of one frame, also of a broken one. Passwords are never shown. */
export function describeFrame(raw: Uint8Array): FrameDescription {
  const from = frameStart(raw)
  const malformed = checkEnvelope(raw, from)
  const isWhole = !malformed || afterLength.has(malformed.code)
  if (!isWhole) return describeFragment(raw, from, malformed)
  const frame = frameAt(raw, from)
  const entry = functionTable[frame.control & functionMask]
  const inside = partsOfData(frame)
  const { control, data } = frame
  const values = malformed ? nothing : valuesIn(frame)
  const fault = malformed ? withCause(malformed, frame, from) : values.ok ? null : values.malformed
  return {
    protocol: 'dlt645-2007',
    valid: fault === null,
    raw,
    direction: directionOf(control),
    address: frame.address,
    function: entry?.name ?? null,
    control: hexPair(control),
    dataId: carriesItem(frame) ? dataIdOf(data) : null,
    more: (control & moreFollows) !== 0,
    readings: values.ok ? values.readings : [],
    error: fault ?? refusalOf(frame),
    extras: { data: maskedHex(data, inside) },
    parts: [...wakeUpParts(from), ...frameParts(raw, from, frame, inside, malformed)],
  }
}

/** Faults behind which the fields of the frame still stand where they should. */
const afterLength: ReadonlySet<string> = new Set(['dlt645.checksum', 'dlt645.end'])

/** A frame whose length is wrong, or none at all: what stands before the fault is told. */
function describeFragment(raw: Uint8Array, from: number, error: Malformed): FrameDescription {
  const marked = raw.length > from + secondStartOffset && error.code === 'dlt645.length'
  const address = marked ? addressAt(raw, from + addressOffset) : null
  const controlAt = from + controlOffset
  const control = marked && raw.length > controlAt ? byteAt(raw, controlAt) : null
  return {
    ...nothingKnown,
    protocol: 'dlt645-2007',
    valid: false,
    raw,
    direction: control === null ? null : directionOf(control),
    address,
    function: control === null ? null : (functionTable[control & functionMask]?.name ?? null),
    control: control === null ? null : hexPair(control),
    error,
    extras: { data: null },
    parts: [...wakeUpParts(from), ...fragmentParts(raw, from, address, control, error)],
  }
}

function fragmentParts(
  raw: Uint8Array,
  from: number,
  address: string | null,
  control: number | null,
  error: Malformed,
): readonly FramePart[] {
  const parts: FramePart[] = []
  let at = from
  const add = (length: number, text: string) => {
    parts.push({ from: at, to: at + length, text })
    at += length
  }
  if (address !== null) add(controlOffset, `address ${address}${addressNote(address)}`)
  if (control !== null) add(1, controlWords(control))
  const fault = `not a frame: ${error.message}`
  if (raw.length > at) add(raw.length - at, fault)
  const last = parts.at(-1)
  // Where nothing is left to hang the fault on, it belongs to what was read last.
  return last && last.text !== fault ? [...parts.slice(0, -1), withFault(last, fault)] : parts
}

function withFault(part: FramePart, fault: string): FramePart {
  return { ...part, text: `${part.text}; ${fault}` }
}

const directionOf = (control: number) => ((control & fromSlave) === 0 ? 'request' : 'reply')

/** The readings of a reply; while more of it follows, those that are whole. */
function valuesIn(frame: Frame): Values {
  const { control, data } = frame
  if ((control & (fromSlave | refused)) !== fromSlave) return nothing
  switch (control & functionMask) {
    case functions.read:
      if ((control & moreFollows) === 0) return readAnswer(data)
      return { ok: true, readings: readWholeValues(dataIdOf(data), data.subarray(dataIdBytes)) }
    case functions.readAddress:
      return readAddress(data)
    default:
      return nothing
  }
}

const nothing: Values = { ok: true, readings: [] }

function carriesItem(frame: Frame): boolean {
  return layoutOf(frame)[0]?.kind === 'data-id' && frame.data.length >= dataIdBytes
}

/** What the data field of a frame holds; that of a refusal is told by its reason. */
function layoutOf(frame: Frame): readonly Stretch[] {
  const { control } = frame
  const entry = functionTable[control & functionMask]
  const authentication = authenticationLayout(frame)
  if (authentication) return authentication
  if ((control & fromSlave) === 0) {
    const protection = entry ? protectionOf(frame) : null
    if (entry && protection) return protectedRequest(entry, protection)
    return entry?.request ?? anything
  }
  return (control & refused) === 0 ? (entry?.reply ?? anything) : anything
}

/** What an authentication holds; null where that is of another length, or of no known kind. */
function authenticationLayout({ control, data }: Frame): readonly Stretch[] | null {
  if ((control & (functionMask | refused)) !== functions.authenticate) return null
  const known = data.length >= dataIdBytes ? authentications.get(dataIdOf(data)) : undefined
  const layout = (control & fromSlave) === 0 ? known?.request : known?.reply
  const bytes = layout?.reduce((sum, stretch) => sum + Number(stretch.bytes), 0)
  return layout && bytes === data.length ? layout : null
}

const anything: readonly Stretch[] = [{ kind: 'hex', bytes: 'rest' }]

/** The fault, and if a field shows where the line changed a byte, that byte. */
function withCause(malformed: Malformed, frame: Frame, from: number): Malformed {
  const at = (frame.control & functionMask) === functions.read ? firstNotBcd(frame.data) : -1
  if (at < 0) return malformed
  const byte = byteAt(frame.data, at)
  const found = `${hexPair(byte + 0x33)}-33 = ${hexPair(byte)}`
  const message = `${malformed.message}; byte ${from + dataOffset + at} (${found}) is not BCD`
  return { ...malformed, message }
}

function wakeUpParts(count: number): readonly FramePart[] {
  return count === 0 ? [] : [{ from: 0, to: count, text: `wake-up, ${count} × FE` }]
}

function frameParts(
  raw: Uint8Array,
  from: number,
  frame: Frame,
  inside: readonly DataPart[],
  malformed: Malformed | undefined,
): readonly FramePart[] {
  const { address, control, data } = frame
  const checksumAt = from + dataOffset + data.length
  const part = (at: number, to: number, text: string): FramePart => ({
    from: from + at,
    to: from + to,
    text,
  })
  const checksum = malformed?.code === 'dlt645.checksum' ? malformed.message : 'checksum, right'
  const last = malformed?.code === 'dlt645.end' ? malformed.message : 'end'
  return [
    part(0, controlOffset, `address ${address}${addressNote(address)}`),
    part(controlOffset, lengthOffset, controlWords(control)),
    part(lengthOffset, dataOffset, `data length ${data.length}, each byte sent with 33H added`),
    ...inside.map(({ from: at, to, text }) => part(dataOffset + at, dataOffset + to, text)),
    { from: checksumAt, to: checksumAt + 1, text: checksum },
    { from: checksumAt + 1, to: raw.length, text: last },
  ]
}

function partsOfData(frame: Frame): readonly DataPart[] {
  const { data } = frame
  const refusal = refusalOf(frame)
  if (!refusal) return dataParts(layoutOf(frame), data)
  const reason = { from: 0, to: data.length, text: refusal.message, secret: false }
  return data.length === 0 ? [] : [reason]
}

function addressNote(address: string): string {
  if (address === broadcastAddress) return ' (broadcast: nobody answers)'
  if (address === wildcardAddress) return ' (any meter)'
  return address.includes('AA') ? ' (AA matches any pair)' : ''
}

function controlWords(control: number): string {
  const entry = functionTable[control & functionMask]
  const text = entry?.text ?? `function ${hexPair(control & functionMask)}, unknown here`
  if ((control & fromSlave) === 0) return `request: ${text}`
  if ((control & refused) !== 0) return `refusal: ${text}`
  return `reply: ${text}, ${(control & moreFollows) === 0 ? 'complete' : 'more follows'}`
}
