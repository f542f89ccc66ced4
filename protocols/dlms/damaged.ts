import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import { type Apdu, explainApdu, type ParsedApdu } from './apdu.ts'
import { announcedBytes, flag, frameOf, type HdlcOffsets, isChecked, offsetsOf } from './frame.ts'
import {
  apduParts,
  checkPart,
  endParts,
  headerParts,
  infoParts,
  linkDirection,
  llcParts,
  wrapperParts,
} from './frame-parts.ts'
import { addressText } from './route.ts'
import { carriesApdu, llcOf, portAddress } from './transport.ts'
import { wrapperBytes } from './wrapper.ts'

export const noTarget = { service: null, classId: null, obis: null, attribute: null }

type Direction = FrameDescription['direction']
/** Which way an APDU goes. */
export type DirectionOf = (apdu: Apdu) => Direction

/** A frame whose framing is wrong: its reason, and what of its bytes can still be told. */
export function describeDamaged(
  raw: Uint8Array,
  error: Malformed,
  directionOf: DirectionOf,
): FrameDescription {
  if (byteAt(raw, 0) !== flag) return damagedWrapper(raw, error, directionOf)
  const announced = raw.length < 3 ? 0 : announcedBytes(raw, 1)
  const end = 1 + announced
  const offsets = announced === 0 ? null : offsetsOf(raw, 1, end)
  if (!offsets || offsets.control >= raw.length) return nothingOf(raw, error)
  return damagedHdlc(raw, error, offsets, end, directionOf)
}

/** Bytes of which only the reason is known why they are no frame. */
export function nothingOf(raw: Uint8Array, error: Malformed): FrameDescription {
  const parts =
    raw.length === 0 ? [] : [{ from: 0, to: raw.length, text: `not a frame: ${error.message}` }]
  return damaged(raw, error, { parts })
}

function damaged(
  raw: Uint8Array,
  error: Malformed,
  known: Partial<FrameDescription>,
): FrameDescription {
  const described = { ...nothingKnown, extras: noTarget, ...known }
  return { ...described, protocol: 'dlms', valid: false, raw, error }
}

function damagedHdlc(
  raw: Uint8Array,
  error: Malformed,
  offsets: HdlcOffsets,
  end: number,
  directionOf: DirectionOf,
): FrameDescription {
  const { control, info, fcs } = offsets
  const { destination, source, control: word, segmented } = frameOf(raw, offsets)
  const to = Math.min(fcs, raw.length)
  const inside = insideOf(raw, word, segmented, info, to, directionOf)
  // A header that checks, or an end where the length says, is no chance.
  const isHeaderRight = control + 3 <= raw.length && isChecked(raw, 1, control + 1)
  const isCertain = isHeaderRight || byteAt(raw, end) === flag
  const direction = inside.direction
  return damaged(raw, error, {
    direction,
    address: addressText(direction === 'request' ? destination : source),
    control: hexPair(word),
    more: isCertain ? segmented : null,
    parts: [
      ...headerParts(raw, offsets, end - 1),
      ...inside.parts,
      ...(fcs + 2 <= raw.length ? [checkPart(raw, fcs)] : []),
      ...endParts(raw, end),
    ],
  })
}

interface Inside {
  readonly direction: Direction
  readonly parts: readonly FramePart[]
}

function insideOf(
  raw: Uint8Array,
  control: number,
  segmented: boolean,
  from: number,
  to: number,
  directionOf: DirectionOf,
): Inside {
  if (from >= to) return { direction: linkDirection(control, new Uint8Array(0)), parts: [] }
  const info = raw.subarray(from, to)
  const llc = llcOf(info)
  const direction = linkDirection(control, info)
  if (llc === null || segmented || !carriesApdu(control)) {
    return { direction, parts: infoParts(control, info, from, to) }
  }
  const at = from + 3
  const parsed = explainApdu(raw.subarray(at, to), at)
  const parts = [...llcParts(llc, from), ...apduParts(parsed, at, to, cutWords(parsed, raw, to))]
  return { direction: (parsed.ok ? directionOf(parsed.apdu) : null) ?? direction, parts }
}

function cutWords(parsed: ParsedApdu, raw: Uint8Array, to: number): string {
  return parsed.ok || to === raw.length ? 'cut off here' : parsed.malformed.message
}

function damagedWrapper(
  raw: Uint8Array,
  error: Malformed,
  directionOf: DirectionOf,
): FrameDescription {
  const header = wrapperParts(raw)
  if (raw.length <= wrapperBytes) return damaged(raw, error, { parts: header })
  const word = (at: number) => (byteAt(raw, at) << 8) | byteAt(raw, at + 1)
  const to = Math.min(raw.length, wrapperBytes + word(6))
  const parsed = explainApdu(raw.subarray(wrapperBytes, to), wrapperBytes)
  const direction = parsed.ok ? directionOf(parsed.apdu) : directionOfTag(byteAt(raw, wrapperBytes))
  const port = direction === 'request' ? word(4) : word(2)
  return damaged(raw, error, {
    direction,
    address: addressText(portAddress(port)),
    parts: [
      ...header,
      ...apduParts(parsed, wrapperBytes, to, cutWords(parsed, raw, to)),
      ...endParts(raw, to - 1).filter(({ from }) => from >= to),
    ],
  })
}

/** Which way an APDU goes by its first byte alone. */
export function directionOfTag(tag: number): Direction {
  if (requestTags.has(tag)) return 'request'
  if (reportTags.has(tag)) return 'report'
  return replyTags.has(tag) ? 'reply' : null
}

const requestTags: ReadonlySet<number> = new Set([
  1, 33, 96, 98, 192, 193, 195, 200, 201, 203, 208, 209, 211,
])
const reportTags: ReadonlySet<number> = new Set([15, 194, 202, 210])
const replyTags: ReadonlySet<number> = new Set([
  8, 14, 40, 97, 99, 196, 197, 199, 204, 205, 207, 212, 213, 215, 216,
])
