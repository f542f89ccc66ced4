import type { FrameAim } from '#protocols/model'
import { effectOfWrite, parseWrite, type WriteRow } from './writes.ts'

/** Reaches every device on the line. */
const EVERYBODY = 0
/** Unit, function, register; and of function 16 the counts before the words. */
const WORDS_AT = { 6: 4, 16: 7 } as const

/**
 * Whom a write is for and what it orders, as the list of its profile says; null for anything else.
 * A register has no end of an order and no password, but where the row says that it is a key.
 */
export function aimOfWrite(message: Uint8Array, rows: readonly WriteRow[]): FrameAim | null {
  const write = parseWrite(message)
  if (!write) return null
  const row = rows.find((one) => effectOfWrite(message, [one]) !== 'unknown')
  const isKey = row?.effect === 'key'
  return {
    address: String(write.unit),
    isGroup: write.unit === EVERYBODY,
    action: row?.order ?? null,
    expiresAt: null,
    secrets: isKey ? [{ from: WORDS_AT[write.functionCode], to: message.length }] : [],
  }
}
