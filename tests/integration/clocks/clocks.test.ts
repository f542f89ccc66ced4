import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ClockTalk, createClocks, type Measured } from '#src/clocks'
import { civilTime, fail, idOf, instant, ok } from '#src/core'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const civil = civilTime('Asia/Shanghai')
const meter = { kind: 'meter', id: 1 } as const
const li = { name: 'user/1' }
const wang = { name: 'user/2' }

describe('clocks', () => {
  let database: TestDatabase
  let clock: ManualClock
  /** What each device's clock shows beyond ours; absent: it is silent. */
  let offsets: Map<string, number>
  let sent: string[]
  let takes: boolean
  let dies: 'never' | 'after sending'
  let found: string[]

  beforeAll(async () => {
    database = await migratedDatabase()
    await database.db.query(
      `insert into channel (name, kind, settings) values
         ('one', 'dialin', '{"identity": "1001"}'), ('two', 'tcp', '{"host": "a", "port": 1}')`,
    )
    await database.db.query(`insert into concentrator (address, channel_id) values ('1001', 1)`)
    await database.db.query(
      `insert into meter (address, protocol, channel_id) values
         ('000000000001', 'dlt645-2007', 1), ('000000000002', 'dlt698', 2),
         ('feed', 'mqtt', 2)`,
    )
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.db.query('delete from clock_correction')
    await database.db.query('delete from clock_device')
    await database.db.query('delete from clock_measurement')
    await database.db.query('update clock_policy set auto_correct = false, trust_host = false')
    // 14:20 in Shanghai: nothing near.
    clock = new ManualClock(Date.UTC(2026, 10, 22, 6, 20))
    offsets = new Map()
    sent = []
    takes = true
    dies = 'never'
    found = []
  })

  const nameOf = ({ kind, id }: { kind: string; id: number }) => `${kind}/${id}`
  const talk: ClockTalk = {
    measure: async (device) => {
      const offsetMs = offsets.get(nameOf(device))
      if (offsetMs === undefined) return fail({ code: 'exchange.timeout', message: 'silent' })
      const seen = Number.isNaN(offsetMs) ? null : offsetMs
      return ok({ measuredAt: clock.now(), offsetMs: seen, uncertaintyMs: 600 })
    },
    async correct(device, how, order, mayGo) {
      const before = await talk.measure(device)
      if (!before.ok) return before
      if (!(await mayGo(before.value))) return fail({ code: 'clock.not-now', message: 'not now' })
      sent.push(`${nameOf(device)} ${how} for ${order.approvers.join('+') || 'the policy'}`)
      if (takes) offsets.set(nameOf(device), 300)
      if (dies === 'after sending') throw new Error('the process is gone')
      const after = await talk.measure(device)
      return ok({ refusal: null, after: after.ok ? after.value : null })
    },
  }
  const build = (isHostRight = true) =>
    createClocks({
      db: database.db,
      clock,
      civil,
      talk,
      cases: {
        found: async (findings) => {
          found.push(...findings.map(({ key }) => key))
          return { opened: findings.length, reopened: 0, extended: 0 }
        },
      },
      isHostRight: async () => isHostRight,
      report: () => {},
    })
  type Built = ReturnType<typeof build>

  /** Looks until nothing is due, with everybody's turn brought to now at first. */
  async function measureAll({ runner, clocks }: Built) {
    await runner.once()
    const states = await clocks.list({}, 0, 100)
    await clocks.measureNow(states)
    await runner.once()
    await runner.once()
  }
  const lastOf = async ({ clocks }: Built) => (await clocks.corrections({}, null, 1))[0]

  it('measures who has a clock, keeps the series, and comes back in a week', async () => {
    offsets.set('meter/1', 2_000).set('terminal/1', -3_000)
    const built = build()
    await measureAll(built)
    const states = await built.clocks.list({}, 0, 100)
    expect(states.map((one) => [nameOf(one), one.offsetMs, one.failures])).toEqual([
      ['terminal/1', -3_000, 0],
      ['meter/1', 2_000, 0],
      ['meter/2', null, 1],
    ])
    expect(states[1]?.nextAt).toBe(clock.now() + 7 * 86_400_000)
    expect(await built.clocks.series(meter, 10)).toEqual([
      { measuredAt: clock.now(), offsetMs: 2_000, uncertaintyMs: 600 } satisfies Measured,
    ])
    expect(await lastOf(built)).toBeUndefined()
  })

  it('proposes, corrects once somebody approved, and proves it by reading back', async () => {
    offsets.set('meter/1', 120_000)
    const built = build()
    await measureAll(built)
    const proposed = await lastOf(built)
    expect(proposed).toMatchObject({ state: 'proposed', how: 'broadcast', peopleNeeded: 1 })
    await built.runner.once()
    expect(sent).toEqual([])
    expect((await built.clocks.approve(proposed?.id ?? 0, li)).ok).toBe(true)
    await built.runner.once()
    expect(sent).toEqual(['meter/1 broadcast for user/1'])
    expect(await lastOf(built)).toMatchObject({
      state: 'done',
      before: { offsetMs: 120_000, uncertaintyMs: 600 },
      after: { offsetMs: 300 },
    })
  })

  it('takes who asks for what it proposed itself as standing behind that', async () => {
    const built = build()
    offsets.set('meter/1', 120_000).set('meter/2', 1_000_000)
    await measureAll(built)
    const approved = { state: 'approved', requestedBy: 'system', approvers: [li.name] }
    for (const by of [li, wang]) {
      expect(await built.clocks.propose(meter, by)).toMatchObject({ ok: true, value: approved })
    }
    const other = { ...meter, id: 2 }
    const half = { state: 'proposed', approvers: [li.name], peopleNeeded: 2 }
    expect(await built.clocks.propose(other, li)).toMatchObject({ value: half })
    expect(await built.clocks.propose(other, wang)).toEqual(fail('not-now'))
    await built.runner.once()
    expect(sent).toHaveLength(1)
  })

  it('asks nobody where the policy says so, but for a quarter of an hour two people', async () => {
    const built = build()
    await built.clocks.setPolicy({ autoCorrect: true, trustHost: false })
    offsets.set('meter/1', -90_000).set('meter/2', 1_000_000)
    await measureAll(built)
    await built.runner.once()
    expect(sent).toEqual(['meter/1 broadcast for the policy'])
    const [large] = await built.clocks.corrections({ state: 'proposed' }, null, 9)
    const id = large?.id ?? 0
    expect(large).toMatchObject({ device: { kind: 'meter', id: 2 }, peopleNeeded: 2 })
    await built.clocks.approve(id, li)
    expect(await built.clocks.approve(id, li)).toEqual(fail('second-person'))
    await built.runner.once()
    expect(sent).toHaveLength(1)
    await built.clocks.approve(id, wang)
    await built.runner.once()
    expect(sent[1]).toBe('meter/2 own for user/1+user/2')
  })

  it('moves none near the full hour, nor while our own clock may be wrong', async () => {
    offsets.set('meter/1', 200_000)
    const doubtful = build(false)
    await doubtful.clocks.setPolicy({ autoCorrect: true, trustHost: false })
    await measureAll(doubtful)
    await doubtful.runner.once()
    expect(sent).toEqual([])
    const built = build()
    await clock.advance(36 * 60_000)
    await built.runner.once()
    expect(sent).toEqual([])
    await clock.advance(12 * 60_000)
    await built.runner.once()
    expect(sent).toHaveLength(1)
  })

  it('says why what was approved waits, and lets others of its channel go first', async () => {
    const built = build()
    const { clocks, runner } = built
    const terminal = { kind: 'terminal', id: 1 } as const
    // Ours is far from the hour, that of the terminal is not.
    offsets.set('terminal/1', 38 * 60_000).set('meter/1', 100_000)
    for (const device of [terminal, meter]) {
      await clocks.measure(device)
      expect((await clocks.propose(device, li)).ok).toBe(true)
    }
    const [large] = await clocks.corrections({ device: terminal }, null, 1)
    await clocks.approve(large?.id ?? 0, wang)
    await runner.once()
    expect(sent).toEqual([])
    expect(await clocks.correction(large?.id ?? 0)).toMatchObject({
      state: 'approved',
      reasonCode: 'clock.not-now',
    })
    await runner.once()
    expect(sent).toEqual(['meter/1 broadcast for user/1'])
  })

  it('corrects a clock that shows no possible time, with two people', async () => {
    const built = build()
    offsets.set('meter/2', Number.NaN)
    await measureAll(built)
    const broken = await lastOf(built)
    expect(broken).toMatchObject({ state: 'proposed', offsetMs: null, peopleNeeded: 2, how: 'own' })
    await built.clocks.approve(broken?.id ?? 0, li)
    await built.clocks.approve(broken?.id ?? 0, wang)
    await built.runner.once()
    expect(await lastOf(built)).toMatchObject({ state: 'done', before: { offsetMs: null } })
  })

  it('measures one for whoever waits, also one that came just now', async () => {
    const { clocks } = build()
    offsets.set('meter/1', 5_000)
    expect(await clocks.measure(meter)).toMatchObject(ok({ offsetMs: 5_000 }))
    expect(await clocks.measure({ kind: 'meter', id: 2 })).toMatchObject(
      fail({ kind: 'field', code: 'exchange.timeout' }),
    )
    expect(await clocks.measure({ kind: 'meter', id: 3 })).toEqual(fail('not-found'))
  })

  it('hears clocks by the way: writes them together, once a day, and corrects what is off', async () => {
    const built = build()
    const { runner, ear, clocks } = built
    await built.clocks.setPolicy({ autoCorrect: true, trustHost: false })
    offsets.set('meter/1', 120_000)
    await runner.once()
    await database.db.query(
      `update clock_device set next_at = to_timestamp($1::float8 / 1000) where kind = 'meter'`,
      [clock.now()],
    )
    await clock.advance(11 * 60_000)
    // The visits to it have a day to tell.
    await runner.once()
    expect([ear.isDue(1), ear.isDue(3), await clocks.series(meter, 9)]).toEqual([true, false, []])
    const told = { measuredAt: clock.now(), offsetMs: 120_000, uncertaintyMs: 700 }
    ear.heard(1, told)
    ear.heard(2, { ...told, offsetMs: 100 })
    expect([ear.isDue(1), ear.isWelcome(1), ear.isWelcome(9)]).toEqual([false, false, true])
    await runner.once()
    await runner.once()
    expect((await clocks.series({ kind: 'meter', id: 2 }, 9)).map((one) => one.offsetMs)).toEqual([
      100,
    ])
    expect(sent).toEqual(['meter/1 broadcast for the policy'])
    await clock.advance(86_400_000)
    expect(ear.isWelcome(1)).toBe(true)
  })

  it('asks a meter itself that nobody visits for a day', async () => {
    const { runner, clocks } = build()
    offsets.set('meter/2', 1_000)
    await runner.once()
    await clock.advance(8 * 86_400_000)
    for (const _ of [1, 2, 3]) await runner.once()
    expect(await clocks.get({ kind: 'meter', id: 2 })).toMatchObject({ offsetMs: 1_000 })
  })

  it.each([
    [true, 'done'],
    [false, 'failed'],
  ])(
    'is never sent again after a death between sending and proof (taken: %s)',
    async (taken, state) => {
      offsets.set('meter/1', 120_000)
      const first = build()
      await measureAll(first)
      await first.clocks.approve((await lastOf(first))?.id ?? 0, li)
      dies = 'after sending'
      takes = taken
      await first.runner.once()
      expect(await lastOf(first)).toMatchObject({ state: 'sending' })
      dies = 'never'
      const second = build()
      await second.runner.start()
      await second.runner.stop()
      expect(sent).toHaveLength(1)
      expect(await lastOf(second)).toMatchObject({ state, before: { offsetMs: 120_000 } })
    },
  )

  it('flags readings while a clock is five minutes off, and opens work for one that stays wrong', async () => {
    const built = build()
    await built.clocks.setPolicy({ autoCorrect: true, trustHost: false })
    const id = idOf<'meter'>(1)
    for (const round of [1, 2, 3]) {
      offsets.set('meter/1', 400_000)
      await measureAll(built)
      expect(built.doubts.doubts(id, clock.now()), `round ${round}`).toBe(true)
      await built.runner.once()
      if (round < 3) expect(built.doubts.doubts(id, instant(clock.now() + 600_000))).toBe(false)
      await clock.advance(86_400_000)
    }
    expect(sent).toHaveLength(2)
    expect(found).toContain('clock.replace/meter/1')
  })
})
