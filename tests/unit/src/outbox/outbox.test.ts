import { describe, expect, it } from 'vitest'
import { DatabaseFailure, type Db } from '#src/db'
import { Outbox, type OutboxLedger, Ranges, Segments } from '#src/outbox'
import { ManualClock, MemoryDisk } from '#tests/support'

const noStatements: Db = { query: async () => [] }
const state = (code: string) => new DatabaseFailure('statement', `failed with ${code}`, { code })

/** A database in memory: what a transaction did is there as a whole or not at all. */
class ToyDatabase implements OutboxLedger {
  taken_ = new Ranges()
  readonly items: string[] = []
  readonly batches: string[][] = []
  readonly refused: string[] = []
  isAway = false
  /** Commits, and then loses the answer. */
  losesAnswers = 0
  #draft: string[] = []

  async taken(): Promise<Ranges> {
    this.#answer()
    return new Ranges(this.taken_.stretches)
  }

  async take(
    _: string,
    numbers: readonly number[],
    floor: number,
    work: (fresh: ReadonlySet<number>, tx: Db) => Promise<void>,
  ): Promise<void> {
    this.#answer()
    const fresh = numbers.filter((number) => !this.taken_.has(number))
    this.#draft = []
    if (fresh.length > 0) await work(new Set(fresh), noStatements)
    this.#answer()
    for (const number of fresh) this.taken_.add(number, number + 1)
    this.taken_.add(0, floor)
    this.items.push(...this.#draft)
    if (this.#draft.length > 0) this.batches.push(this.#draft)
    if (this.losesAnswers === 0) return
    this.losesAnswers--
    throw new DatabaseFailure('commit-unknown', 'the answer to COMMIT was lost', undefined)
  }

  async refuse(_: string, { number, record }: { number: number; record: Uint8Array }) {
    await this.take('', [number], 0, async () => {})
    this.refused.push(Buffer.from(record).toString())
  }

  async store(items: readonly string[]): Promise<() => void> {
    if (items.some((item) => item.includes('poison'))) throw state('22003')
    if (items.some((item) => item.includes('bug'))) throw new Error('not what was expected')
    this.#draft = [...items]
    return () => {}
  }

  #answer(): void {
    if (this.isAway) throw new DatabaseFailure('unavailable', 'away', undefined)
  }
}

async function started(disk: MemoryDisk, database: ToyDatabase, clock = new ManualClock()) {
  const refused: unknown[] = []
  const failures: unknown[] = []
  const told = {
    unsynced: (error: unknown) => failures.push(error),
    damaged: () => {},
    failed: (error: unknown) => failures.push(error),
    refused: (item: unknown) => refused.push(item),
  }
  const reached = () => {}
  const segments = await Segments.open({ files: disk, clock, bytesMax: 2 ** 30, told, reached })
  const outbox = new Outbox<string>({
    segments,
    ledger: database,
    codec: {
      encode: (item) => Buffer.from(item),
      decode: (bytes) => Buffer.from(bytes).toString(),
      weight: () => 1_000,
    },
    clock,
    store: (items) => database.store(items),
    told,
    reached,
    closed: () => {},
  })
  const acknowledged: string[] = []
  const committed: string[] = []
  const put = (item: string) =>
    outbox.put(item, true, {
      acknowledged: () => acknowledged.push(item),
      committed: () => committed.push(item),
    })
  return { clock, outbox, put, acknowledged, committed, refused, failures }
}

const names = (count: number, name = 'item') =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`)

describe('items on their way to the database', () => {
  it('are acknowledged before they are stored, and told again once they are', async () => {
    const database = new ToyDatabase()
    const { clock, put, acknowledged, committed } = await started(new MemoryDisk(), database)
    await clock.advance(0)
    for (const item of names(3)) await put(item)
    expect(acknowledged).toEqual([])
    await clock.advance(10)
    expect(acknowledged).toEqual(names(3))
    expect(committed).toEqual([])
    await clock.advance(500)
    expect(committed).toEqual(names(3))
    expect(database.batches).toEqual([names(3)])
  })

  it('are acknowledged while the database is away, and stored once when it is back', async () => {
    const database = new ToyDatabase()
    database.isAway = true
    const { clock, outbox, put, acknowledged, committed, failures } = await started(
      new MemoryDisk(),
      database,
    )
    for (const item of names(20)) {
      await put(item)
      await clock.advance(60_000)
    }
    expect(acknowledged).toEqual(names(20))
    expect(committed).toEqual([])
    expect(failures.length).toBeGreaterThan(20)
    expect(outbox.status()).toMatchObject({ waiting: 20, trouble: null })
    expect(outbox.status().oldest).toBeGreaterThan(19 * 60_000)
    database.isAway = false
    await clock.advance(60_000)
    expect(database.items).toEqual(names(20))
    expect(committed).toEqual(names(20))
    expect(outbox.status()).toMatchObject({ waiting: 0, oldest: 0 })
  })

  it('are stored once though the answer to the commit was lost', async () => {
    const database = new ToyDatabase()
    database.losesAnswers = 2
    const { clock, put, committed } = await started(new MemoryDisk(), database)
    for (const item of names(4)) await put(item)
    await clock.advance(60_000)
    expect(database.items).toEqual(names(4))
    expect(committed).toEqual(names(4))
  })

  it('go on after a kill where the database stands, whatever the process knew of it', async () => {
    const database = new ToyDatabase()
    const disk = new MemoryDisk()
    const first = await started(disk, database)
    for (const item of names(8)) await first.put(item)
    await first.clock.advance(500)
    database.isAway = true
    for (const item of names(5, 'late')) await first.put(item)
    await first.clock.advance(500)
    const left = disk.afterKill()
    database.isAway = false
    const second = await started(left, database)
    await second.clock.advance(5_000)
    expect(database.items).toEqual([...names(8), ...names(5, 'late')])
  })

  it('are stored before a backlog that is larger than they are, which is not forgotten', async () => {
    const database = new ToyDatabase()
    const disk = new MemoryDisk()
    database.isAway = true
    const first = await started(disk, database)
    for (const item of names(60, 'old')) await first.put(item)
    await first.clock.advance(500)
    const second = await started(disk.afterKill(), database)
    for (const item of names(40, 'new')) await second.put(item)
    await second.clock.advance(100)
    database.isAway = false
    await second.clock.advance(120_000)
    expect(database.items.toSorted()).toEqual([...names(60, 'old'), ...names(40, 'new')].toSorted())
    const firstOld = database.batches.findIndex((batch) => batch[0]?.startsWith('old'))
    const lastNew = database.batches.findLastIndex((batch) => batch[0]?.startsWith('new'))
    const between = database.batches.slice(0, lastNew + 1)
    const oldOnes = between.filter((batch) => batch[0]?.startsWith('old'))
    expect(firstOld).toBeGreaterThan(0)
    expect(oldOnes.length / between.length).toBeLessThanOrEqual(0.3)
    // Each of the two in the order it came in.
    for (const name of ['old', 'new']) {
      const own = database.items.filter((item) => item.startsWith(name))
      expect(own).toEqual(names(own.length, name))
    }
  })

  it('that no database takes are set aside alone, and the others are stored', async () => {
    const database = new ToyDatabase()
    const { clock, put, committed, refused } = await started(new MemoryDisk(), database)
    const items = ['a', 'b', 'poison', 'c', 'bug', 'd']
    for (const item of items) await put(item)
    await clock.advance(5_000)
    expect(database.items).toEqual(['a', 'b', 'c', 'd'])
    expect(database.refused).toEqual(['poison', 'bug'])
    expect(refused).toEqual(['poison', 'bug'])
    expect(committed).toEqual(items)
  })

  it('stay in the files when the process is asked to end and the database is away', async () => {
    const database = new ToyDatabase()
    const disk = new MemoryDisk()
    database.isAway = true
    const { clock, outbox, put, acknowledged } = await started(disk, database)
    for (const item of names(3)) await put(item)
    const closed = outbox.close()
    await clock.advance(60_000)
    await closed
    expect(acknowledged).toEqual(names(3))
    database.isAway = false
    const again = await started(disk.afterKill(), database)
    await again.clock.advance(5_000)
    expect(database.items).toEqual(names(3))
  })

  it('are stored at once when the process is asked to end', async () => {
    const database = new ToyDatabase()
    const { clock, outbox, put } = await started(new MemoryDisk(), database)
    for (const item of names(3)) await put(item)
    const closed = outbox.close()
    await clock.advance(500)
    await closed
    expect(database.items).toEqual(names(3))
  })
})
