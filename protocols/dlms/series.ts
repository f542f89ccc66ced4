import type { FrameDescription, FramePart } from '#protocols/model'
import { explainApdu } from './apdu.ts'
import { Cursor } from './cursor.ts'
import { describeApdu, describeFrame, type Reveal } from './describe.ts'
import { addressText } from './route.ts'
import { joined } from './sized.ts'
import { readTransfer, type Transfer, transferTag } from './transfer.ts'
import { carriesApdu, llcOf, parseFrame, withoutLlc } from './transport.ts'

/** Conversations on one line that are held apart at a time. */
const FLOWS_MAX = 32
/** More than any list that is pushed. */
const FLOW_BYTES_MAX = 0x1_0000

/** What of an APDU came so far from one side of a conversation. */
interface Flow {
  /** Pieces that the link made, and blocks of the application from the first one on. */
  segments: Uint8Array[]
  blocks: Uint8Array[]
}

/** A piece of an APDU in a frame; `bytes` share the frame's memory. */
interface Piece {
  readonly flow: string
  readonly bytes: Uint8Array
  readonly segmented: boolean
  /** It begins an APDU, or a block of one. */
  readonly begins: boolean
}

/**
 * Explains frames in the order in which they came, so that an APDU in pieces (of the link, or by
 * general block transfer) is explained with its last one. `describe` of a frame alone forgets.
 */
export function describer(reveal: Reveal | null): (frame: Uint8Array) => FrameDescription {
  const flows = new Map<string, Flow>()
  return (frame) => {
    const alone = describeFrame(frame, reveal)
    const piece = alone.valid ? pieceIn(frame) : null
    if (!piece) return alone
    const flow = flowOf(flows, piece.flow)
    if (piece.segmented || !piece.begins) return segment(alone, piece, flow, reveal)
    flow.segments = []
    return piece.bytes[0] === transferTag ? block(alone, piece, flow, reveal) : alone
  }
}

function flowOf(flows: Map<string, Flow>, name: string): Flow {
  const known = flows.get(name)
  if (known) return known
  const [oldest] = flows.keys()
  if (oldest !== undefined && flows.size >= FLOWS_MAX) flows.delete(oldest)
  const flow = { segments: [], blocks: [] }
  flows.set(name, flow)
  return flow
}

function pieceIn(frame: Uint8Array): Piece | null {
  if (frame[0] === transferTag) {
    return { flow: 'bare', bytes: frame, segmented: false, begins: true }
  }
  const parsed = parseFrame(frame)
  if (!parsed.ok) return null
  const { carried } = parsed
  const { framing, source, destination, control, segmented, info } = carried
  if (control !== null && !carriesApdu(control)) return null
  const bytes = withoutLlc(carried)
  const begins = framing === 'wrapper' || llcOf(info) !== null || bytes[0] === transferTag
  const flow = `${framing} ${addressText(source)} ${addressText(destination)}`
  return bytes.length === 0 ? null : { flow, bytes, segmented, begins }
}

function segment(
  alone: FrameDescription,
  { bytes, segmented, begins }: Piece,
  flow: Flow,
  reveal: Reveal | null,
): FrameDescription {
  if (begins) flow.segments = []
  else if (flow.segments.length === 0) {
    return noted(alone, alone.parts.length - 2, 'its beginning is not there')
  }
  const all = kept(flow.segments, bytes)
  flow.segments = segmented ? all : []
  const whole = joined(...all)
  return segmented ? begun(alone, bytes, whole) : ended(alone, bytes, whole, {}, reveal)
}

function block(
  alone: FrameDescription,
  piece: Piece,
  flow: Flow,
  reveal: Reveal | null,
): FrameDescription {
  const transfer = readTransfer(new Cursor(piece.bytes))
  if (!transfer || transfer.bytes.length === 0) return alone
  const { number, last, bytes } = transfer
  if (number === 1) flow.blocks = []
  const taken = flow.blocks.length
  if (number > taken + 1) {
    flow.blocks = []
    return incomplete(alone, transfer, taken + 1)
  }
  // A block that is repeated takes the place of the one that came before.
  const all = kept(flow.blocks.slice(0, number - 1), bytes)
  flow.blocks = all
  const whole = joined(...all)
  if (last) return ended(alone, bytes, whole, { blocks: number }, reveal)
  return begun(alone, bytes, whole)
}

/** With one piece more; a meter gone mad begins anew. */
function kept(pieces: readonly Uint8Array[], piece: Uint8Array): Uint8Array[] {
  const held = pieces.reduce((sum, { length }) => sum + length, piece.length)
  return held > FLOW_BYTES_MAX ? [piece.slice()] : [...pieces, piece.slice()]
}

function incomplete(
  alone: FrameDescription,
  { number, bytes }: Transfer,
  from: number,
): FrameDescription {
  const isOne = from === number - 1
  const missing = isOne ? `${from}` : `${from} to ${number - 1}`
  const words = isOne ? `block ${missing} is not there` : `blocks ${missing} are not there`
  const at = bytes.byteOffset - alone.raw.byteOffset
  const index = alone.parts.findIndex(({ to }) => to === at + bytes.length)
  const extras = { ...alone.extras, missing }
  return { ...noted(alone, index, words), extras }
}

function noted(alone: FrameDescription, index: number, words: string): FrameDescription {
  const parts = alone.parts.map((part, at) =>
    at === index ? { ...part, text: `${part.text}; ${words}` } : part,
  )
  return { ...alone, parts }
}

/** A piece behind which others come: `whole` is what came so far, this one included. */
function begun(alone: FrameDescription, piece: Uint8Array, whole: Uint8Array): FrameDescription {
  const { parts } = explainApdu(whole, 0)
  return { ...alone, parts: within(alone, piece, whole, parts) }
}

/** The last piece brings what all of them say. */
function ended(
  alone: FrameDescription,
  piece: Uint8Array,
  whole: Uint8Array,
  extras: Readonly<Record<string, unknown>>,
  reveal: Reveal | null,
): FrameDescription {
  const inner = describeApdu(whole, reveal)
  return {
    ...inner,
    raw: alone.raw,
    direction: inner.direction ?? alone.direction,
    address: alone.address,
    control: alone.control,
    more: inner.more ?? false,
    extras: { ...inner.extras, ...extras },
    parts: within(alone, piece, whole, inner.parts),
  }
}

/** The parts of a whole APDU that stand in its last piece, in place of the piece's bytes. */
function within(
  { raw, parts }: FrameDescription,
  piece: Uint8Array,
  whole: Uint8Array,
  inner: readonly FramePart[],
): readonly FramePart[] {
  const from = piece.byteOffset - raw.byteOffset
  const to = from + piece.length
  const shift = from - (whole.length - piece.length)
  const told = inner.flatMap((part) => {
    const moved = {
      ...part,
      from: Math.max(from, part.from + shift),
      to: Math.min(to, part.to + shift),
    }
    return moved.to > moved.from ? [moved] : []
  })
  const end = told.at(-1)?.to ?? from
  const rest = end < to ? [{ from: end, to, text: 'goes on in the next piece' }] : []
  const before = parts.filter((part) => part.from < from)
  const after = parts.filter((part) => part.from >= to)
  return [
    ...before.map((part) => ({ ...part, to: Math.min(part.to, from) })),
    ...told,
    ...rest,
    ...after,
  ]
}
