import { fromHex } from '#protocols/bytes'
import type { Malformed, MeterProfile } from '#protocols/model'
import { mechanisms } from './acse.ts'
import { textBytes } from './data-writer.ts'
import { wordsOf } from './route.ts'
import type { Gcm, SecurityKeys, Sender } from './security.ts'

/** How an association proves itself and what it hides. */
export interface Credentials {
  readonly mechanism: (typeof mechanisms)[keyof typeof mechanisms]
  readonly password: Uint8Array | null
  /** Null where nothing is enciphered. */
  readonly keys: SecurityKeys | null
  readonly title: Uint8Array
  /** The last counter that was used with the keys. */
  readonly counter: number
}

const KEY_BYTES = 16
const LONG_KEY_BYTES = 32
const TITLE_BYTES = 8
/** Enough are left for a visit of any length. */
const COUNTER_MAX = 0xffff_0000
/** OHES, then a serial number: what the head-end is called where nothing else is said. */
const ownTitle = Uint8Array.of(0x4f, 0x48, 0x45, 0x53, 0, 0, 0, 1)

type Read =
  | { readonly ok: true; readonly credentials: Credentials }
  | { readonly ok: false; readonly malformed: Malformed }

/**
 * What the access of a meter comes to. A password alone is low-level security, two keys are
 * high-level security 5 (GMAC) in a ciphered context, keys and a password low-level security in a
 * ciphered context. Keys of 32 bytes are of suite 2, others of suite 0 unless the profile says
 * `suite-1`. A password is text, or bytes as `0x…`.
 */
export function credentialsOf(meter: MeterProfile): Read {
  const { access } = meter
  const fault = (message: string): Read => ({
    ok: false,
    malformed: { code: 'dlms.access', message },
  })
  const { password, encryptionKey, authenticationKey, systemTitle } = access ?? {}
  const secret = password === undefined ? null : passwordBytes(password)
  if (password !== undefined && !secret) return fault('the password is no hex behind 0x')
  const title = systemTitle === undefined ? ownTitle : fromHex(systemTitle)
  if (title?.length !== TITLE_BYTES) return fault('the system title is not 8 bytes of hex')
  const counter = access?.invocationCounter ?? 0
  if (!Number.isInteger(counter) || counter < 0 || counter > COUNTER_MAX) {
    return fault('the invocation counter is none, or none is left behind it')
  }
  const low = secret ? mechanisms.low : mechanisms.none
  const plain = { mechanism: low, password: secret, keys: null, title, counter }
  if (encryptionKey === undefined && authenticationKey === undefined) {
    return { ok: true, credentials: plain }
  }
  const encryption = fromHex(encryptionKey ?? '')
  const authentication = fromHex(authenticationKey ?? '')
  if (!encryption || !authentication || !areKeys(encryption.length, authentication.length)) {
    return fault('the keys are not two of 16 bytes of hex, or of 32')
  }
  const isFirst = wordsOf(meter).includes('suite-1')
  if (isFirst && encryption.length !== KEY_BYTES) return fault('the keys of suite 1 have 16 bytes')
  const keys: SecurityKeys = { encryption, authentication, ...(isFirst ? { suite: 1 } : {}) }
  const mechanism = secret ? mechanisms.low : mechanisms.gmac
  return { ok: true, credentials: { ...plain, mechanism, keys } }
}

const areKeys = (length: number, other: number) =>
  length === other && (length === KEY_BYTES || length === LONG_KEY_BYTES)

function passwordBytes(password: string): Uint8Array | null {
  return password.startsWith('0x') ? (fromHex(password) ?? null) : textBytes(password)
}

export function senderOf(gcm: Gcm, { keys, title }: Credentials): Sender | null {
  return keys && { gcm, keys, title }
}
