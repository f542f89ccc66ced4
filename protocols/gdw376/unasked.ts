import type { Reading, Unasked } from '#protocols/model'
import { unitIdsAt } from './address.ts'
import { readingsOf } from './answer.ts'
import { buildFrame, controlBits, type Frame, parseFrame, seqBits } from './frame.ts'
import { terminalOf } from './request.ts'
import { functions } from './table.ts'
import { readBody, timeTagBytes, unitIdBytes } from './units.ts'

/** What a terminal says by itself with AFN 02, by Fn. */
const kinds: Readonly<Record<number, Unasked['kind']>> = { 1: 'login', 2: 'logout', 3: 'heartbeat' }

const linkStatus = 0x0b
const userDataTaken = 0x00

/**
 * Login, heartbeat and logout (AFN 02), and whatever else a terminal starts (PRM = 1). Links are
 * always confirmed, reports where the terminal asks for it; a time tag is given back as it came.
 */
export function unaskedIn(bytes: Uint8Array): Unasked | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return null
  const { frame } = parsed
  const { control, afn, body, seq } = frame
  const started = controlBits.up | controlBits.initiator
  if ((control & started) !== started) return null
  const address = terminalOf(frame)
  if (afn !== functions.link) {
    const waits = (seq & seqBits.con) !== 0
    return { kind: 'report', address, answer: waits ? confirmation(frame) : null }
  }
  const [id] = body.length >= unitIdBytes ? unitIdsAt(body, 0) : []
  const kind = id && kinds[id.fn]
  return kind ? { kind, address, answer: confirmation(frame) } : null
}

/** AFN 00 F1, all of it taken: with the number of the frame it confirms. */
export function confirmation(frame: Frame): Uint8Array {
  const { body, seq, afn } = frame
  const hasTag = (seq & seqBits.tpv) !== 0 && body.length >= timeTagBytes
  const tag = hasTag ? body.subarray(body.length - timeTagBytes) : body.subarray(0, 0)
  const flags = (hasTag ? seqBits.tpv : 0) | seqBits.fir | seqBits.fin
  return buildFrame({
    ...frame,
    control: afn === functions.link ? linkStatus : userDataTaken,
    afn: functions.confirm,
    seq: flags | (seq & seqBits.number),
    body: Uint8Array.of(0, 0, 1, 0, ...tag),
  })
}

/** What a report brings, by metering point. */
export interface Reported {
  readonly point: number
  readonly readings: readonly Reading[]
}

/** The readings of a frame that a terminal sent by itself; none where it is broken. */
export function reportedIn(bytes: Uint8Array): readonly Reported[] {
  const parsed = parseFrame(bytes)
  if (!parsed.ok) return []
  const { units } = readBody(parsed.frame)
  const points = new Map<number, Reading[]>()
  for (const unit of units) {
    const readings = readingsOf(parsed.frame.afn, unit)
    const known = points.get(unit.id.pn)
    if (known) known.push(...readings)
    else if (readings.length > 0) points.set(unit.id.pn, [...readings])
  }
  return [...points].map(([point, readings]) => ({ point, readings }))
}
