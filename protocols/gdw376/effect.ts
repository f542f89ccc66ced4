import type { FrameEffect } from '#protocols/model'
import { controlBits, type Frame, parseFrame, seqBits } from './frame.ts'
import { forwardedFrames } from './order.ts'
import { functions, infoClassOf } from './table.ts'
import { readBody, type Unit } from './units.ts'

/** From the worst to the harmless: a frame is classified by its worst part. */
const ranks: readonly FrameEffect[] = [
  'unknown',
  'trip',
  'firmware',
  'key',
  'clear',
  'address',
  'mode',
  'price',
  'load-limit',
  'relay',
  'write',
  'clock',
  'read',
]

/** Functions that only ask, whatever their class. */
const asking: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e])
/** One whole frame: what comes in parts is put together by the terminal, behind whoever looks at one. */
const wholeBits = seqBits.fir | seqBits.fin
/** 文件指令, behind the file and its attribute. */
const fileCommandAt = 2
/** Q/GDW 130, which lays some of the same classes out otherwise. */
const olderEdition = 1

/**
 * What a frame would do to the terminal that takes it. A frame that changes something or hands
 * something on is only known where every one of its units is in the table and fills its place to the
 * byte with values. What it forwards is looked at by whoever knows that protocol.
 */
export function effectOf(bytes: Uint8Array): FrameEffect {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return 'unknown'
  const { frame } = parsed
  if ((frame.control & controlBits.up) !== 0) return 'unknown'
  const { units, added, malformed } = readBody(frame)
  if (malformed) return 'unknown'
  if (frame.afn === functions.confirm) return units.every(onlyConfirms) ? 'read' : 'unknown'
  if (asking.has(frame.afn)) return 'read'
  if (units.length === 0 || (frame.seq & wholeBits) !== wholeBits) return 'unknown'
  if (frame.afn === functions.relayStation) {
    return units.every(({ known }) => known) ? 'read' : 'unknown'
  }
  if (added.passwordAt === null || !handsOnWholeFrames(frame, units)) return 'unknown'
  return units.reduce<FrameEffect>((worst, unit) => {
    const effect = effectOfUnit(frame.afn, unit)
    return ranks.indexOf(effect) < ranks.indexOf(worst) ? effect : worst
  }, 'read')
}

/** Nothing but the verdict: a terminal's own confirmations bring more at times, ours never do. */
function onlyConfirms({ id, leaves }: Unit): boolean {
  return id.fn === 3 || (id.fn < 3 && leaves.length === 0)
}

function effectOfUnit(afn: number, { id, known, leaves }: Unit): FrameEffect {
  // A file that the terminal would fetch elsewhere (FTP), or all of a group at once.
  const command = leaves[fileCommandAt]?.value
  if (afn === functions.file && (command?.kind !== 'number' || command.digits !== 0)) {
    return 'unknown'
  }
  const isBroken = leaves.some(({ value }) => value.kind === 'missing' && value.flag !== 'absent')
  return known && !isBroken ? (infoClassOf(afn, id.fn)?.effect ?? 'unknown') : 'unknown'
}

/** True where every transparent forward shows the frame that leaves the terminal. */
function handsOnWholeFrames(frame: Frame, units: readonly Unit[]): boolean {
  if (frame.afn !== functions.forward) return true
  const forwards = units.filter(({ id }) => id.fn === 1).length
  return frame.protocolId !== olderEdition && forwardedFrames(frame).length === forwards
}

/** The frames of other protocols that this one hands on. */
export function carriedBy(bytes: Uint8Array): readonly Uint8Array[] {
  const parsed = parseFrame(bytes)
  return parsed.ok ? forwardedFrames(parsed.frame) : []
}
