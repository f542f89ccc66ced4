import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ReadRequestId } from '#src/collection'
import { createCommissioning } from '#src/commissioning'
import { type ChannelId, civilTime, idOf, ok } from '#src/core'
import { createLogger } from '#src/observe'
import { createRegistry } from '#src/registry'
import { ManualClock, migratedDatabase, settle, type TestDatabase } from '#tests/support'

const quiet = createLogger({ level: 'silent', pretty: false }, { write: () => {} })
const nothing = async () => {}

describe('commissioning', () => {
  let database: TestDatabase
  let channelId: ChannelId
  let asked: string[]
  let cancelled: string[]
  let searches: number
  /** Called when the answers are looked at, before the verdict. */
  let beforeVerdict: () => Promise<void>
  let archiveChanged: () => Promise<void>
  let isFinished: boolean

  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.db.query('delete from commission_meter')
    await database.db.query('delete from commission_job')
    await database.db.query('delete from meter')
    await database.db.query('delete from channel')
    const [row] = await database.db.query<{ id: number }>(
      `insert into channel (name, kind, settings)
       values ('hall', 'tcp', '{"host": "a", "port": 1}') returning id`,
    )
    channelId = idOf(row?.id ?? 0)
    asked = []
    cancelled = []
    searches = 0
    beforeVerdict = nothing
    archiveChanged = nothing
    isFinished = true
  })

  const build = () => {
    const clock = new ManualClock()
    const answer = (id: ReadRequestId) => {
      const requestedAt = clock.now()
      const counts = { waiting: 0, running: 0, answered: 0, failed: 0, cancelled: 0 }
      return {
        ...{ id, requestedBy: 'li', requestedAt, startedAt: null, deadline: null },
        ...{ state: 'done' as const, finishedAt: isFinished ? requestedAt : null, meters: 1 },
        ...{ digest: '', cancelledBy: null, counts, items: [], meterIds: [] },
      }
    }
    const commissioning = createCommissioning({
      db: database.db,
      clock,
      civil: civilTime('Asia/Shanghai'),
      log: quiet,
      registry: createRegistry(database.db, new ManualClock()),
      archiveChanged: () => archiveChanged(),
      search: async (_, __, told) => {
        searches++
        told.found({ address: '330120000001', protocol: 'dlt645-2007', place: '' })
        return ok(undefined)
      },
      reads: {
        async request(read) {
          asked.push(read.id)
          return answer(read.id) as never
        },
        get: async (id) => answer(id) as never,
        async items() {
          await beforeVerdict()
          return { items: [], next: null }
        },
        cancel: async (id) => void cancelled.push(id),
      },
      readings: { list: async () => ok({ items: [], next: null }) },
    })
    return { commissioning, clock }
  }
  type Built = ReturnType<typeof build>

  async function started({ commissioning }: Built) {
    const made = await commissioning.start(
      {
        ...{ channelId, concentratorId: null, ways: [], profile: null },
        adoptsAll: false,
        requestedBy: 'li',
      },
      nothing,
    )
    if (!made.ok) throw new Error(made.error.message)
    return made.value.id
  }
  async function ended({ commissioning, clock }: Built, id: Awaited<ReturnType<typeof started>>) {
    for (;;) {
      const job = await commissioning.get(id)
      if (job?.finishedAt !== null) return job
      await settle()
      await clock.advance(1_000)
    }
  }

  it('stays cancelled, whatever its run is about to write', async () => {
    const built = build()
    const { commissioning } = built
    const id = await started(built)
    await ended(built, id)
    let refused = false
    beforeVerdict = async () => {
      beforeVerdict = nothing
      refused = !(await commissioning.cancel(id, nothing)).ok
    }
    // Now there is a meter to read, and so something to judge.
    const adopted = { addresses: null, usagePoints: {}, profile: null }
    expect((await commissioning.adopt(id, adopted, nothing)).ok).toBe(true)
    expect(await ended(built, id)).toMatchObject({ state: 'cancelled' })
    await commissioning.stop()
    expect([(await commissioning.get(id))?.state, refused]).toEqual(['cancelled', false])
  })

  it('asks meters no more once it is cancelled', async () => {
    const built = build()
    const id = await started(built)
    await ended(built, id)
    isFinished = false
    const adopted = { addresses: null, usagePoints: {}, profile: null }
    await built.commissioning.adopt(id, adopted, nothing)
    while (asked.length === 0) await settle()
    expect((await built.commissioning.cancel(id, nothing)).ok).toBe(true)
    expect(cancelled).toEqual(asked)
    await built.commissioning.stop()
  })

  it('reads what it adopted, also where it died right after the archive had it', async () => {
    const built = build()
    const id = await started(built)
    await ended(built, id)
    archiveChanged = () => Promise.reject(new Error('the process is gone'))
    const adopted = { addresses: null, usagePoints: {}, profile: null }
    await expect(built.commissioning.adopt(id, adopted, nothing)).rejects.toThrow('gone')
    await built.commissioning.stop()
    expect(asked).toEqual([])
    archiveChanged = nothing
    const next = build()
    await next.commissioning.resume()
    expect(await ended(next, id)).toMatchObject({ state: 'done' })
    expect([asked.length, searches]).toEqual([1, 1])
    await next.commissioning.stop()
  })
})
