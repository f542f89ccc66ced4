import { sameBytes } from './evidence.ts'
import type { ExchangeLimits } from './timing.ts'

/** A module says a word at least; less may be noise that happens to be letters. */
const WORDS_MIN = 4
const PRINTABLE = { from: 0x20, to: 0x7e }
const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * What was heard though no device answered: the echo of a converter that hears itself, or a module
 * that says in plain text that nothing came back. Null for bytes that may be a spoilt answer.
 */
export function nobodysWords(heard: Uint8Array, sent: Uint8Array): string | null {
  if (sameBytes(heard, sent)) return 'nothing but the echo of the question'
  if (heard.length < WORDS_MIN || !heard.every(isText)) return null
  return `nothing but text: ${String.fromCharCode(...heard).trim()}`
}

/** What a silence is told as, and the code of whose it is. */
export function silenceOf(
  { by, firstByte }: ExchangeLimits,
  words: string | null,
): { readonly message: string; readonly fault: string | null } {
  const who = by === undefined ? 'no answer' : `${by} gave no answer`
  const but = words === null ? '' : `, ${words}`
  const fault = by === undefined ? null : 'via.terminal-silent'
  return { message: `${who} within ${firstByte} ms${but}`, fault }
}

export function mismatchOf(frames: number): string {
  const none = 'none of them the answer asked for (another address, function or item)'
  return `${frames} good frame(s) came, ${none}`
}

function isText(byte: number): boolean {
  if (byte >= PRINTABLE.from && byte <= PRINTABLE.to) return true
  return byte === TAB || byte === LINE_FEED || byte === CARRIAGE_RETURN
}
