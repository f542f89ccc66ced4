import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GateKey, gateKey } from './permit.ts'

const KEY_BYTES = 32

/**
 * The key that seals permits, from the data folder; made at the first start. It lives beside the
 * database and not in it: whoever can write rows still cannot write permits.
 */
export function loadGateKey(dataDir: string): GateKey {
  const folder = join(dataDir, 'secrets')
  const path = join(folder, 'gate.key')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, randomBytes(KEY_BYTES).toString('hex'), { mode: 0o600, flush: true })
  try {
    // Of two processes that start at once one key wins, whole.
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const text = readFileSync(path, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Error(`${path} holds no key of ${KEY_BYTES} bytes; restore it from a backup`)
  }
  return gateKey(Buffer.from(text, 'hex'))
}
