import { createHash, randomBytes } from 'node:crypto'

const SESSION_PREFIX = 'hes_s_'
const KEY_PREFIX = 'hes_k_'
const SECRET_BYTES = 32
const LENGTH_MAX = 128

/** 256 random bits: no guessing, so a plain hash is enough to keep it. */
export function newSessionToken(): string {
  return SESSION_PREFIX + randomBytes(SECRET_BYTES).toString('base64url')
}

/** `prefix` may be shown in lists; the secret is shown once. */
export function newApiKey(): { secret: string; prefix: string } {
  const prefix = KEY_PREFIX + randomBytes(4).toString('hex')
  return { prefix, secret: `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}` }
}

/** A password a person can type: 20 letters and digits without look-alikes, in groups. */
export function newPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
  const letters: string[] = []
  while (letters.length < 20) {
    for (const byte of randomBytes(32)) {
      // Bytes past a whole number of alphabets would favour the first letters.
      if (byte < 248 && letters.length < 20) letters.push(alphabet.charAt(byte % alphabet.length))
    }
  }
  return letters.join('').replace(/(.{5})(?=.)/g, '$1-')
}

export function tokenKind(token: string): 'session' | 'key' | 'unknown' {
  if (token.length > LENGTH_MAX) return 'unknown'
  if (token.startsWith(SESSION_PREFIX)) return 'session'
  return token.startsWith(KEY_PREFIX) ? 'key' : 'unknown'
}

export function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
