import type { FrameDescription } from '#protocols/model'
import type { FrameTool } from '#src/acquisition/frames'

/** A frame nobody recognised; the same keys as any other. */
export interface UnknownFrame extends Omit<FrameDescription, 'protocol'> {
  readonly protocol: null
}

export type Explained = FrameDescription | UnknownFrame

/** Explains the frames in a piece that is meant to be one: a line, or an argument. */
export function explainPiece(bytes: Uint8Array, tools: readonly FrameTool[]): Explained[] {
  const alone = tools.every((tool) => tool.protocol === tools[0]?.protocol)
  for (const tool of tools) {
    const frames = tool.proof === 'strong' || alone ? framesIn(bytes, tool) : []
    const explained = (frames.length > 0 ? frames : [bytes]).map((frame) => tool.describe(frame))
    if (explained.every((frame) => frame.valid)) return explained
  }
  return [bestGuess(bytes, tools)]
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

function framesIn(bytes: Uint8Array, tool: FrameTool): readonly Uint8Array[] {
  const scanner = tool.scanner()
  if (scanner === null) return []
  return [...scanner.push(bytes), ...(scanner.silence?.() ?? [])]
}

/** The description of the protocol that recognises most of a broken frame. */
function bestGuess(bytes: Uint8Array, tools: readonly FrameTool[]): Explained {
  let best: Explained | undefined
  let bestScore = tools.length === 1 ? -1 : 0
  for (const tool of tools) {
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
  return {
    protocol: null,
    valid: false,
    raw,
    direction: null,
    address: null,
    function: null,
    control: null,
    dataId: null,
    more: null,
    readings: [],
    error: { code, message },
    extras: {},
    parts: [],
  }
}
