import { byteAt, hexPair } from '#protocols/bytes'
import type { FramePart, Malformed } from '#protocols/model'
import { type Acse, type Initiate, readAcse, readInitiate } from './acse.ts'
import { Cursor } from './cursor.ts'
import { readService } from './read-service.ts'
import { type Ciphered, isCiphered, readCiphered } from './security.ts'
import { serviceWords } from './service-words.ts'
import type { Service } from './services.ts'
import { readTransfer, type Transfer, transferTag } from './transfer.ts'

/** One APDU, plain or still enciphered. */
export type Apdu =
  | { readonly kind: 'service'; readonly service: Service }
  | { readonly kind: 'acse'; readonly acse: Acse }
  | { readonly kind: 'initiate'; readonly initiate: Initiate }
  | { readonly kind: 'ciphered'; readonly ciphered: Ciphered }
  | { readonly kind: 'transfer'; readonly transfer: Transfer }

export type ParsedApdu =
  | { readonly ok: true; readonly apdu: Apdu; readonly parts: readonly FramePart[] }
  | { readonly ok: false; readonly malformed: Malformed; readonly parts: readonly FramePart[] }

const noParts: readonly FramePart[] = []

/** Reads exactly one APDU. */
export function parseApdu(bytes: Uint8Array): ParsedApdu {
  return read(new Cursor(bytes))
}

/** The same, and what each range of bytes means; offsets count from `shift`. */
export function explainApdu(bytes: Uint8Array, shift: number): ParsedApdu {
  const cursor = new Cursor(bytes)
  const parts: FramePart[] = []
  const places = new Map<object, number>()
  cursor.parts = parts
  cursor.places = places
  const parsed = read(cursor)
  const words = new Map<number, string>()
  if (parsed.ok && parsed.apdu.kind === 'service') {
    for (const [data, text] of serviceWords(parsed.apdu.service)) {
      const at = places.get(data)
      if (at !== undefined) words.set(at, text)
    }
  }
  const moved = parts.map(({ from, to, text }, index) => ({
    from: from + shift,
    to: to + shift,
    text: text + (words.get(index) ?? ''),
  }))
  return { ...parsed, parts: moved }
}

function read(cursor: Cursor): ParsedApdu {
  const found = readAny(cursor)
  if (found && cursor.isDone) return { ok: true, apdu: found, parts: noParts }
  const tag = byteAt(cursor.bytes, 0)
  const known = isCiphered(tag) || knownTags.has(tag)
  const message = known
    ? `APDU ${hexPair(tag)} is cut off, too long or not of its form near byte ${cursor.at}`
    : `APDU ${hexPair(tag)} is not known`
  const code = known ? 'dlms.apdu' : 'dlms.apdu-unknown'
  return { ok: false, malformed: { code, message }, parts: noParts }
}

const knownTags: ReadonlySet<number> = new Set([
  1, 8, 14, 15, 96, 97, 98, 99, 192, 193, 194, 195, 196, 197, 199, 216, 224,
])

function readAny(cursor: Cursor): Apdu | null {
  const tag = byteAt(cursor.bytes, cursor.at)
  if (cursor.left === 0) return null
  if (tag >= 96 && tag <= 99) {
    const acse = readAcse(cursor)
    return acse && { kind: 'acse', acse }
  }
  if (tag === 1 || tag === 8) {
    const initiate = readInitiate(cursor)
    return initiate && { kind: 'initiate', initiate }
  }
  if (isCiphered(tag)) {
    const ciphered = readCiphered(cursor)
    return ciphered && { kind: 'ciphered', ciphered }
  }
  if (tag === transferTag) {
    const transfer = readTransfer(cursor)
    return transfer && { kind: 'transfer', transfer }
  }
  const service = readService(cursor)
  return service && { kind: 'service', service }
}
