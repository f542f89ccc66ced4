import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { KeySet } from '#drivers/cipher'

/**
 * Keys and sums of the simulated world. The real ones are SM1 and SM4 in sealed chips; here AES and
 * HMAC stand for them, so that both sides agree and nothing else does. Known to everybody.
 */
const roots: Readonly<Record<KeySet, Uint8Array>> = {
  test: new TextEncoder().encode('simulated keys for tests'),
  production: new TextEncoder().encode('simulated keys of a grid company'),
}

const BLOCK = 16
const MAC_BYTES = 4
const PAD = 0x80

export function deviceKey(keys: KeySet, dispersion: Uint8Array): Uint8Array {
  return sum(roots[keys], BLOCK, dispersion)
}

export function sum(key: Uint8Array, bytes: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return Uint8Array.from(hmac.digest().subarray(0, bytes))
}

export function mac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return sum(key, MAC_BYTES, ...parts)
}

/** Whole blocks, padded by 80 00 …; `blocks` at least. */
export function encipher(key: Uint8Array, plain: Uint8Array, blocks = 1): Uint8Array {
  const length = Math.max(blocks, Math.ceil((plain.length + 1) / BLOCK)) * BLOCK
  const padded = new Uint8Array(length)
  padded.set(plain)
  padded[plain.length] = PAD
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  return Uint8Array.from(Buffer.concat([cipher.update(padded), cipher.final()]))
}

/** Null where the padding is not there: another key, or damage. */
export function decipher(key: Uint8Array, enciphered: Uint8Array): Uint8Array | null {
  if (enciphered.length === 0 || enciphered.length % BLOCK !== 0) return null
  const decipherer = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const padded = Buffer.concat([decipherer.update(enciphered), decipherer.final()])
  const end = padded.lastIndexOf(PAD)
  if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) return null
  return Uint8Array.from(padded.subarray(0, end))
}

export function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}
