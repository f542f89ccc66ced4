import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { type Instant, idOf, type MeterId } from '#src/core'
import { createDiagnosis, type Diagnosis, type ProbePort } from '#src/diagnosis'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { civil, date, enterFourLines, lines, noon } from './four-lines.ts'

describe('the diagnosis of a day', { shuffle: false }, () => {
  const clock = new ManualClock(noon)
  let database: TestDatabase
  let diagnosis: Diagnosis
  const ids = new Map<string, MeterId>()
  const measured: unknown[] = []
  let speaks: ProbePort['speaks'] = async (id) =>
    id === meter('330300000003') ? 'dlt645-1997' : null
  let search: ProbePort['search'] = async () => null
  const meter = (address: string) => ids.get(address) ?? idOf<'meter'>(0)

  beforeAll(async () => {
    database = await migratedDatabase()
    const { db } = database
    await enterFourLines(db, ids)
    diagnosis = createDiagnosis({
      db,
      clock,
      civil,
      cases: createCases(db, clock),
      probes: () => ({
        speaks: (...asked) => speaks(...asked),
        search: (...asked) => search(...asked),
        measureClocks: async (...devices) => void measured.push(devices),
      }),
    })
  })
  afterAll(() => database.close())

  const told = async () =>
    Object.fromEntries(
      (await diagnosis.findings(date, null, 0, 100)).map(({ address, cause }) => [address, cause]),
    )

  it('names causes, looks closer, counts, becomes work, and ends with what was missing', async () => {
    for (const nth of [3, 4]) diagnosis.visited(meter(`33030000000${nth}`), 'silent')
    for (const nth of [1, 2, 3, 4]) diagnosis.visited(meter(`33030000300${nth}`), 'silent')
    await diagnosis.flush()
    expect(await diagnosis.run(date)).toBe(14)
    const causes = await told()
    expect(Object.keys(causes)).not.toContain('330300000001')
    expect(causes).toMatchObject({
      '330300000003': 'meter-silent',
      '330300000004': 'meter-silent',
      '330300001001': 'no-network',
      '330300002001': 'login-refused',
      '330300003001': 'device-off',
    })

    // It looks closer once: at both silent meters, and at three of the line where all are silent.
    expect(await diagnosis.lookCloser(date, 10)).toBe(5)
    expect(measured.splice(0)).toEqual([[[], [expect.any(Number)]]])
    expect(await diagnosis.lookCloser(date, 10)).toBe(0)
    measured.length = 0
    await diagnosis.run(date)
    expect(await told()).toMatchObject({
      '330300000003': 'wrong-protocol',
      '330300000004': 'meter-silent',
    })

    const groups = await diagnosis.groups(date, 'concentrator')
    expect(groups).toContainEqual({
      cause: 'login-refused',
      class: 'communication',
      name: lines[2],
      meters: 4,
      slots: 4,
    })

    // One piece of work for a line and one for each meter, however often it is offered.
    expect(await diagnosis.offer(date)).toBe(5)
    await diagnosis.offer(date)
    const cases = await createCases(database.db, clock).list({}, null, 100)
    expect(cases).toHaveLength(5)

    // What is unchanged is left alone, and what came after all ends.
    const since = async (): Promise<readonly Instant[]> =>
      (await diagnosis.findings(date, null, 0, 100)).map(({ since: at }) => at)
    const before = await since()
    await clock.advance(60_000)
    await diagnosis.run(date)
    expect(await since()).toEqual(before)
    await database.db.query(
      `update collection_slot set state = 3, answered_at = slot_start + interval '1 hour'
       where meter_id = $1::int`,
      [meter('330300000004')],
    )
    await diagnosis.run(date)
    expect(Object.keys(await told())).not.toContain('330300000004')

    // Work ends by the same evidence, and only of whom it is.
    const stateOf = async (id: MeterId) =>
      (await createCases(database.db, clock).list({ subject: { kind: 'meter', id } }, null, 9)).map(
        ({ state }) => state,
      )
    await diagnosis.offer(date)
    expect(await stateOf(meter('330300000004'))).toEqual(['closed'])
    expect(await stateOf(meter('330300000003'))).toEqual(['open'])
  })

  it('has clocks measured of who answers with nothing of the day, and believes what they show', async () => {
    const { db } = database
    const id = meter('330300000003')
    await db.query(`update collection_slot set reason = 'refused' where meter_id = $1::int`, [id])
    await db.query('delete from meter_probe')
    await db.query('delete from meter_talk')
    diagnosis.visited(id, 'refused')
    await diagnosis.flush()
    await diagnosis.run(date)
    expect((await told())['330300000003']).toBe('refusal')
    await diagnosis.lookCloser(date, 10)
    expect(measured).toEqual([[[id], [expect.any(Number)]]])
    await db.query(
      `insert into clock_device (kind, device_id, channel_id, next_at, measured_at, offset_ms)
       select 'meter', id, channel_id, $2::timestamptz, $2::timestamptz, -820000000000
       from meter where id = $1::int`,
      [id, new Date(clock.now()).toISOString()],
    )
    await diagnosis.run(date)
    expect((await told())['330300000003']).toBe('clock-wrong')
    measured.length = 0
    await diagnosis.lookCloser(date, 10)
    expect(measured).toEqual([])

    // It knows the day and has another: it does not record. Unless it was set only just now.
    await db.query(`update collection_slot set reason = 'other-time' where meter_id = $1::int`, [
      id,
    ])
    await db.query(`update clock_device set offset_ms = 2000 where device_id = $1::int`, [id])
    await diagnosis.run(date)
    expect((await told())['330300000003']).toBe('refusal')
    await db.query(
      `insert into clock_correction (kind, device_id, channel_id, how, state, requested_by,
         requested_at, people_needed, uncertainty_ms, before_offset_ms, sent_at, ended_at)
       select 'meter', id, channel_id, 'own', 'done', 'policy', at, 0, 500, -820000000000, at, at
       from meter, (select $2::timestamptz as at) t where id = $1::int`,
      [id, new Date(clock.now()).toISOString()],
    )
    await diagnosis.run(date)
    expect((await told())['330300000003']).toBe('clock-wrong')
    await db.query('delete from clock_correction')
  })

  it('takes an absent concentrator for one of two that call by a name like its own', async () => {
    const { db } = database
    const at = new Date(noon - 60_000).toISOString()
    await db.query(
      `insert into connection_event (concentrator_id, at, kind, times)
       select id, $2::timestamptz, 'takeover', 3 from concentrator where address = $1::text`,
      [lines[3], at],
    )
    const absent = async () => (await told())['330300001001']
    await diagnosis.run(date)
    expect(await absent()).toBe('no-network')
    await db.query(
      `update channel set settings = settings || '{"identity": "330200000021"}'
       where id = (select channel_id from concentrator where address = $1::text)`,
      [lines[3]],
    )
    await diagnosis.run(date)
    expect(await absent()).toBe('login-refused')
  })

  it('tells apart why all of a line are silent, and why one is that is well', async () => {
    const { db } = database
    const mute = [1, 2, 3, 4].map((nth) => `33030000300${nth}`)
    const ofLine = async () => {
      const all = await told()
      return new Set(mute.map((address) => all[address]))
    }
    const wellAt = (nth: number) => ({
      address: `33030000000${nth}`,
      protocol: 'dlt645-2007',
    })
    const look = async () => {
      await db.query('delete from meter_probe')
      await db.query('delete from bus_search')
      await diagnosis.lookCloser(date, 100)
      await diagnosis.run(date)
    }
    await db.query('delete from clock_device')
    await db.query('delete from meter_talk')
    for (const address of mute) diagnosis.visited(meter(address), 'silent')
    for (const nth of [3, 4]) diagnosis.visited(meter(`33030000000${nth}`), 'silent')
    await db.query(
      `update collection_slot set state = 4, reason = 'timeout', answered_at = null
      where meter_id = any ($1::int[])`,
      [[3, 4].map((nth) => meter(`33030000000${nth}`))],
    )
    await diagnosis.flush()
    await diagnosis.run(date)
    expect(await ofLine()).toEqual(new Set(['device-off']))

    // The terminal itself was heard.
    await db.query(
      `insert into clock_device (kind, device_id, channel_id, next_at, measured_at, offset_ms)
       select 'terminal', id, channel_id, $2::timestamptz, $2::timestamptz, 0
       from concentrator where address = $1::text`,
      [lines[3], new Date(clock.now()).toISOString()],
    )
    speaks = async () => null
    await look()
    expect(await ofLine()).toEqual(new Set(['meter-silent']))

    // Meters of another line hang there.
    search = async () => ({
      heard: [{ address: '330300001001', protocol: 'dlt645-2007' }],
      isWhole: true,
    })
    await look()
    expect(await ofLine()).toEqual(new Set(['wrong-address']))

    // A search that hears none of those who are well is not believed to be whole.
    const isWhole = async () => {
      const rows = await db.query<{ readonly is_whole: boolean }>(
        `select is_whole from bus_search s join concentrator c using (channel_id)
         where c.address = $1::text`,
        [lines[0]],
      )
      return rows[0]?.is_whole
    }
    expect(await isWhole()).toBe(false)

    // One that finds nobody is made once more, and then left for longer.
    const found = async () => {
      let times = 0
      search = async () => {
        times++
        return { heard: [1, 2].map((nth) => wellAt(nth)), isWhole: true }
      }
      for (let hour = 0; hour < 3; hour++) {
        await clock.advance(3_600_001)
        await diagnosis.lookCloser(date, 100)
      }
      return times
    }
    speaks = async () => null
    await db.query('delete from bus_search')
    await db.query('delete from bus_stranger')
    await db.query(
      'update meter_diagnosis set cause = $1, rule = $1 where meter_id = any ($2::int[])',
      ['not-asked', mute.map(meter)],
    )
    expect(await found()).toBe(2)
    await diagnosis.run(date)

    // A few that were asked tell of all.
    const ofMute = new Set(mute.map(meter))
    speaks = async (id, at) => (ofMute.has(id) && at === undefined ? 'dlt645-1997' : null)
    search = async () => ({ heard: [], isWhole: true })
    await db.query('delete from bus_stranger')
    await look()
    expect(await ofLine()).toEqual(new Set(['wrong-protocol']))

    // One answers other questions, one answers on the line next to its own.
    speaks = async (id, at) => {
      if (id === meter('330300000003')) return at === undefined ? 'dlt645-2007' : null
      return id === meter('330300000004') && at !== undefined ? 'dlt645-2007' : null
    }
    await look()
    expect(await told()).toMatchObject({
      '330300000003': 'refusal',
      '330300000004': 'wrong-address',
    })
  })
})
