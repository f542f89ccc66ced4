import { Writer } from '#protocols/bytes'
import { Cursor } from './cursor.ts'
import { joined, putSized, tagged } from './sized.ts'

/** AES-GCM with a tag of twelve bytes, 128 or 256 by the key. Given: a codec brings no cipher. */
export interface Gcm {
  /** Ciphertext, then the tag. */
  seal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array
  /** The plaintext; null where the tag is wrong. */
  open(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null
}

/** How APDUs are protected: 0 and 1 by keys of 128 bits, 2 by keys of 256. */
export type Suite = 0 | 1 | 2

export interface SecurityKeys {
  readonly encryption: Uint8Array
  readonly authentication: Uint8Array
  /** As the length of the keys says it where absent: 0 or 2. */
  readonly suite?: Suite
}

const LONG_KEY_BYTES = 32
const suiteOf = ({ suite, encryption }: SecurityKeys): Suite =>
  suite ?? (encryption.length === LONG_KEY_BYTES ? 2 : 0)

/** Bits of the security control byte beside the suite: authenticated, encrypted, both. */
export const authenticated = 0x10
export const encrypted = 0x20
const broadcastKey = 0x40
const compressed = 0x80
const TAG_BYTES = 12
const TITLE_BYTES = 8

/** An enciphered APDU taken apart. */
export interface Ciphered {
  readonly tag: number
  /** The sender's; null where the association has told it. */
  readonly title: Uint8Array | null
  readonly control: number
  readonly counter: number
  readonly contents: Uint8Array
}

/** Tags of the services, plain, enciphered with the global and with a dedicated key. */
const plainTags = [0x01, 0x08, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc7] as const
const globalTags: Readonly<Record<number, number>> = {
  1: 0x21,
  8: 0x28,
  192: 0xc8,
  193: 0xc9,
  194: 0xca,
  195: 0xcb,
  196: 0xcc,
  197: 0xcd,
  199: 0xcf,
}
const serviceTags: ReadonlySet<number> = new Set(plainTags.map((tag) => globalTags[tag] ?? tag))
const dedicatedTags: ReadonlySet<number> = new Set([0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd7])
export const generalGlo = 0xdb
const generalDedicated = 0xdc

export function isCiphered(tag: number): boolean {
  return (
    serviceTags.has(tag) || dedicatedTags.has(tag) || tag === generalGlo || tag === generalDedicated
  )
}

/** Takes an enciphered APDU; null where it is none or broken. */
export function readCiphered(cursor: Cursor): Ciphered | null {
  const from = cursor.at
  const tag = cursor.uint8()
  if (!isCiphered(tag)) return null
  const general = tag === generalGlo || tag === generalDedicated
  const title = general ? cursor.sized() : null
  const length = cursor.size()
  if (length !== cursor.left || length < 5) return null
  if (cursor.parts) cursor.note(from, cipheredName(tag))
  const at = cursor.at
  const control = cursor.uint8()
  const counter = cursor.uint32()
  if (cursor.parts) cursor.note(at, controlText(control, counter))
  const restAt = cursor.at
  const contents = cursor.rest()
  if (cursor.parts) cursor.note(restAt, `${contents.length} bytes enciphered`)
  return cursor.failed ? null : { tag, title, control, counter, contents }
}

export function cipheredName(tag: number): string {
  if (tag === generalGlo) return 'GeneralGloCiphering'
  if (tag === generalDedicated) return 'GeneralDedCiphering'
  return `${dedicatedTags.has(tag) ? 'Ded' : 'Glo'}${serviceNames[tag] ?? ''}`
}

const serviceNames: Readonly<Record<number, string>> = {
  33: 'InitiateRequest',
  40: 'InitiateResponse',
  200: 'GetRequest',
  201: 'SetRequest',
  202: 'EventNotificationRequest',
  203: 'ActionRequest',
  204: 'GetResponse',
  205: 'SetResponse',
  207: 'ActionResponse',
  208: 'GetRequest',
  209: 'SetRequest',
  210: 'EventNotificationRequest',
  211: 'ActionRequest',
  212: 'GetResponse',
  213: 'SetResponse',
  215: 'ActionResponse',
}

function controlText(control: number, counter: number): string {
  const words = [
    (control & authenticated) !== 0 ? 'authenticated' : '',
    (control & encrypted) !== 0 ? 'encrypted' : '',
    (control & broadcastKey) !== 0 ? 'with the broadcast key' : '',
    (control & compressed) !== 0 ? 'compressed' : '',
  ].filter((word) => word !== '')
  return `${words.join(', ') || 'unprotected'}, suite ${control & 15}, invocation counter ${counter}`
}

/** Who sends, under which keys. */
export interface Sender {
  readonly gcm: Gcm
  readonly keys: SecurityKeys
  readonly title: Uint8Array
}

function ivOf(title: Uint8Array, counter: number): Uint8Array {
  return new Writer().put(title).uint32(counter).done()
}

/** Authenticates and encrypts a plain APDU (IEC 62056-5-3). */
export function encipher(
  sender: Sender,
  plain: Uint8Array,
  counter: number,
  form: 'service' | 'general',
): Uint8Array {
  const { gcm, keys, title } = sender
  const control = authenticated | encrypted | suiteOf(keys)
  const aad = joined(Uint8Array.of(control), keys.authentication)
  const sealed = gcm.seal(keys.encryption, ivOf(title, counter), aad, plain)
  const body = new Writer().uint8(control).uint32(counter).put(sealed).done()
  const tag = globalTags[plain[0] ?? 0]
  if (form === 'service' && tag !== undefined) return tagged(tag, body)
  return putSized(putSized(new Writer().uint8(generalGlo), title), body).done()
}

export type Deciphered =
  | { readonly ok: true; readonly plain: Uint8Array }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** The plain APDU of an enciphered one; `title` is the sender's where the APDU does not say it. */
export function decipher(
  gcm: Gcm,
  keys: SecurityKeys,
  ciphered: Ciphered,
  titleKnown: Uint8Array | null,
): Deciphered {
  const { control, counter, contents } = ciphered
  const title = ciphered.title?.length === TITLE_BYTES ? ciphered.title : titleKnown
  if (!title) return failed('no-title', 'the system title of the sender is not known')
  if ((control & 15) !== suiteOf(keys)) {
    return failed('security-suite', `of suite ${control & 15}, not of ${suiteOf(keys)}`)
  }
  if ((control & compressed) !== 0) return failed('compressed', 'compressed: not deciphered')
  if (dedicatedTags.has(ciphered.tag) || ciphered.tag === generalDedicated) {
    return failed('dedicated-key', 'enciphered with a dedicated key that is not known')
  }
  const iv = ivOf(title, counter)
  const head = joined(Uint8Array.of(control), keys.authentication)
  switch (control & (authenticated | encrypted)) {
    case authenticated | encrypted: {
      const plain = gcm.open(keys.encryption, iv, head, contents)
      return plain ? { ok: true, plain } : wrongTag
    }
    case authenticated: {
      const plain = contents.subarray(0, Math.max(0, contents.length - TAG_BYTES))
      const tag = contents.subarray(plain.length)
      const opened = gcm.open(keys.encryption, iv, joined(head, plain), tag)
      return opened ? { ok: true, plain } : wrongTag
    }
    case encrypted: {
      // Counter mode: encrypting what is encrypted gives the plaintext. Nothing proves it.
      const twice = gcm.seal(keys.encryption, iv, new Uint8Array(0), contents)
      return { ok: true, plain: twice.subarray(0, contents.length) }
    }
    default:
      return failed('security-control', 'neither authenticated nor encrypted')
  }
}

const failed = (code: string, message: string): Deciphered => ({
  ok: false,
  code: `dlms.${code}`,
  message,
})
const wrongTag = failed('authentication-tag', 'the authentication tag is wrong (key or title)')

/** What answers a challenge (high-level security 5, GMAC): control, counter, tag. */
export function answerChallenge(
  sender: Sender,
  challenge: Uint8Array,
  counter: number,
): Uint8Array {
  const control = authenticated | suiteOf(sender.keys)
  const aad = joined(Uint8Array.of(control), sender.keys.authentication, challenge)
  const iv = ivOf(sender.title, counter)
  const tag = sender.gcm.seal(sender.keys.encryption, iv, aad, new Uint8Array(0))
  return new Writer().uint8(control).uint32(counter).put(tag).done()
}

/** True if an answer to our challenge was made with the keys, by whoever bears the title. */
export function isAnswerToChallenge(
  sender: Sender,
  challenge: Uint8Array,
  answer: Uint8Array,
): boolean {
  const cursor = new Cursor(answer)
  const control = authenticated | suiteOf(sender.keys)
  if (cursor.uint8() !== control) return false
  const counter = cursor.uint32()
  const tag = cursor.take(TAG_BYTES)
  if (!cursor.isDone) return false
  const aad = joined(Uint8Array.of(control), sender.keys.authentication, challenge)
  return sender.gcm.open(sender.keys.encryption, ivOf(sender.title, counter), aad, tag) !== null
}
