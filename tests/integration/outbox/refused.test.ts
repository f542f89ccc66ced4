import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { instant } from '#src/core'
import type { Db } from '#src/db'
import { createOutboxLedger, createRefusedRecords, damagedBytes, nodeFiles } from '#src/outbox'
import { ManualClock, migratedDatabase, type TestDatabase, temporaryFolder } from '#tests/support'

const OUTBOX = '5f0c1d52-7b1e-4a3c-9d5e-000000000002'
const refusedAt = instant(Date.UTC(2026, 10, 20, 17))

let test: TestDatabase
beforeAll(async () => {
  test = await migratedDatabase()
  await test.db.query('create table kept (word text not null check (word <> $$bad$$))')
})
beforeEach(async () => {
  await test.db.query('truncate kept, outbox_refused restart identity')
})
afterAll(() => test.close())

let committed = 0
const clock = new ManualClock()
const records = () =>
  createRefusedRecords<string>({
    db: test.db,
    clock,
    decode(bytes) {
      if (bytes[0] === 0) throw new Error('of another version')
      return Buffer.from(bytes).toString()
    },
    async store(items, tx) {
      await tx.query('insert into kept select unnest($1::text[])', [items])
      return () => void committed++
    },
    damaged: async () => [],
  })

async function refuse(...words: readonly string[]): Promise<void> {
  const ledger = createOutboxLedger(test.db)
  for (const [index, word] of words.entries()) {
    const record = Buffer.from(word)
    await ledger.refuse(OUTBOX, { number: 100 + index, record, refusedAt, reason: 'no' }, 1)
  }
  await test.db.query(`delete from outbox_position`)
}

const notes: string[] = []
const decision = (by = 'li', fails = false) => ({
  by,
  async note(_: Db, target: string) {
    if (fails) throw new Error('the audit is away')
    notes.push(`${by} ${target}`)
  },
})
const kept = async () =>
  (await test.db.query<{ word: string }>('select word from kept order by 1')).map(
    ({ word }) => word,
  )

describe('records that the database refused', () => {
  it('are listed newest first, by their state, also those that nobody can read', async () => {
    await refuse('one', '\0two', 'three')
    const refused = records()
    await refused.dismiss(1, decision())
    expect(await refused.waiting()).toBe(2)
    expect(await refused.list(null, null, 10)).toMatchObject([
      { id: 3, number: 102, item: 'three', byteCount: 5, state: 'waiting', refusedAt },
      { id: 2, item: null, byteCount: 4, state: 'waiting', decidedBy: null },
      { id: 1, item: 'one', state: 'dismissed', decidedBy: 'li', decidedAt: clock.now() },
    ])
    const ids = async (...asked: Parameters<typeof refused.list>) =>
      (await refused.list(...asked)).map(({ id }) => id)
    expect(await ids('waiting', 3, 10)).toEqual([2])
    expect(await ids(null, null, 2)).toEqual([3, 2])
    expect(await ids('replayed', null, 2)).toEqual([])
  })

  it('are replayed once, whoever asks how often', async () => {
    await refuse('one')
    const [told, counted] = [notes.length, committed]
    const refused = records()
    const answers = await Promise.all(
      ['li', 'wu', 'li'].map((by) => refused.replay(1, decision(by))),
    )
    for (const answer of answers) expect(answer).toMatchObject({ value: { state: 'replayed' } })
    expect(await kept()).toEqual(['one'])
    expect(notes.slice(told)).toHaveLength(1)
    expect(committed - counted).toBe(1)
    expect(await refused.dismiss(1, decision())).toMatchObject({ error: { kind: 'decided' } })
    expect(await refused.replay(9, decision())).toMatchObject({ error: { kind: 'not-found' } })
  })

  it('stay as they are where the database refuses again, and can be replayed later', async () => {
    await refuse('bad', '\0')
    const refused = records()
    const again = { error: { kind: 'refused-again', reason: expect.stringContaining('kept_word') } }
    expect(await refused.replay(1, decision())).toMatchObject(again)
    expect(await refused.replay(2, decision())).toMatchObject({ error: { kind: 'unreadable' } })
    expect(await refused.waiting()).toBe(2)
    expect(await kept()).toEqual([])
    await test.db.query('alter table kept drop constraint kept_word_check')
    expect(await refused.replay(1, decision())).toMatchObject({ value: { state: 'replayed' } })
    expect(await kept()).toEqual(['bad'])
  })

  it('are not replayed where nobody can write down who did it', async () => {
    await refuse('one')
    await expect(records().replay(1, decision('li', true))).rejects.toThrow('the audit is away')
    expect(await kept()).toEqual([])
    expect(await records().waiting()).toBe(1)
  })
})

it('damaged bytes are told by their names, without drafts', async () => {
  const folder = temporaryFolder()
  try {
    expect(await damagedBytes(folder.path)).toEqual([])
    await nodeFiles(folder.path).keepAside('0000000000000001-00000000.seg.36', Buffer.from('abc'))
    const [only, ...others] = await damagedBytes(folder.path)
    expect([only?.name, only?.byteCount, others]).toEqual([
      '0000000000000001-00000000.seg.36',
      3,
      [],
    ])
  } finally {
    folder.remove()
  }
})
