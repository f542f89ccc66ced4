import { describe, expect, test } from 'vitest'
import { type Database, DatabaseFailure, persistently } from '#src/db'

const failure = (code: string) => new DatabaseFailure('statement', code, { code })

/** A database whose transactions are ended in this way, one after the other, and then succeed. */
function ending(...codes: readonly string[]) {
  const left = [...codes]
  let runs = 0
  const db: Database = {
    kind: 'server',
    query: async () => [],
    async transaction(work) {
      runs += 1
      const value = await work({ query: async () => [] })
      const code = left.shift()
      if (code !== undefined) throw failure(code)
      return value
    },
    async *stream() {},
    close: async () => {},
  }
  return { db: persistently(db), runs: () => runs }
}

describe('a transaction that meets others', () => {
  test('runs again where it was ended because two waited for each other', async () => {
    const { db, runs } = ending('40P01', '40001')
    expect(await db.transaction(async () => 'done')).toBe('done')
    expect(runs()).toBe(3)
  })

  test('runs no more where it would fail again, or met others too often', async () => {
    const wrong = ending('23505')
    await expect(wrong.db.transaction(async () => 1)).rejects.toThrow('23505')
    expect(wrong.runs()).toBe(1)
    const busy = ending(...Array.from({ length: 9 }, () => '40P01'))
    await expect(busy.db.transaction(async () => 1)).rejects.toThrow('40P01')
    expect(busy.runs()).toBe(5)
  })
})
