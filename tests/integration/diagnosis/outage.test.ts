import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCases } from '#src/cases'
import { idOf, instant, type MeterId } from '#src/core'
import { createDiagnosis, type Diagnosis, type ProbePort } from '#src/diagnosis'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'
import { civil, date, enterFourLines, midnight, noon } from './four-lines.ts'

describe('the diagnosis of a day on which the database was away', { shuffle: false }, () => {
  const clock = new ManualClock(noon)
  let database: TestDatabase
  let diagnosis: Diagnosis
  const ids = new Map<string, MeterId>()
  let search: ProbePort['search'] = async () => null
  const meter = (address: string) => ids.get(address) ?? idOf<'meter'>(0)

  beforeAll(async () => {
    database = await migratedDatabase()
    const { db } = database
    await enterFourLines(db, ids)
    const probes = {
      speaks: async () => null,
      search: (...asked: Parameters<ProbePort['search']>) => search(...asked),
      measureClocks: async () => {},
    }
    diagnosis = createDiagnosis({
      db,
      clock,
      civil,
      cases: createCases(db, clock),
      probes: () => probes,
    })
  })
  afterAll(() => database.close())

  const told = async () =>
    Object.fromEntries(
      (await diagnosis.findings(date, null, 0, 100)).map(({ address, cause }) => [address, cause]),
    )

  it('leaves a line that it searches when it is told to stop', async () => {
    const stop = new AbortController()
    let isLeft = false
    for (const nth of [1, 2, 3, 4]) diagnosis.visited(meter(`33030000300${nth}`), 'silent')
    await diagnosis.flush()
    search = (_line, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          isLeft = true
          resolve({ heard: [], isWhole: false })
        })
        stop.abort()
      })
    await diagnosis.run(date)
    await diagnosis.lookCloser(date, 10, stop.signal)
    search = async () => null
    expect(isLeft).toBe(true)
    expect(await database.db.query('select from bus_search')).toEqual([])
  })

  it('blames the database for what it kept from being asked, as long as that is made up for', async () => {
    const { db } = database
    const seconds = (count: number) => new Date(clock.now() + 1_000 * count).toISOString()
    await db.query(`delete from meter_probe`)
    await db.query(`delete from bus_stranger`)
    await db.query(
      `update collection_slot set state = 1, reason = null, answered_at = null
       where meter_id = $1::int`,
      [meter('330300000001')],
    )
    const cause = async () => {
      await diagnosis.run(date)
      return (await told())['330300000001']
    }
    expect(await cause()).not.toBe('database')
    await db.query(
      `insert into database_outage (began_at, ended_at) values ($1::timestamptz, $2::timestamptz)`,
      [seconds(-900), seconds(-60)],
    )
    expect(await cause()).toBe('database')
    await clock.advance(3_600_000)
    expect(await cause()).not.toBe('database')
  })

  it('forgets what is older than it is kept', async () => {
    const { db } = database
    const count = async () => (await db.query('select 1 from meter_diagnosis')).length
    expect(await diagnosis.retain(instant(midnight))).toBe(0)
    expect(await count()).toBeGreaterThan(0)
    expect(await diagnosis.retain(instant(midnight + 2 * 86_400_000))).toBeGreaterThan(0)
    expect(await count()).toBe(0)
  })
})
