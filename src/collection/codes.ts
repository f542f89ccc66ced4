import type { DataClass } from '#protocols/model'
import { assert } from '#src/core'

/** A data class as the table holds it; see migration 0002. */
export type Wire = number

const words: readonly DataClass[] = ['current', 'interval', 'daily', 'monthly']

export const dataClasses = {
  of: (word: DataClass): Wire => words.indexOf(word) + 1,
  word(code: Wire): DataClass {
    const word = words[code - 1]
    assert(word !== undefined, `a data class has the code ${code}`)
    return word
  },
}
