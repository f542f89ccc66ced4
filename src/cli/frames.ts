import { type FrameDescription, nothingKnown } from '#protocols/model'
import type { FrameTool } from '#src/acquisition/frames'

/** A frame nobody recognised; the same keys as any other. */
interface UnknownFrame extends Omit<FrameDescription, 'protocol'> {
  readonly protocol: null
}

export type Explained = FrameDescription | UnknownFrame

/**
 * Explains the frames in a piece that is meant to be one: a line, or an argument. Where several
 * protocols find frames, theirs it is whose frames are most of the bytes: a frame that another
 * carries is a part of it.
 */
export function explainPiece(bytes: Uint8Array, tools: readonly FrameTool[]): Explained[] {
  const alone = tools.every((tool) => tool.protocol === tools[0]?.protocol)
  const strong = tools.filter((tool) => tool.proof === 'strong' || alone)
  let best: Explained[] = []
  for (const tool of strong) {
    const found = explainAll(bytes, tool)
    if (validBytes(found) > validBytes(best)) best = found
  }
  if (best.length > 0) return best
  for (const tool of tools) {
    const whole = tool.describe(bytes)
    if (whole.valid) return [whole]
  }
  return [bestGuess(bytes, tools)]
}

/** How much of a stream good frames are. */
export function validBytes(frames: readonly Explained[]): number {
  return frames.reduce((sum, { valid, raw }) => sum + (valid ? raw.length : 0), 0)
}

/** Every frame of a protocol in the bytes, whole or damaged, in order. */
function explainAll(bytes: Uint8Array, tool: FrameTool): Explained[] {
  const scanner = tool.scanner()
  if (scanner === null) return []
  const frames = [...scanner.push(bytes), ...(scanner.silence?.() ?? [])]
  const { explained, rest } = explainFound(bytes, frames, tool)
  return [...explained, ...damagedIn(rest, tool)]
}

/** Frames that a scanner found in the bytes, with the damaged ones before each of them. */
export function explainFound(
  bytes: Uint8Array,
  frames: readonly Uint8Array[],
  tool: FrameTool,
): { readonly explained: Explained[]; readonly rest: Uint8Array } {
  const explained: Explained[] = []
  let rest = bytes
  for (const frame of frames) {
    const at = Math.max(0, indexOf(rest, frame))
    explained.push(...damagedIn(rest.subarray(0, at), tool), tool.describe(frame))
    rest = rest.subarray(at + frame.length)
  }
  return { explained, rest }
}

/**
 * A frame that its scanner passed over because a check failed. Only where a frame has marks of its
 * own, and an end where its length says, can one be told from noise.
 */
export function damagedIn(noise: Uint8Array, tool: FrameTool): readonly Explained[] {
  if (tool.proof === 'weak') return []
  for (let from = 0; from < noise.length; from++) {
    const explained = tool.describe(noise.subarray(from))
    if (!explained.valid && explained.more !== null) return [explained]
  }
  return []
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let from = 0; from + part.length <= bytes.length; from++) {
    if (part.every((byte, index) => byte === bytes[from + index])) return from
  }
  return -1
}

/** Explains a line of text that is no hex, such as `topic payload`. */
export function explainText(line: string, tools: readonly FrameTool[]): Explained {
  for (const tool of tools) {
    const explained = tool.describeText?.(line)
    if (explained) return explained
  }
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line
  return unknownFrame(new Uint8Array(0), 'frame.not-hex', `no hex in "${shown}"`)
}

/**
 * The description of the protocol that recognises most of a broken frame. Where one was named it
 * is its frame, whatever it makes of it; else only marks can tell, and a CRC alone is none.
 */
function bestGuess(bytes: Uint8Array, tools: readonly FrameTool[]): Explained {
  const isNamed = tools.every(({ protocol }) => protocol === tools[0]?.protocol)
  let best: Explained | undefined
  let bestScore = isNamed ? -1 : 0
  for (const tool of tools) {
    if (!isNamed && tool.proof === 'weak') continue
    const explained = tool.describe(bytes)
    const score = recognised(explained)
    if (score > bestScore) {
      best = explained
      bestScore = score
    }
  }
  return best ?? unknownFrame(bytes, 'frame.unknown', 'no known protocol recognises these bytes')
}

function recognised(frame: FrameDescription): number {
  const known = [frame.address, frame.function, frame.control, frame.dataId, frame.direction]
  return known.filter((value) => value !== null).length
}

function unknownFrame(raw: Uint8Array, code: string, message: string): UnknownFrame {
  return { ...nothingKnown, protocol: null, valid: false, raw, error: { code, message } }
}
