import { byteAt, hexPair } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
  type Reading,
} from '#protocols/model'
import { type Apdu, explainApdu, type ParsedApdu } from './apdu.ts'
import { describeDamaged, directionOfTag, noTarget, nothingOf } from './damaged.ts'
import { flag, offsetsOf } from './frame.ts'
import {
  apduParts,
  checkPart,
  headerParts,
  infoParts,
  linkDirection,
  llcParts,
  wrapperParts,
} from './frame-parts.ts'
import { controlName } from './link.ts'
import { pushReadings } from './push.ts'
import { apduRefusal, linkRefusal } from './refusal.ts'
import { addressText } from './route.ts'
import { cipheredName, type Deciphered } from './security.ts'
import { serviceName } from './service-names.ts'
import type { Target } from './services.ts'
import { transferTag } from './transfer.ts'
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
  if (!parsed.ok) return describeDamaged(raw, parsed.malformed, directionOf)
  return describeCarried(raw, parsed.carried, reveal)
}

/** An APDU as push messages and logs have it, with or without its LLC header. */
export function describeApdu(raw: Uint8Array, reveal: Reveal | null): FrameDescription {
  const llc = llcOf(raw)
  const shift = llc ? 3 : 0
  const parsed = explainApdu(raw.subarray(shift), shift)
  if (!parsed.ok) {
    const nothing = nothingOf(raw, parsed.malformed)
    if (parsed.parts.length === 0) return nothing
    const { message } = parsed.malformed
    const parts = [...llcParts(llc, 0), ...apduParts(parsed, shift, raw.length, message)]
    return { ...nothing, parts }
  }
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
      ...(inner.kind === 'transfer' ? { block: inner.transfer.number } : {}),
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
    case 'ciphered':
      return directionOfTag(apdu.ciphered.tag)
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
  // Landis+Gyr leaves the LLC header out of all blocks of a transfer but the first.
  const beginning = !isHdlc || llcOf(carried.info) !== null || bytes[0] === transferTag
  const parsed = hasApdu && beginning && !segmented ? explainApdu(bytes, shift) : null
  const content = parsed?.ok ? described(raw, parsed, reveal) : null
  const direction = content?.direction ?? linkDirection(control, carried.info)
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
    parts: isHdlc ? hdlcParts(raw, carried, parsed, shift) : wrappedParts(raw, parsed),
  }
}

function wrappedParts(raw: Uint8Array, parsed: ParsedApdu | null): readonly FramePart[] {
  const header = wrapperParts(raw)
  if (!parsed) return header
  const fault = parsed.ok ? '' : parsed.malformed.message
  return [...header, ...apduParts(parsed, wrapperBytes, raw.length, fault)]
}

/** The APDU begins at `shift`; what no APDU explains are parameters of the link, or a piece. */
function hdlcParts(
  raw: Uint8Array,
  { control, info }: Carried,
  parsed: ParsedApdu | null,
  shift: number,
): readonly FramePart[] {
  const offsets = offsetsOf(raw, 1, raw.length - 1)
  if (!offsets || control === null) return []
  const { fcs } = offsets
  const llc = carriesApdu(control) ? llcOf(info) : null
  const fault = parsed && !parsed.ok ? parsed.malformed.message : ''
  return [
    ...headerParts(raw, offsets, raw.length - 2),
    ...llcParts(llc, offsets.info),
    ...(parsed ? apduParts(parsed, shift, fcs, fault) : infoParts(control, info, shift, fcs)),
    checkPart(raw, fcs),
  ]
}

const controlWord = (control: number) => controlName(control).split(/[ ,]/)[0] ?? null

function infoOffset(raw: Uint8Array): number {
  return offsetsOf(raw, 1, raw.length - 1)?.info ?? 1
}
