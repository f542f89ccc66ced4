import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ConcentratorId, civilTime, type Instant, idOf, instant } from '#src/core'
import { createPresenceBook, type PresenceBatch, type PresenceBook } from '#src/presence'
import { createRegistry, type Registry } from '#src/registry'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
const NOON = instant(Date.UTC(2026, 10, 22, 4))
const at = (seconds: number): Instant => instant(NOON + seconds * 1_000)
const unnoted = async () => {}
const nothing: PresenceBatch = {
  intervals: [],
  traffic: [],
  events: [],
  flapping: [],
  calls: [],
  frames: [],
}

describe('the book of presence', () => {
  let database: TestDatabase
  let registry: Registry
  let book: PresenceBook
  let one: ConcentratorId
  let number = 0

  beforeAll(async () => {
    database = await migratedDatabase()
    registry = createRegistry(database.db, new ManualClock())
    book = createPresenceBook({ db: database.db, registry })
  })
  afterAll(() => database.close())

  /** A concentrator of each test's own. */
  beforeEach(async () => {
    number++
    const calls = [stranger(`33019000${String(number).padStart(4, '0')}`)]
    await book.record({ ...nothing, calls })
    const [waiting] = await book.quarantine('waiting', null, 1)
    const nobody = { name: null, transformer: null, protocol: null }
    const adopted = await book.adopt(waiting?.id ?? idOf(0), nobody, 'amy', at(0), unnoted)
    if (!adopted.ok) throw new Error(adopted.error)
    one = adopted.value.concentratorId
  })

  const stranger = (identity: string, seconds = 0) => ({
    identity,
    reason: 'unknown' as const,
    rule: 'gdw376',
    protocol: 'gdw376' as const,
    remoteAddress: '10.1.0.1',
    firstAt: at(seconds),
    lastAt: at(seconds),
    calls: 1,
  })
  const interval = (from: number, to: number | null) => ({
    concentratorId: one,
    from: at(from),
    to: to === null ? null : at(to),
    remoteAddress: '10.1.0.1',
    endReason: to === null ? null : ('closed' as const),
  })

  it('completes an interval that it holds, however often it is told', async () => {
    await book.record({ ...nothing, intervals: [interval(0, null)] })
    const batch = { ...nothing, intervals: [interval(0, 60), interval(61, null)] }
    await book.record(batch)
    await book.record(batch)
    expect(await book.intervals(one, at(-1), at(100), 10)).toEqual([
      interval(61, null),
      interval(0, 60),
    ])
  })

  it('ends what a dead process left open at what was heard last, and never before it began', async () => {
    await book.record({ ...nothing, intervals: [interval(0, null)] })
    await registry.concentratorsSeen([{ id: one, online: true, lastHeardAt: at(42) }])
    await book.resume()
    await book.resume()
    const ended = { ...interval(0, 42), endReason: 'restart' }
    expect(await book.intervals(one, at(-1), at(100), 10)).toEqual([ended])
    await book.record({ ...nothing, intervals: [interval(90, null)] })
    await book.resume()
    expect((await book.intervals(one, at(50), at(100), 10))[0]).toMatchObject({
      from: at(90),
      to: at(90),
    })
  })

  it('keeps a waiting device over calls, and a decision over both', async () => {
    await book.record({ ...nothing, calls: [stranger('stranger', 10)] })
    await book.record({ ...nothing, calls: [stranger('stranger', 20)] })
    const [waiting] = await book.quarantine('waiting', null, 1)
    expect(waiting).toMatchObject({ firstSeenAt: at(10), lastSeenAt: at(20), calls: 2 })
    const id = waiting?.id ?? idOf(0)
    expect(await book.block(id, 'amy', at(30), unnoted)).toMatchObject({ state: 'blocked' })
    await book.record({ ...nothing, calls: [stranger('stranger', 40)] })
    expect((await book.door(at(50))).blocked).toEqual(['stranger'])
    const nobody = { name: null, transformer: null, protocol: null }
    expect(await book.adopt(id, nobody, 'amy', at(60), unnoted)).toMatchObject({ ok: true })
    expect((await book.door(at(70))).blocked).toEqual([])
    expect(await book.adopt(id, nobody, 'amy', at(80), unnoted)).toEqual({
      ok: false,
      error: 'decided',
    })
  })

  it('adopts into the archive with the protocol that was spoken, or not at all', async () => {
    const before = await registry.revision()
    await book.record({ ...nothing, calls: [stranger('3301-0A77')] })
    const [waiting] = await book.quarantine('waiting', null, 1)
    const id = waiting?.id ?? idOf(0)
    const lost = { name: null, transformer: 'nowhere', protocol: null }
    expect(await book.adopt(id, lost, 'amy', at(0), unnoted)).toMatchObject({
      error: 'no-transformer',
    })
    expect(await registry.revision()).toBe(before)
    const failing = () => Promise.reject(new Error('no audit'))
    const named = { ...lost, name: 'garden', transformer: null }
    await expect(book.adopt(id, named, 'amy', at(0), failing)).rejects.toThrow('no audit')
    expect(await registry.concentratorByAddress('3301-0A77')).toBeUndefined()
    expect(await book.adopt(id, named, 'amy', at(0), unnoted)).toMatchObject({ ok: true })
    const entered = await registry.concentratorByAddress('3301-0A77')
    expect(entered).toMatchObject({ name: 'garden' })
    const channel = entered && (await registry.channel(entered.channelId))
    expect(channel?.settings).toEqual({ identity: '3301-0A77', protocol: 'gdw376' })
  })

  it('adds traffic up by day, and by the pool of the card that was in it on that day', async () => {
    const [first, second] = ['2026-11-21', '2026-11-22'].map((_, day) =>
      civil.dateOf(instant(NOON + (day - 1) * 86_400_000)),
    )
    if (!first || !second) throw new Error('no days')
    const share = (date: typeof first, bytesUp: number) => ({
      ...{ concentratorId: one, date, bytesUp, bytesDown: 1, framesUp: 1, framesDown: 1 },
      ...{ logins: 1, heartbeats: 1 },
    })
    const card = (digit: string, pool: string) => ({
      ...{ iccid: digit.repeat(20), msisdn: null, pool, apn: 'meters' },
      fixedAddress: '10.1.0.1',
    })
    await book.placeSim(one, card('1', 'north'), first, unnoted)
    await book.placeSim(one, card('2', 'south'), second, unnoted)
    await book.record({ ...nothing, traffic: [share(first, 10), share(second, 30)] })
    await book.record({ ...nothing, traffic: [share(first, 5)] })
    const days = await book.traffic(one, first, second)
    expect(days.map(({ bytesUp, logins }) => [bytesUp, logins])).toEqual([
      [15, 2],
      [30, 1],
    ])
    const pools = await book.simPools(first, second)
    expect(pools.map(({ pool, cards, bytesUp }) => [pool, cards, bytesUp])).toEqual([
      ['north', 1, 15],
      ['south', 1, 30],
    ])
    expect(await book.simOf(one, first)).toMatchObject({ pool: 'north' })
    expect((await book.door(at(0))).fixedAddresses).toContainEqual({
      concentratorId: one,
      address: '10.1.0.1',
    })
  })

  it('finds logged frames by time, direction and whole bytes, page after page', async () => {
    const hex = fc
      .uint8Array({ minLength: 1, maxLength: 12 })
      .map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase())
    await fc.assert(
      fc.asyncProperty(fc.array(hex, { minLength: 1, maxLength: 30 }), hex, async (all, part) => {
        await database.db.query('delete from frame_log')
        const frames = all.map((frame, index) => ({
          ...{ concentratorId: one, at: at(index >> 1), seq: index, frame },
          direction: index % 2 === 0 ? ('sent' as const) : ('received' as const),
        }))
        await book.record({ ...nothing, frames })
        const wanted = part.slice(0, 2)
        const query = { from: at(0), to: at(100), direction: null, contains: [wanted], limit: 3 }
        const found: number[] = []
        let before: { at: Instant; seq: number } | null = null
        for (;;) {
          const page: readonly { at: Instant; seq: number }[] = await book.frames(one, {
            ...query,
            before,
          })
          found.push(...page.map(({ seq }) => seq))
          before = page.at(-1) ?? null
          if (page.length < 3) break
        }
        const holds = ({ frame }: { frame: string }) => frame.match(/../g)?.includes(wanted)
        expect(found).toEqual(
          frames
            .filter(holds)
            .map(({ seq }) => seq)
            .reverse(),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('keeps a raised flag until somebody clears it', async () => {
    const raised = (takeovers: number) => ({
      ...{ concentratorId: one, since: at(0), lastAt: at(takeovers), takeovers },
      addresses: ['10.1.0.1', '10.1.0.2'],
    })
    await book.record({ ...nothing, flapping: [raised(5)] })
    await book.record({ ...nothing, flapping: [raised(7)] })
    expect(await book.flappingOf([one])).toEqual([raised(7)])
    expect(await book.clearFlapping(one, at(20), unnoted)).toBe(true)
    expect(await book.clearFlapping(one, at(21), unnoted)).toBe(false)
    expect(await book.flappingOf([one])).toEqual([])
    expect(await book.events(one, at(0), at(30), 10)).toMatchObject([{ kind: 'flapping-cleared' }])
  })
})
