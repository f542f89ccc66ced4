import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fail, idOf, ok } from '#src/core'
import { createParameters, type ParameterTalk } from '#src/parameters'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

const FREEZE = '04001203'
const TABLES = '04010001'
const valueFault = { code: 'parameter.value', message: 'wants 4 digits' }

describe('settings of devices', () => {
  let database: TestDatabase
  let clock: ManualClock
  let settings: Map<number, string>
  let written: number[]
  /** Meters that take a write and do not show it, and those during whose writes we die. */
  let deaf: Set<number>
  let deadly: Set<number>

  beforeAll(async () => {
    database = await migratedDatabase()
    await database.db.query(
      `insert into channel (name, kind, settings)
       select 'line ' || n, 'tcp', '{"host": "a", "port": 1}' from generate_series(1, 20) n`,
    )
    await database.db.query(
      `insert into meter (address, protocol, channel_id)
       select lpad(n::text, 12, '0'), 'dlt645-2007', n from generate_series(1, 20) n`,
    )
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.db.query('delete from parameter_write')
    await database.db.query('delete from parameter_run')
    clock = new ManualClock()
    settings = new Map()
    written = []
    deaf = new Set()
    deadly = new Set()
  })

  const talk: ParameterTalk = {
    fault: async (_, { wanted }) => (/^\d+$/.test(wanted) ? null : valueFault),
    read: async (meter) => ok(settings.get(meter) ?? '0000'),
    async write(meter, { wanted }, mayGo) {
      if (!(await mayGo(settings.get(meter) ?? '0000'))) return ok({ refusal: null, after: '' })
      written.push(meter)
      if (!deaf.has(meter)) settings.set(meter, wanted)
      if (deadly.has(meter)) throw new Error('the process is gone')
      return ok({ refusal: null, after: settings.get(meter) ?? '0000' })
    },
  }
  const build = () => createParameters({ db: database.db, clock, talk, report: () => {} })
  const meters = (count: number) => Array.from({ length: count }, (_, n) => idOf<'meter'>(n + 1))
  const ordered = { item: FREEZE, wanted: '0030', by: 'user/1', run: null }

  it('refuses what is not on the list', async () => {
    const { parameters } = build()
    for (const item of ['04000401', '04000101', '070102FF', '04000306']) {
      const refused = await parameters.order({ ...ordered, meters: meters(1), item })
      expect(refused).toMatchObject(fail({ kind: 'not-allowed' }))
    }
    const wrong = await parameters.order({ ...ordered, meters: meters(1), wanted: 'noon' })
    expect(wrong).toEqual(fail({ kind: 'wrong', message: 'wants 4 digits' }))
    expect(await parameters.list({}, null, 9)).toEqual([])
    const unknown = await parameters.order({ ...ordered, meters: [idOf(99)] })
    expect(unknown).toMatchObject(fail({ kind: 'not-found' }))
  })

  it('writes once, proves it by reading back, and keeps what was before', async () => {
    const { parameters, runner } = build()
    await parameters.order({ ...ordered, meters: meters(1) })
    await runner.once()
    await runner.once()
    expect(written).toEqual([1])
    const [done] = await parameters.list({}, null, 9)
    expect(done).toMatchObject({
      state: 'done',
      before: '0000',
      after: '0030',
      approvers: ['user/1'],
    })
  })

  it('moves what prices hang on only with somebody else', async () => {
    const { parameters, runner } = build()
    const made = await parameters.order({ ...ordered, meters: meters(1), item: TABLES })
    const write = made.ok ? (made.value[0]?.id ?? 0) : 0
    await runner.once()
    expect(written).toEqual([])
    const own = await parameters.decide({ write }, 'approve', 'user/1')
    expect(own).toMatchObject(fail({ kind: 'second-person' }))
    expect(await parameters.decide({ write }, 'approve', 'user/2')).toEqual(ok(1))
    await runner.once()
    expect(written).toEqual([1])
  })

  it.each([true, false])(
    'is read and not sent again after a death (taken: %s)',
    async (isTaken) => {
      const first = build()
      deadly.add(1)
      if (!isTaken) deaf.add(1)
      await first.parameters.order({ ...ordered, meters: meters(1) })
      await first.runner.once()
      const second = build()
      await second.runner.start()
      await second.runner.stop()
      expect(written).toEqual([1])
      const [one] = await second.parameters.list({}, null, 9)
      expect(one?.state).toBe(isTaken ? 'done' : 'failed')
    },
  )

  it('tries the first few of a run, then the others, and stops where too many fail', async () => {
    const { parameters, runner } = build()
    const run = { name: 'freeze at 00:30', stopPercent: 20 }
    await parameters.order({ ...ordered, meters: meters(20), run })
    await runner.once()
    expect(written.toSorted()).toEqual([1, 2, 3])
    await runner.once()
    expect(written).toHaveLength(20)
    expect((await parameters.runs(null, 9))[0]).toMatchObject({
      state: 'done',
      counts: { done: 20 },
    })
    await database.db.query('delete from parameter_write')
    written = []
    deaf = new Set([1, 2, 3])
    await parameters.order({ ...ordered, wanted: '0100', meters: meters(20), run })
    await runner.once()
    await runner.once()
    await runner.once()
    expect(written.toSorted()).toEqual([1, 2, 3])
    expect((await parameters.runs(null, 9))[0]).toMatchObject({
      state: 'stopped',
      counts: { failed: 3, approved: 17 },
      reason: '3 of 3 failed',
    })
  })
})
