import type { FrameEffect, RelayAction } from '#protocols/model'
import { word } from './word.ts'

/** What a write may do: anything that the gate knows, but for a read and the unknown. */
export type WriteEffect = Exclude<FrameEffect, 'read' | 'unknown'>

export const writeEffects: readonly WriteEffect[] = [
  'clock',
  'trip',
  'relay',
  'load-limit',
  'price',
  'key',
  'address',
  'mode',
  'clear',
  'write',
]

/**
 * A write that a profile allows (写白名单): exactly these registers at once, by exactly this function.
 * Where only some values are allowed, one row stands for each: closing and opening a relay are two.
 */
export interface WriteRow {
  readonly functionCode: 6 | 16
  readonly address: number
  readonly count: number
  readonly effect: WriteEffect
  readonly meaning: string
  /** The only words that may be written; any where absent. */
  readonly words?: readonly number[]
  /** The order to the relay that this write is; it needs `words`. */
  readonly order?: RelayAction
}

/** A write of registers as it stands on the wire. */
export interface RegisterWrite {
  readonly unit: number
  readonly functionCode: 6 | 16
  readonly address: number
  readonly words: readonly number[]
}

/** Registers that one request can write (V1.1b3 §6.12). */
export const WRITES_MAX = 123
const WRITE_SINGLE = 6
const SINGLE_BYTES = 6
const MULTIPLE_HEAD_BYTES = 7

export function buildWrite({ unit, functionCode, address, words }: RegisterWrite): Uint8Array {
  if (words.length < 1 || words.length > (functionCode === WRITE_SINGLE ? 1 : WRITES_MAX)) {
    throw new Error(`invariant broken: function ${functionCode} with ${words.length} registers`)
  }
  const place = [unit, functionCode, address >> 8, address & 0xff]
  const bytes = words.flatMap((value) => [value >> 8, value & 0xff])
  if (functionCode === WRITE_SINGLE) return Uint8Array.of(...place, ...bytes)
  const head = [...place, words.length >> 8, words.length & 0xff, bytes.length]
  return Uint8Array.of(...head, ...bytes)
}

/** The write that a whole message asks for; null where it is none of exactly that form. */
export function parseWrite(message: Uint8Array): RegisterWrite | null {
  const [unit = 0, functionCode] = message
  const address = word(message, 2)
  if (functionCode === WRITE_SINGLE) {
    if (message.length !== SINGLE_BYTES) return null
    return { unit, functionCode, address, words: [word(message, 4)] }
  }
  if (functionCode !== 16) return null
  const count = word(message, 4)
  const fits = message[6] === 2 * count && message.length === MULTIPLE_HEAD_BYTES + 2 * count
  if (!fits || count < 1 || count > WRITES_MAX || address + count > 0x1_0000) return null
  const words = Array.from({ length: count }, (_, at) =>
    word(message, MULTIPLE_HEAD_BYTES + 2 * at),
  )
  return { unit, functionCode, address, words }
}

/** What a device answers to a write: its place and value, or its place and count. */
export function buildWritten({ unit, functionCode, address, words }: RegisterWrite): Uint8Array {
  const value = functionCode === WRITE_SINGLE ? (words[0] ?? 0) : words.length
  return Uint8Array.of(unit, functionCode, address >> 8, address & 0xff, value >> 8, value & 0xff)
}

/** What a write does by the list of its profile; unknown outside it. */
export function effectOfWrite(message: Uint8Array, rows: readonly WriteRow[]): FrameEffect {
  const write = parseWrite(message)
  if (!write) return 'unknown'
  return rows.find((row) => allows(row, write))?.effect ?? 'unknown'
}

function allows(row: WriteRow, { functionCode, address, words }: RegisterWrite): boolean {
  if (row.functionCode !== functionCode || row.address !== address) return false
  if (row.count !== words.length) return false
  return row.words === undefined || row.words.every((value, index) => value === words[index])
}
