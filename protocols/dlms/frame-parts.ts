import { byteAt } from '#protocols/bytes'
import type { FrameDescription, FramePart } from '#protocols/model'
import type { ParsedApdu } from './apdu.ts'
import { checksAt, flag, frameOf, type HdlcOffsets } from './frame.ts'
import { controlName, controls, readLimits } from './link.ts'
import { addressText } from './route.ts'
import { llcOf } from './transport.ts'
import { wrapperBytes } from './wrapper.ts'

/** Which way a frame goes that says it by its control field or LLC header alone. */
export function linkDirection(
  control: number | null,
  info: Uint8Array,
): FrameDescription['direction'] {
  const llc = llcOf(info)
  if (control === controls.ui && llc !== 'request') return 'report'
  if (llc) return llc
  if (control === controls.snrm || control === controls.disc) return 'request'
  const replies: readonly (number | null)[] = [controls.ua, controls.dm, controls.frmr]
  return replies.includes(control) ? 'reply' : null
}

/** A frame up to its information field, as far as its bytes are there. */
export function headerParts(raw: Uint8Array, offsets: HdlcOffsets, bytes: number): FramePart[] {
  const { source, control, info } = offsets
  const frame = frameOf(raw, offsets)
  const segment = frame.segmented ? ', segmented: the APDU goes on in the next frame' : ''
  const parts = [
    { from: 1, to: 3, text: `HDLC, ${bytes} bytes between the flags${segment}` },
    { from: 3, to: source, text: `to ${addressText(frame.destination)}` },
    { from: source, to: control, text: `from ${addressText(frame.source)}` },
    { from: control, to: control + 1, text: controlName(frame.control) },
  ]
  if (info > control + 1) parts.push(checkPart(raw, control + 1, ' of the header'))
  return parts.filter(({ to }) => to <= raw.length)
}

/** The check sequence at an offset, and whether it is right. */
export function checkPart(raw: Uint8Array, at: number, ofWhat = ''): FramePart {
  const { there, right } = checksAt(raw, at)
  const verdict = there === right ? ', right' : ` ${there}, wrong: the bytes give ${right}`
  return { from: at, to: at + 2, text: `check sequence${ofWhat}${verdict}` }
}

export function llcParts(llc: ReturnType<typeof llcOf>, from: number): readonly FramePart[] {
  return llc
    ? [{ from, to: from + 3, text: `LLC, ${llc === 'request' ? 'command' : 'response'}` }]
    : []
}

/** The header of a wrapped APDU, as far as its bytes are there. */
export function wrapperParts(raw: Uint8Array): readonly FramePart[] {
  const word = (at: number) => (byteAt(raw, at) << 8) | byteAt(raw, at + 1)
  const parts = [
    { from: 0, to: 2, text: `wrapper, version ${word(0)}` },
    { from: 2, to: 4, text: `from port ${word(2)}` },
    { from: 4, to: 6, text: `to port ${word(4)}` },
    { from: 6, to: wrapperBytes, text: `${word(6)} bytes of APDU` },
  ]
  return parts.filter(({ to }) => to <= raw.length)
}

/** What an APDU says up to `to`, and behind it what could not be read. */
export function apduParts(
  { parts }: ParsedApdu,
  from: number,
  to: number,
  rest: string,
): readonly FramePart[] {
  const at = parts.at(-1)?.to ?? from
  return at < to ? [...parts, { from: at, to, text: rest }] : parts
}

/** What no APDU explains: parameters of the link, or a piece of an APDU. */
export function infoParts(
  control: number,
  info: Uint8Array,
  from: number,
  to: number,
): readonly FramePart[] {
  if (to <= from) return []
  if (control === controls.snrm || control === controls.ua) {
    const limits = readLimits(info)
    const text = limits
      ? `sends ${limits.sends} and takes ${limits.takes} bytes, windows ${limits.sendWindow} and ${limits.takeWindow}`
      : 'parameters that are not of their form'
    return [{ from, to, text }]
  }
  return [{ from, to, text: `${to - from} bytes of an APDU in pieces` }]
}

/** What stands behind the announced end of a frame. */
export function endParts(raw: Uint8Array, end: number): readonly FramePart[] {
  const parts: FramePart[] = []
  if (end < raw.length && byteAt(raw, end) !== flag) {
    parts.push({ from: end, to: end + 1, text: 'not the flag 7E' })
  }
  if (end + 1 < raw.length) {
    parts.push({ from: end + 1, to: raw.length, text: 'behind the frame' })
  }
  return parts
}
