import { byteAt, hexPair, toHex } from '#protocols/bytes'
import {
  type FrameDescription,
  type FramePart,
  type Malformed,
  nothingKnown,
} from '#protocols/model'
import { addressText } from './address.ts'
import { apduReadings } from './answer-values.ts'
import { type Apdu, decodeApdu, explainApdu } from './apdu.ts'
import { readFragment } from './fragment.ts'
import {
  addressOffset,
  checkEnvelope,
  end,
  type Frame,
  fragmentBit,
  frameAt,
  frameStart,
  fromServer,
  functionOf,
  headerLength,
  lengthAt,
  scrambleBit,
  startedByClient,
} from './frame.ts'
import { objectsOf } from './objects.ts'
import { envelopeRefusal, refusalOf } from './refusal.ts'
import { hidden, secretsOf } from './secrets.ts'
import { opened, proofExtras } from './security.ts'

const noExtras = {
  serverAddress: null,
  clientAddress: null,
  service: null,
  piid: null,
  oads: [],
  apdu: null,
}

/** Everything there is to say of one frame, also of a broken one. Passwords are never shown. */
export function describeFrame(raw: Uint8Array): FrameDescription {
  const from = frameStart(raw)
  const malformed = checkEnvelope(raw, from)
  if (malformed && !afterLength.has(malformed.code)) return describeBroken(raw, from, malformed)
  const frame = frameAt(raw, from)
  const inside = insideOf(frame, from + headerLength(raw, from))
  const fault = malformed ?? inside.malformed
  const { apdu } = inside
  const objects = apdu ? objectsOf(apdu) : []
  return {
    ...nothingKnown,
    protocol: 'dlt698',
    valid: fault === null,
    raw,
    direction: directionOf(frame.control),
    address: addressText(frame.server),
    function: apdu ? functionName(apdu) : null,
    control: hexPair(frame.control),
    dataId: objects.length === 1 ? (objects[0] ?? null) : null,
    more: inside.more,
    readings: apdu && fault === null ? apduReadings(apdu, null) : [],
    error: fault ?? (apdu ? (envelopeRefusal(apdu) ?? refusalOf(apdu)) : null),
    extras: {
      ...noExtras,
      serverAddress: addressText(frame.server),
      addressKind: frame.server.kind,
      logicalAddress: frame.server.logical,
      clientAddress: hexPair(frame.client),
      service: apdu?.service ?? null,
      piid: apdu?.piid ?? null,
      oads: objects,
      apdu: hidden(toHex(frame.data), inside.secrets),
      ...inside.extras,
    },
    parts: [
      ...headerParts(raw, from, frame, null),
      ...inside.parts,
      ...tailParts(raw, malformed ?? null),
    ],
  }
}

/** Faults behind which the fields of the frame still stand where they should. */
const afterLength: ReadonlySet<string> = new Set(['dlt698.checksum', 'dlt698.end'])

interface Inside {
  readonly apdu: Apdu | null
  readonly malformed: Malformed | null
  readonly more: boolean
  readonly extras: Readonly<Record<string, unknown>>
  readonly parts: readonly FramePart[]
  readonly secrets: readonly Uint8Array[]
}

const nothingInside = { apdu: null, malformed: null, more: false, extras: {}, secrets: [] } as const

/** The user data, which stands at `at` of the frame. */
function insideOf({ control, data }: Frame, at: number): Inside {
  if ((control & fragmentBit) !== 0) return fragmentInside(data, at)
  const outer = decodeApdu(data)
  if (!outer.ok) {
    const malformed = moved(outer.malformed, at)
    return { ...nothingInside, malformed, parts: explained(data, at) }
  }
  const proof = proofExtras(outer.apdu)
  const extras = proof ? { security: proof } : {}
  const inner = opened(outer.apdu)
  if (!inner) {
    return { ...nothingInside, apdu: outer.apdu, extras, parts: explained(data, at) }
  }
  const parts = withInner(explained(data, at), outer.apdu, data, at)
  if (!inner.ok) return { ...nothingInside, malformed: inner.malformed, extras, parts }
  const { apdu } = inner
  const secrets = secretsOf(apdu)
  const more = apdu.service === 'GetResponseNext' && apdu.body.isLast === 0
  return {
    apdu,
    malformed: null,
    more,
    extras,
    secrets,
    parts: secrets.length > 0 ? quiet(parts) : parts,
  }
}

function fragmentInside(data: Uint8Array, at: number): Inside {
  const fragment = readFragment(data)
  const to = at + data.length
  if (!fragment) {
    const message = 'a fragment without a right header'
    const malformed = { code: 'dlt698.fragment', message, offset: at }
    return { ...nothingInside, malformed, parts: to > at ? [{ from: at, to, text: message }] : [] }
  }
  const { kind, block } = fragment
  const parts = [{ from: at, to: at + 2, text: `fragment ${block}, ${kind}` }]
  if (to > at + 2) parts.push({ from: at + 2, to, text: 'part of an APDU' })
  const more = kind === 'first' || kind === 'middle'
  return { ...nothingInside, more, extras: { fragment: { kind, block } }, parts }
}

/** The inner APDU of a security envelope, explained in the place of its bytes. */
function withInner(
  parts: readonly FramePart[],
  { service, body }: Apdu,
  data: Uint8Array,
  at: number,
): readonly FramePart[] {
  const isEnvelope = service === 'SECURITY-Request' || service === 'SECURITY-Response'
  if (!isEnvelope || body.payload.kind !== 'plain') return parts
  const { value } = body.payload
  const from = at + value.byteOffset - data.byteOffset
  return parts.flatMap((part) => {
    if (part.to !== from + value.length) return [part]
    const head = { from: part.from, to: from, text: `APDU in the plain, ${value.length} bytes` }
    return [head, ...explained(value, from)]
  })
}

/** What each byte of an APDU is; what could not be read comes in one line behind what could. */
function explained(data: Uint8Array, at: number): readonly FramePart[] {
  const parts = explainApdu(data, at)
  const from = parts.at(-1)?.to ?? at
  const to = at + data.length
  return from < to ? [...parts, { from, to, text: 'not readable' }] : parts
}

/** A password stands among the values of such a message: none of its values is told. */
function quiet(parts: readonly FramePart[]): readonly FramePart[] {
  return parts.map((part) =>
    /^(?:mechanism|value|settings)/.test(part.text) ? { ...part, text: 'not shown' } : part,
  )
}

function moved(malformed: Malformed, by: number): Malformed {
  return { ...malformed, offset: (malformed.offset ?? 0) + by }
}

/** A frame whose header or length is wrong, or none at all: what stands before the fault is told. */
function describeBroken(raw: Uint8Array, from: number, error: Malformed): FrameDescription {
  const frame = hasHeader(raw, from, error) ? frameAt(raw, from) : null
  const wrong = error.code === 'dlt698.header-checksum' ? error.message : null
  const known = frame ? headerParts(raw, from, frame, wrong) : wakeUpParts(from)
  const at = known.at(-1)?.to ?? from
  const unread = wrong === null ? error.message : 'not read, for the header is not sure'
  const rest =
    raw.length > at && raw.length > 0
      ? [{ from: at, to: raw.length, text: frame ? unread : error.message }]
      : []
  return {
    ...nothingKnown,
    protocol: 'dlt698',
    valid: false,
    raw,
    direction: frame ? directionOf(frame.control) : null,
    address: frame ? addressText(frame.server) : null,
    control: frame ? hexPair(frame.control) : null,
    error,
    extras: frame
      ? {
          ...noExtras,
          serverAddress: addressText(frame.server),
          clientAddress: hexPair(frame.client),
        }
      : noExtras,
    parts: [...known, ...rest],
  }
}

/** Whether the bytes of the header stand where they should: of a wrong one both its ends tell. */
function hasHeader(raw: Uint8Array, from: number, { code }: Malformed): boolean {
  if (code === 'dlt698.length') return raw.length >= from + headerLength(raw, from)
  if (code !== 'dlt698.header-checksum') return false
  return from + lengthAt(raw, from) === raw.length && byteAt(raw, raw.length - 1) === end
}

function directionOf(control: number): 'request' | 'reply' | 'report' {
  if ((control & fromServer) !== 0) return (control & startedByClient) === 0 ? 'report' : 'reply'
  return 'request'
}

/** The family of a service in one word. */
function functionName({ service }: Apdu): string {
  const found = families.find(([pattern]) => pattern.test(service))
  return found?.[1] ?? service
}

const families: readonly (readonly [RegExp, string])[] = [
  [/^Proxy/, 'proxy'],
  [/^Get/, 'read'],
  [/^Set/, 'write'],
  [/^Action/, 'action'],
  [/^Report/, 'report'],
  [/^LINK/, 'link'],
  [/^CONNECT/, 'connect'],
  [/^RELEASE/, 'release'],
  [/^SECURITY/, 'security'],
  [/ERROR/, 'error'],
]

function wakeUpParts(count: number): readonly FramePart[] {
  return count === 0 ? [] : [{ from: 0, to: count, text: `wake-up, ${count} × FE` }]
}

function headerParts(
  raw: Uint8Array,
  from: number,
  frame: Frame,
  wrong: string | null,
): readonly FramePart[] {
  const header = headerLength(raw, from)
  const clientAt = from + header - 3
  return [
    ...wakeUpParts(from),
    { from, to: from + 1, text: 'start' },
    {
      from: from + 1,
      to: from + 3,
      text: `length, ${byteAt(raw, from + 1) | ((byteAt(raw, from + 2) & 0x3f) << 8)} bytes`,
    },
    { from: from + 3, to: from + addressOffset, text: controlWords(frame.control) },
    { from: from + addressOffset, to: clientAt, text: addressWords(frame) },
    { from: clientAt, to: clientAt + 1, text: `client ${hexPair(frame.client)}` },
    { from: clientAt + 1, to: clientAt + 3, text: wrong ?? 'header checksum, right' },
  ]
}

function addressWords({ server }: Frame): string {
  const { kind, logical, digits } = server
  const within = logical === 0 ? '' : `, logical address ${logical}`
  return `server ${digits}, ${kind} address${within}`
}

function controlWords(control: number): string {
  const by = (control & fromServer) === 0 ? 'from the client' : 'from the server'
  const start = (control & startedByClient) === 0 ? 'server began' : 'client began'
  const function_ = functionOf(control) === 1 ? 'link' : 'user data'
  const fragment = (control & fragmentBit) === 0 ? '' : ', a fragment'
  const scrambled = (control & scrambleBit) === 0 ? '' : ', each byte of it sent with 33H added'
  return `${by}, ${start}, ${function_}${fragment}${scrambled}`
}

function tailParts(raw: Uint8Array, malformed: Malformed | null): readonly FramePart[] {
  const checksum = malformed?.code === 'dlt698.checksum' ? malformed.message : 'checksum, right'
  const last = malformed?.code === 'dlt698.end' ? malformed.message : 'end'
  return [
    { from: raw.length - 3, to: raw.length - 1, text: checksum },
    { from: raw.length - 1, to: raw.length, text: last },
  ]
}
