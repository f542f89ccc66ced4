import type { SeededRandom } from './random.ts'

/** What a line does to the answers that cross it. Shares are of answers, 0 to 1. */
export interface LineFaults {
  /** The answer never arrives. */
  readonly loss: number
  /** One bit of it is turned. */
  readonly bitFlip: number
  /** Up to eight stray bytes come before it. */
  readonly noise: number
  /** Its checksum is wrong; the frame is otherwise whole. */
  readonly wrongChecksum: number
  /** It says another device's address. */
  readonly foreignAddress: number
  /** It comes after `lateMs`, when nobody waits any more. */
  readonly late: number
  readonly lateMs: number
  /** It arrives in pieces, or glued to the next one. */
  readonly split: number
  readonly merge: number
  /** The request makes the line fall silent for `silenceMs`. */
  readonly silence: number
  readonly silenceMs: number
  /** The request makes the line deaf and dumb while it stays connected (半开连接). */
  readonly halfOpen: number
  /** Two-wire converters hear themselves: the request comes back before the answer. */
  readonly echo: boolean
  /** Before an answer begins: at least, and how much more by chance. */
  readonly delayMs: number
  readonly jitterMs: number
  /** Bytes take their time at this rate, 11 bits each; null: they come at once. */
  readonly baud: number | null
}

export const cleanLine: LineFaults = {
  loss: 0,
  bitFlip: 0,
  noise: 0,
  wrongChecksum: 0,
  foreignAddress: 0,
  late: 0,
  lateMs: 8_000,
  split: 0,
  merge: 0,
  silence: 0,
  silenceMs: 60_000,
  halfOpen: 0,
  echo: false,
  delayMs: 0,
  jitterMs: 0,
  baud: null,
}

const countNames = [
  'requests',
  'answers',
  'lost',
  'flipped',
  'noisy',
  'wrongChecksum',
  'foreignAddress',
  'late',
  'split',
  'merged',
  'silenced',
] as const

/** What happened to answers, by name; `answers` counts those that were given to the line. */
export type LineCounts = Record<(typeof countNames)[number], number>

export function noCounts(): LineCounts {
  return {
    requests: 0,
    answers: 0,
    lost: 0,
    flipped: 0,
    noisy: 0,
    wrongChecksum: 0,
    foreignAddress: 0,
    late: 0,
    split: 0,
    merged: 0,
    silenced: 0,
  }
}

export function sumOfCounts(all: readonly LineCounts[]): LineCounts {
  const sum = noCounts()
  for (const counts of all) for (const name of countNames) sum[name] += counts[name]
  return sum
}

/** How one answer is to be sent. */
export interface Delivery {
  readonly pieces: readonly Uint8Array[]
  readonly afterMs: number
  /** Out of turn: later answers may overtake it. */
  readonly isLate: boolean
  /** To be held for the next answer. */
  readonly joinsNext: boolean
}

/** Makes of an answer the one that another device would have given. */
export type Disguise = (answer: Uint8Array) => Uint8Array

/** Decides what becomes of an answer; null: it is lost. */
export function fateOf(
  answer: Uint8Array,
  faults: LineFaults,
  random: SeededRandom,
  disguise: Disguise,
  counts: LineCounts,
): Delivery | null {
  counts.answers++
  if (random.chance(faults.loss)) {
    counts.lost++
    return null
  }
  const bytes = damaged(answer, faults, random, disguise, counts)
  const pieces = random.chance(faults.split) ? cut(bytes, random) : [bytes]
  if (pieces.length > 1) counts.split++
  const isLate = random.chance(faults.late)
  if (isLate) counts.late++
  const joinsNext = !isLate && random.chance(faults.merge)
  if (joinsNext) counts.merged++
  const jitterMs = faults.jitterMs > 0 ? random.between(0, faults.jitterMs) : 0
  return {
    pieces,
    afterMs: faults.delayMs + jitterMs + (isLate ? faults.lateMs : 0),
    isLate,
    joinsNext,
  }
}

function damaged(
  answer: Uint8Array,
  faults: LineFaults,
  random: SeededRandom,
  disguise: Disguise,
  counts: LineCounts,
): Uint8Array {
  let bytes = answer
  if (random.chance(faults.foreignAddress)) {
    counts.foreignAddress++
    bytes = disguise(bytes)
  }
  if (random.chance(faults.wrongChecksum)) {
    counts.wrongChecksum++
    bytes = bytes.with(bytes.length - 2, ((bytes.at(-2) ?? 0) + random.between(1, 255)) & 0xff)
  }
  if (random.chance(faults.bitFlip)) {
    counts.flipped++
    const at = random.between(0, bytes.length - 1)
    bytes = bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.between(0, 7)))
  }
  if (random.chance(faults.noise)) {
    counts.noisy++
    const stray = Uint8Array.from({ length: random.between(1, 8) }, () => random.between(0, 255))
    bytes = Uint8Array.from([...stray, ...bytes])
  }
  return bytes
}

function cut(bytes: Uint8Array, random: SeededRandom): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + random.between(1, Math.max(1, bytes.length >> 1)))
    pieces.push(bytes.subarray(from, to))
    from = to
  }
  return pieces
}
