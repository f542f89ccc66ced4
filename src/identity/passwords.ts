import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { fail, ok, type Result } from '#src/core'

/** How dear a guess is. N is 2^log2N; memory is 128 × N × r bytes. */
export interface PasswordCost {
  readonly log2N: number
  readonly r: number
  readonly p: number
}

/** 32 MB and about a quarter of a second: the OWASP floor for scrypt. */
export const productionCost: PasswordCost = { log2N: 15, r: 8, p: 3 }

const SALT_BYTES = 16
const KEY_BYTES = 32
const CONCURRENT_MAX = 2
const WAITING_MAX = 64

export interface Passwords {
  hash(password: string): Promise<Result<string, 'busy'>>
  /** `encoded` null (no such user) takes as long as a wrong password and is always wrong. */
  verify(password: string, encoded: string | null): Promise<Result<boolean, 'busy'>>
}

/**
 * Hashing fills a core for its duration, so few run at a time and few wait: a flood of sign-ins
 * must not take the machine from the meters.
 */
export function scryptPasswords(cost: PasswordCost): Passwords {
  let running = 0
  const waiting: (() => void)[] = []
  const decoySalt = randomBytes(SALT_BYTES)
  const decoyKey = randomBytes(KEY_BYTES)

  async function derive(password: string, salt: Uint8Array, with_: PasswordCost) {
    if (running >= CONCURRENT_MAX) {
      if (waiting.length >= WAITING_MAX) return fail('busy' as const)
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return ok(await scryptKey(password, salt, with_))
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const key = await derive(password, salt, cost)
      return key.ok ? ok(encode(cost, salt, key.value)) : key
    },
    async verify(password, encoded) {
      const stored = encoded === null ? null : decode(encoded)
      const salt = stored?.salt ?? decoySalt
      const key = await derive(password, salt, stored?.cost ?? cost)
      if (!key.ok) return key
      const equal = timingSafeEqual(key.value, stored?.key ?? decoyKey)
      return ok(equal && stored !== null)
    },
  }
}

function scryptKey(password: string, salt: Uint8Array, cost: PasswordCost): Promise<Buffer> {
  const N = 2 ** cost.log2N
  const options: ScryptOptions = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

function encode(cost: PasswordCost, salt: Buffer, key: Buffer): string {
  const parameters = `ln=${cost.log2N},r=${cost.r},p=${cost.p}`
  return `$scrypt$${parameters}$${salt.toString('base64')}$${key.toString('base64')}`
}

const ENCODED = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)$/

function decode(encoded: string): { cost: PasswordCost; salt: Buffer; key: Buffer } | null {
  const match = ENCODED.exec(encoded)
  if (!match) return null
  const [, log2N, r, p, salt = '', key = ''] = match
  const keyBytes = Buffer.from(key, 'base64')
  if (keyBytes.length !== KEY_BYTES) return null
  return {
    cost: { log2N: Number(log2N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    key: keyBytes,
  }
}
