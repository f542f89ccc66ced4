import type { FrameAim, RelayAction } from '#protocols/model'
import { bodyOffsetOf, controlBits, type Frame, groupBit, parseFrame, seqBits } from './frame.ts'
import { terminalOf } from './request.ts'
import { functions, infoClassOf } from './table.ts'
import { passwordBytes, readBody, type Unit } from './units.ts'

/** What the classes of AFN 05 tell a relay. */
const actions: ReadonlyMap<number, RelayAction> = new Map([
  [1, 'trip'],
  [2, 'allow-close'],
  [25, 'protect'],
  [26, 'alarm'],
  [33, 'unprotect'],
  [34, 'clear-alarm'],
])

/** One whole frame: the first and the last of what belongs together. */
const wholeBits = seqBits.fir | seqBits.fin

/**
 * Whom a frame from the master is for: the terminal, or the one metering point or round that all of
 * its units name. Of units of several classes nobody can tell what a permit would be for. An order holds as long as its time tag allows, which names no month: it counts as
 * a form without an expiry. Null for what is not understood to its end.
 */
export function aimOf(bytes: Uint8Array): FrameAim | null {
  const parsed = parseFrame(bytes)
  if (!parsed.ok || (parsed.frame.control & controlBits.up) !== 0) return null
  const { frame } = parsed
  if ((frame.seq & wholeBits) !== wholeBits) return null
  const { units, added, malformed } = readBody(frame)
  const [first] = units
  if (malformed || !first || units.some(({ id }) => id.fn !== first.id.fn)) return null
  const { pn } = first.id
  const isOne = pn >= 0 && units.every(({ id }) => id.pn === pn)
  const offset = bodyOffsetOf(frame.edition)
  const { passwordAt } = added
  const password = passwordAt === null ? [] : [{ from: passwordAt, to: passwordAt + passwordBytes }]
  const fields = [...units.flatMap((unit) => secretsOf(frame, unit)), ...password]
  // CS is a sum over them and says a byte of it.
  const { length } = frame.body
  const hidden = fields.length === 0 ? [] : [...fields, { from: length, to: length + 1 }]
  return {
    address: pn > 0 && isOne ? `${terminalOf(frame)}/${pn}` : terminalOf(frame),
    isGroup: !isOne || isForMany(frame),
    action: frame.afn === functions.control ? (actions.get(first.id.fn) ?? null) : null,
    expiresAt: null,
    secrets: hidden.map(({ from, to }) => ({ from: from + offset, to: to + offset })),
  }
}

function isForMany({ station, region, terminal }: Frame): boolean {
  return (station & groupBit) !== 0 || /^F+$/.test(terminal) || /^F+$/.test(region)
}

/** Passwords among the data, and all data of what sets keys. */
function secretsOf({ afn }: Frame, unit: Unit): readonly { from: number; to: number }[] {
  const isKey = infoClassOf(afn, unit.id.fn)?.effect === 'key'
  if (isKey) return [{ from: unit.dataFrom, to: unit.to }]
  return unit.leaves
    .filter(({ name, from, to }) => from < to && /password/i.test(name))
    .map(({ from, to }) => ({ from, to }))
}
