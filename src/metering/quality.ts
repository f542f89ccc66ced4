import type { UsageQuality } from './types.ts'

/** As the tables hold them: their place in this list, counted from one. */
const words: readonly UsageQuality[] = [
  'measured',
  'interpolated',
  'suspect',
  'incomplete',
  'estimated',
  'edited',
]

export const codeOf = (quality: UsageQuality): number => words.indexOf(quality) + 1

export function qualityOf(code: number): UsageQuality {
  const word = words[code - 1]
  if (word === undefined) throw new Error(`unknown quality ${code} of ${words.join(', ')}`)
  return word
}

/** `incomplete` is the worst, because there a part of the energy is missing. */
const byGravity: readonly UsageQuality[] = [
  'measured',
  'interpolated',
  'suspect',
  'estimated',
  'edited',
  'incomplete',
]

export const worseQuality = (a: UsageQuality, b: UsageQuality): UsageQuality =>
  byGravity.indexOf(a) > byGravity.indexOf(b) ? a : b

/** Rests on a value that no meter said. */
export const isMade = (quality: UsageQuality): boolean =>
  quality === 'estimated' || quality === 'edited'
