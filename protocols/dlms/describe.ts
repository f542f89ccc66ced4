import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
  type Reading,
} from '#protocols/model'
import { type Apdu, explainApdu, type ParsedApdu } from './apdu.ts'
import { flag, offsetsOf, parseHdlc } from './frame.ts'
import { controlName, controls, readLimits } from './link.ts'
import { pushReadings } from './push.ts'
import { apduRefusal, linkRefusal } from './refusal.ts'
import { addressText } from './route.ts'
import { cipheredName, type Deciphered } from './security.ts'
import { serviceName } from './service-names.ts'
import type { Target } from './services.ts'
import { type Carried, carriesApdu, llcOf, parseFrame, withoutLlc } from './transport.ts'
import { wrapperBytes } from './wrapper.ts'

/** Opens what is enciphered, where there are keys. */
export type Reveal = (apdu: Extract<Apdu, { kind: 'ciphered' }>) => Deciphered

/** Everything there is to say of one frame, or of an APDU alone. Never throws. */
export function describeFrame(raw: Uint8Array, reveal: Reveal | null): FrameDescription {
  const first = byteAt(raw, 0)
  const isWrapped = first === 0 && byteAt(raw, 1) === 1
  if (first !== flag && !isWrapped && raw.length > 0) return describeApdu(raw, reveal)
  const parsed = parseFrame(raw)
  if (!parsed.ok) return broken(raw, parsed.malformed)
  return describeCarried(raw, parsed.carried, reveal)
}

function broken(raw: Uint8Array, error: Malformed): FrameDescription {
  const parts =
    raw.length === 0 ? [] : [{ from: 0, to: raw.length, text: `not a frame: ${error.message}` }]
  return {
    ...nothingKnown,
    protocol: 'dlms',
    valid: false,
    raw,
    error,
    extras: noTarget,
    parts,
  }
}

const noTarget = { service: null, classId: null, obis: null, attribute: null }

/** An APDU as push messages and logs have it, with or without its LLC header. */
function describeApdu(raw: Uint8Array, reveal: Reveal | null): FrameDescription {
  const llc = llcOf(raw)
  const shift = llc ? 3 : 0
  const parsed = explainApdu(raw.subarray(shift), shift)
  if (!parsed.ok) return broken(raw, parsed.malformed)
  const parts = [...llcParts(llc, 0), ...parsed.parts]
  return { ...described(raw, parsed, reveal), parts }
}

function described(
  raw: Uint8Array,
  parsed: ParsedApdu & { ok: true },
  reveal: Reveal | null,
): FrameDescription {
  const { apdu } = parsed
  const plain = plainOf(apdu, reveal)
  const inner = plain.apdu
  const target = targetOf(inner)
  const name = nameOf(apdu, inner)
  return {
    ...nothingKnown,
    protocol: 'dlms',
    valid: plain.error === null,
    raw,
    direction: directionOf(inner),
    function: name,
    dataId: target && `${target.classId}:${target.obis}:${target.id}`,
    more: moreOf(inner),
    readings: readingsIn(inner),
    error: plain.error ?? apduRefusal(inner, null),
    extras: {
      service: name,
      classId: target?.classId ?? null,
      obis: target?.obis ?? null,
      attribute: target?.id ?? null,
    },
    parts: parsed.parts,
  }
}

/** What is behind the cipher, or what is visible where nothing opens it. */
function plainOf(apdu: Apdu, reveal: Reveal | null): { apdu: Apdu; error: Malformed | null } {
  if (apdu.kind !== 'ciphered' || !reveal) return { apdu, error: null }
  const opened = reveal(apdu)
  if (!opened.ok) return { apdu, error: { code: opened.code, message: opened.message } }
  const inner = explainApdu(opened.plain, 0)
  return inner.ok ? { apdu: inner.apdu, error: null } : { apdu, error: inner.malformed }
}

function nameOf(outer: Apdu, inner: Apdu): string {
  switch (inner.kind) {
    case 'service':
      return serviceName(inner.service)
    case 'acse':
      return inner.acse.kind.toUpperCase()
    case 'initiate':
      return inner.initiate.kind === 'request' ? 'InitiateRequest' : 'InitiateResponse'
    case 'transfer':
      return 'GeneralBlockTransfer'
    case 'ciphered':
      return cipheredName(outer.kind === 'ciphered' ? outer.ciphered.tag : inner.ciphered.tag)
  }
}

function targetOf(apdu: Apdu): Target | null {
  if (apdu.kind !== 'service') return null
  const { service } = apdu
  if (service.kind === 'event-notification') return service.target
  return 'targets' in service ? (service.targets[0] ?? null) : null
}

const requestTags: ReadonlySet<number> = new Set([33, 200, 201, 203, 208, 209, 211])
const reportTags: ReadonlySet<number> = new Set([202, 210])
const replyTags: ReadonlySet<number> = new Set([40, 204, 205, 207, 212, 213, 215])

function directionOf(apdu: Apdu): FrameDescription['direction'] {
  switch (apdu.kind) {
    case 'service': {
      const { kind } = apdu.service
      if (kind.endsWith('notification')) return 'report'
      return kind.endsWith('request') ? 'request' : 'reply'
    }
    case 'acse':
      return apdu.acse.kind.endsWith('q') ? 'request' : 'reply'
    case 'initiate':
      return apdu.initiate.kind === 'request' ? 'request' : 'reply'
    case 'transfer':
      return apdu.transfer.bytes.length === 0 ? 'request' : null
    case 'ciphered': {
      const { tag } = apdu.ciphered
      if (requestTags.has(tag)) return 'request'
      if (reportTags.has(tag)) return 'report'
      return replyTags.has(tag) ? 'reply' : null
    }
  }
}

function moreOf(apdu: Apdu): boolean | null {
  if (apdu.kind === 'transfer') return !apdu.transfer.last
  if (apdu.kind !== 'service' || !('block' in apdu.service)) return null
  const { block } = apdu.service
  return typeof block === 'object' && block !== null ? !block.last : false
}

function readingsIn(apdu: Apdu): readonly Reading[] {
  if (apdu.kind !== 'service') return []
  const { service } = apdu
  const isPush = service.kind === 'data-notification' || service.kind === 'event-notification'
  return isPush ? pushReadings(service, 'deviation') : []
}

function describeCarried(
  raw: Uint8Array,
  carried: Carried,
  reveal: Reveal | null,
): FrameDescription {
  const { control, segmented } = carried
  const isHdlc = carried.framing === 'hdlc'
  const bytes = withoutLlc(carried)
  const shift = isHdlc ? infoOffset(raw) + carried.info.length - bytes.length : wrapperBytes
  const hasApdu = control === null || carriesApdu(control)
  const beginning = !isHdlc || llcOf(carried.info) !== null
  const parsed = hasApdu && beginning && !segmented ? explainApdu(bytes, shift) : null
  const content = parsed?.ok ? described(raw, parsed, reveal) : null
  const direction = content?.direction ?? linkDirection(carried)
  const refusal = control === null ? null : linkRefusal(control, false)
  const fault = parsed && !parsed.ok ? parsed.malformed : null
  return {
    ...nothingKnown,
    protocol: 'dlms',
    valid: fault === null && (content?.valid ?? true),
    raw,
    direction,
    address:
      direction && addressText(direction === 'request' ? carried.destination : carried.source),
    function: content?.function ?? (control === null ? null : controlWord(control)),
    control: control === null ? null : hexPair(control),
    dataId: content?.dataId ?? null,
    more: segmented || (content?.more ?? null),
    readings: content?.readings ?? [],
    error: fault ?? content?.error ?? refusal,
    extras: content?.extras ?? noTarget,
    parts: [
      ...(isHdlc ? hdlcParts(raw, carried) : wrapperParts(carried)),
      ...(parsed?.parts ?? []),
      ...restParts(raw, carried, parsed, shift),
    ].toSorted((left, right) => left.from - right.from),
  }
}

const controlWord = (control: number) => controlName(control).split(/[ ,]/)[0] ?? null

/** Which way a frame goes that says it by its control field or LLC header alone. */
function linkDirection({ control, info }: Carried): FrameDescription['direction'] {
  const llc = llcOf(info)
  if (llc) return llc
  if (control === controls.snrm || control === controls.disc) return 'request'
  const replies: readonly (number | null)[] = [controls.ua, controls.dm, controls.frmr]
  return replies.includes(control) ? 'reply' : null
}

function infoOffset(raw: Uint8Array): number {
  return offsetsOf(raw, 1, raw.length - 1)?.info ?? 1
}

function hdlcParts(raw: Uint8Array, carried: Carried): readonly FramePart[] {
  const parsed = parseHdlc(raw)
  const offsets = offsetsOf(raw, 1, raw.length - 1)
  if (!parsed.ok || !offsets || carried.control === null) return []
  const { source, control, info, fcs } = offsets
  const segment = carried.segmented ? ', segmented: the APDU goes on in the next frame' : ''
  const parts = [
    { from: 1, to: 3, text: `HDLC, ${raw.length - 2} bytes between the flags${segment}` },
    { from: 3, to: source, text: `to ${addressText(carried.destination)}` },
    { from: source, to: control, text: `from ${addressText(carried.source)}` },
    { from: control, to: control + 1, text: controlName(carried.control) },
    { from: fcs, to: fcs + 2, text: 'check sequence, right' },
  ]
  if (info > control + 1) {
    parts.push({ from: control + 1, to: info, text: 'check sequence of the header, right' })
  }
  return [...parts, ...llcParts(llcOf(carried.info), info)]
}

function llcParts(llc: ReturnType<typeof llcOf>, from: number): readonly FramePart[] {
  return llc
    ? [{ from, to: from + 3, text: `LLC, ${llc === 'request' ? 'command' : 'response'}` }]
    : []
}

function wrapperParts({ source, destination, info }: Carried): readonly FramePart[] {
  return [
    { from: 0, to: 2, text: 'wrapper, version 1' },
    { from: 2, to: 4, text: `from port ${source.upper}` },
    { from: 4, to: 6, text: `to port ${destination.upper}` },
    { from: 6, to: 8, text: `${info.length} bytes of APDU` },
  ]
}

/** What no APDU explains: parameters of the link, a piece, or a fault. */
function restParts(
  raw: Uint8Array,
  carried: Carried,
  parsed: ParsedApdu | null,
  shift: number,
): readonly FramePart[] {
  const bytes = withoutLlc(carried)
  if (bytes.length === 0 || parsed?.ok) return []
  const from = shift
  const to = from + bytes.length
  if (parsed) return to <= raw.length ? [{ from, to, text: parsed.malformed.message }] : []
  const { control } = carried
  if (control === controls.snrm || control === controls.ua) {
    const limits = readLimits(carried.info)
    const text = limits
      ? `sends ${limits.sends} and takes ${limits.takes} bytes, windows ${limits.sendWindow} and ${limits.takeWindow}`
      : 'parameters that are not of their form'
    return [{ from, to, text }]
  }
  return [{ from, to, text: `${bytes.length} bytes of an APDU in pieces` }]
}
