import type { DataClass } from '#protocols/model'
import type { ReadingQuality, ReadingSource, TimeSource } from './types.ts'

/** A closed set of words as the small integers that the tables hold; see migration 0002. */
interface Code<Word extends string> {
  of(word: Word): number
  word(code: number): Word
}

function codes<const Word extends string>(...words: readonly Word[]): Code<Word> {
  return {
    of: (word) => words.indexOf(word) + 1,
    word(code) {
      const word = words[code - 1]
      if (word === undefined) throw new Error(`unknown code ${code} of ${words.join(', ')}`)
      return word
    },
  }
}

export const dataClasses: Code<DataClass> = codes('current', 'interval', 'daily', 'monthly')
export const sources: Code<ReadingSource> = codes('poll', 'on-demand', 'push', 'import')
export const qualities: Code<ReadingQuality> = codes(
  'good',
  'clock-doubtful',
  'suspect',
  'estimated',
)
export const timeSources: Code<TimeSource> = codes('meter', 'head-end')
