import { toHex, Writer } from '#protocols/bytes'
import type { FramePart } from '#protocols/model'
import { Cursor } from './cursor.ts'
import { octetsText } from './data.ts'
import {
  associationResults,
  conformanceBits,
  providerDiagnostics,
  serviceErrorKinds,
  userDiagnostics,
  wordsOf,
} from './results-table.ts'
import { joined, tagged } from './sized.ts'

/** Application contexts 2.16.756.5.8.1.n and authentication mechanisms 2.16.756.5.8.2.n. */
export const contexts = { ln: 1, sn: 2, lnCiphered: 3, snCiphered: 4 } as const
export const mechanisms = { none: 0, low: 1, high: 2, gmac: 5 } as const

const contextNames = [
  '?',
  'logical names',
  'short names',
  'logical names, ciphered',
  'short names, ciphered',
]
const mechanismNames = [
  'none',
  'low',
  'high',
  'high MD5',
  'high SHA-1',
  'high GMAC',
  'high SHA-256',
  'high ECDSA',
]

/** Association and release (ISO/IEC 8650 as IEC 62056-5-3 uses it). Absent fields are null. */
export interface Acse {
  readonly kind: 'aarq' | 'aare' | 'rlrq' | 'rlre'
  readonly context: number | null
  readonly mechanism: number | null
  readonly title: Uint8Array | null
  /** A password, or a challenge. */
  readonly authentication: Uint8Array | null
  readonly result: number | null
  readonly diagnostic: { readonly source: 'user' | 'provider'; readonly value: number } | null
  readonly reason: number | null
  /** The initiate APDU, perhaps enciphered. */
  readonly user: Uint8Array | null
}

const kinds: Readonly<Record<number, Acse['kind']>> = {
  96: 'aarq',
  97: 'aare',
  98: 'rlrq',
  99: 'rlre',
}
const kindTags = { aarq: 96, aare: 97, rlrq: 98, rlre: 99 } as const
const objectPrefix = [0x60, 0x85, 0x74, 0x05, 0x08]

export const noAcse = {
  context: null,
  mechanism: null,
  title: null,
  authentication: null,
  result: null,
  diagnostic: null,
  reason: null,
  user: null,
} as const satisfies Partial<Acse>

/** Takes an association or release APDU; null where it is none or broken. */
export function readAcse(cursor: Cursor): Acse | null {
  const from = cursor.at
  const kind = kinds[cursor.uint8()]
  if (!kind) return null
  const length = cursor.size()
  if (length !== cursor.left) return null
  if (cursor.parts) cursor.note(from, kind.toUpperCase())
  let acse: Acse = { kind, ...noAcse }
  while (cursor.left > 0 && !cursor.failed) {
    const at = cursor.at
    const tag = cursor.uint8()
    const field = cursor.sized()
    const found = readField(kind, tag, field)
    if (found === null) cursor.fail()
    if (cursor.parts) tellField(cursor, at, fieldText(kind, tag, field, found ?? {}), found?.user)
    acse = { ...acse, ...found }
  }
  return cursor.failed ? null : acse
}

/** One field; what the two sides agree on is told in parts of its own. */
function tellField(cursor: Cursor, at: number, text: string, user?: Uint8Array | null): void {
  const inner = user && new Cursor(cursor.bytes, cursor.at - user.length, cursor.at)
  const parts: FramePart[] = []
  if (inner) inner.parts = parts
  if (inner && !cursor.failed && readInitiate(inner)) {
    cursor.parts?.push({ from: at, to: cursor.at - user.length, text }, ...parts)
  } else cursor.note(at, text)
}

function readField(kind: Acse['kind'], tag: number, field: Uint8Array): Partial<Acse> | null {
  switch (tag) {
    case 0xa1:
      return { context: objectIn(field.subarray(2), 1) }
    case 0xa2:
      return kind === 'aare' ? { result: lastByte(field) } : {}
    case 0xa3: {
      if (kind !== 'aare') return {}
      return {
        diagnostic: { source: field[0] === 0xa2 ? 'provider' : 'user', value: lastByte(field) },
      }
    }
    case 0xa4:
      return kind === 'aare' ? { title: innerOf(field) } : {}
    case 0xa6:
      return kind === 'aarq' ? { title: innerOf(field) } : {}
    case 0x8b:
    case 0x89:
      return { mechanism: objectIn(field, 2) }
    case 0xac:
    case 0xaa:
      return { authentication: innerOf(field) }
    case 0x80:
      return kind === 'rlrq' || kind === 'rlre' ? { reason: lastByte(field) } : {}
    case 0xbe: {
      const user = innerOf(field)
      return user && { user }
    }
    default:
      return {}
  }
}

const lastByte = (field: Uint8Array): number => field[field.length - 1] ?? 0

/** The contents of the one element in a field. */
function innerOf(field: Uint8Array): Uint8Array | null {
  const cursor = new Cursor(field, 1)
  const inner = cursor.sized()
  return cursor.isDone ? inner : null
}

function objectIn(field: Uint8Array, arc: number): number | null {
  const known = [...objectPrefix, arc].every((byte, index) => field[index] === byte)
  return known && field.length === 7 ? (field[6] ?? null) : null
}

function fieldText(
  kind: Acse['kind'],
  tag: number,
  field: Uint8Array,
  found: Partial<Acse>,
): string {
  if (found.context) return `context: ${contextNames[found.context] ?? found.context}`
  if (typeof found.mechanism === 'number') {
    return `authentication: ${mechanismNames[found.mechanism] ?? found.mechanism}`
  }
  if (found.title) return `system title ${toHex(found.title)}`
  // A password or a challenge: never shown.
  if (found.authentication) return `authentication value, ${found.authentication.length} bytes`
  if (typeof found.result === 'number') return wordsOf(associationResults, found.result)[1]
  if (found.diagnostic) return diagnosticWords(found.diagnostic)[1]
  if (found.user) return userText(found.user)
  if (tag === 0xbe) return 'user information'
  if (tag === 0x8a || tag === 0x88) return 'authentication is used'
  if (typeof found.reason === 'number') return `reason ${found.reason}`
  return `${kind} field ${tag.toString(16).toUpperCase()}: ${octetsText(field)}`
}

const plainInitiates: ReadonlySet<number | undefined> = new Set([1, 8])
const SERVICE_ERROR = 0x0e

function userText(user: Uint8Array): string {
  const [tag, , error = 0, value = 0] = user
  if (plainInitiates.has(tag)) return 'user information'
  if (tag !== SERVICE_ERROR) return `user information, ${user.length} bytes enciphered`
  const [kind] = wordsOf(serviceErrorKinds, error)
  return `user information: ConfirmedServiceError, ${kind} ${value}`
}

export function diagnosticWords({ source, value }: NonNullable<Acse['diagnostic']>) {
  return wordsOf(source === 'user' ? userDiagnostics : providerDiagnostics, value)
}

export function writeAcse(acse: Acse): Uint8Array {
  const { kind, context, mechanism, title, authentication, result, diagnostic, reason } = acse
  const isRequest = kind === 'aarq'
  const fields: Uint8Array[] = []
  if (reason !== null) fields.push(tagged(0x80, Uint8Array.of(reason)))
  if (context !== null) fields.push(tagged(0xa1, tagged(6, objectName(1, context))))
  if (result !== null) fields.push(tagged(0xa2, Uint8Array.of(2, 1, result)))
  if (diagnostic) {
    const choice = diagnostic.source === 'user' ? 0xa1 : 0xa2
    fields.push(tagged(0xa3, tagged(choice, Uint8Array.of(2, 1, diagnostic.value))))
  }
  if (title) fields.push(tagged(isRequest ? 0xa6 : 0xa4, tagged(4, title)))
  if (mechanism !== null && mechanism !== mechanisms.none) {
    fields.push(tagged(isRequest ? 0x8a : 0x88, Uint8Array.of(7, 0x80)))
    fields.push(tagged(isRequest ? 0x8b : 0x89, objectName(2, mechanism)))
  }
  if (authentication) fields.push(tagged(isRequest ? 0xac : 0xaa, tagged(0x80, authentication)))
  if (acse.user) fields.push(tagged(0xbe, tagged(4, acse.user)))
  return tagged(kindTags[kind], joined(...fields))
}

const objectName = (arc: number, value: number) => Uint8Array.of(...objectPrefix, arc, value)

/** What the two sides agree on at the beginning of an association. */
export interface Initiate {
  readonly kind: 'request' | 'response'
  readonly conformance: number
  readonly maxPduBytes: number
}

const VERSION = 6
/** [APPLICATION 31] of the conformance block, and how many of its 32 bits are unused. */
const conformanceTag = [0x5f, 0x1f, 0x04, 0x00]

export function readInitiate(cursor: Cursor): Initiate | null {
  const from = cursor.at
  const tag = cursor.uint8()
  if (tag !== 1 && tag !== 8) return null
  const kind = tag === 1 ? 'request' : 'response'
  if (kind === 'request') {
    // A dedicated key; whether an answer is wanted.
    if (cursor.uint8() !== 0) cursor.sized()
    if (cursor.uint8() !== 0) cursor.uint8()
  }
  if (cursor.uint8() !== 0) cursor.uint8()
  const version = cursor.uint8()
  if (cursor.parts) cursor.note(from, `initiate ${kind}, DLMS version ${version}`)
  const at = cursor.at
  cursor.uint8()
  if (cursor.bytes[cursor.at] === 0x1f) cursor.uint8()
  cursor.uint16()
  const conformance = cursor.uint8() * 0x1_0000 + cursor.uint16()
  if (cursor.parts) cursor.note(at, `conformance: ${conformanceText(conformance)}`)
  const maxAt = cursor.at
  const maxPduBytes = cursor.uint16()
  if (cursor.parts) cursor.note(maxAt, `longest APDU ${maxPduBytes} bytes`)
  const nameAt = cursor.at
  if (kind === 'response') {
    cursor.uint16()
    if (cursor.parts) cursor.note(nameAt, 'the name of the association object')
  }
  return cursor.isDone && version === VERSION ? { kind, conformance, maxPduBytes } : null
}

function conformanceText(conformance: number): string {
  const set = conformanceBits.filter((_, bit) => ((conformance >> (23 - bit)) & 1) === 1)
  return set.join(', ') || 'nothing'
}

export function writeInitiate({ kind, conformance, maxPduBytes }: Initiate): Uint8Array {
  const writer = new Writer()
  if (kind === 'request') writer.uint8(1).uint8(0).uint8(0).uint8(0)
  else writer.uint8(8).uint8(0)
  writer.uint8(VERSION).put(Uint8Array.from(conformanceTag))
  writer
    .uint8(conformance >> 16)
    .uint16(conformance & 0xffff)
    .uint16(maxPduBytes)
  // VAA-name of associations by logical names.
  if (kind === 'response') writer.uint16(7)
  return writer.done()
}
