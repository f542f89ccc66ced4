import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { civilTime, hours, instant, minutes, seconds } from '#src/core'
import { createScheduler, type Job, type JobEvent } from '#src/jobs'
import { ManualClock, migratedDatabase, type TestDatabase } from '#tests/support'

let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase()
})
afterAll(() => database.close())

/** A machine busy with other tests may take its time. */
const patience = { timeout: 20_000 }

let serial = 0

/** A job of a name of its own, and what happened to it. */
function setUp(overrides: Partial<Job> = {}, zone = 'Europe/Berlin') {
  serial += 1
  const keys: string[] = []
  const events: JobEvent[] = []
  const job: Job = {
    name: `job ${serial}`,
    cycle: { kind: 'daily', hour: 2, minute: 30 },
    lease: minutes(1),
    attemptsMax: 3,
    run: async ({ key }) => {
      keys.push(key)
    },
    ...overrides,
  }
  const node = (owner: string, clock: ManualClock) =>
    createScheduler({
      db: database.db,
      clock,
      civil: civilTime(zone),
      owner,
      jobs: [job],
      report: (event) => events.push(event),
    })
  return { keys, events, node, kinds: () => events.map(({ kind }) => kind) }
}

describe('the scheduler', () => {
  test('runs a daily job once on each civil day, also when an hour is skipped or repeated', async () => {
    const { keys, node } = setUp()
    for (const day of ['2026-03-28', '2026-10-24']) {
      const clock = new ManualClock(Date.parse(`${day}T00:00:00Z`))
      const scheduler = node('a', clock)
      // Three days by quarter of an hour, over the change of the clocks.
      for (let tick = 0; tick < 3 * 96; tick += 1) {
        await scheduler.tick()
        await clock.advance(minutes(15))
      }
    }
    expect(keys).toEqual([
      '2026-03-27',
      '2026-03-28',
      '2026-03-29',
      '2026-03-30',
      '2026-10-23',
      '2026-10-24',
      '2026-10-25',
      '2026-10-26',
    ])
  })

  test('runs a slot on one of several nodes', async () => {
    const { keys, node } = setUp({ cycle: { kind: 'every', minutes: 5 } })
    const clock = new ManualClock()
    const nodes = ['a', 'b', 'c'].map((owner) => node(owner, clock))
    for (let tick = 0; tick < 3; tick += 1) {
      await Promise.all(nodes.map((scheduler) => scheduler.tick()))
      await clock.advance(minutes(5))
    }
    expect(new Set(keys).size).toBe(3)
    expect(keys).toHaveLength(3)
  })

  test('tries a failed run again after a pause, and not for ever', async () => {
    const { node, kinds } = setUp({
      cycle: { kind: 'daily', hour: 0, minute: 0 },
      attemptsMax: 2,
      run: async () => {
        throw new Error('the disk is full')
      },
    })
    const clock = new ManualClock()
    const scheduler = node('a', clock)
    await scheduler.tick()
    await scheduler.tick()
    expect(kinds()).toEqual(['started', 'failed'])
    for (let tick = 0; tick < 10; tick += 1) {
      await clock.advance(minutes(1))
      await scheduler.tick()
    }
    expect(kinds()).toEqual(['started', 'failed', 'started', 'failed'])
    const [run] = await database.db.query<{ error: string }>(
      `select error from job_run where job = $1`,
      [`job ${serial}`],
    )
    expect(run?.error).toBe('the disk is full')
  })

  test('takes over the run of a node that died, which then cannot end it', async () => {
    const release = Promise.withResolvers<void>()
    const aborted: boolean[] = []
    let attempt = 0
    const { node, kinds } = setUp({
      cycle: { kind: 'daily', hour: 0, minute: 0 },
      run: async (_, signal) => {
        attempt += 1
        if (attempt === 1) await release.promise
        aborted.push(signal.aborted)
      },
    })
    const stoppedClock = new ManualClock()
    const dead = node('dead', stoppedClock).tick()
    await expect.poll(() => attempt, patience).toBe(1)
    const clock = new ManualClock(stoppedClock.now() + seconds(61))
    await node('alive', clock).tick()
    release.resolve()
    await dead
    expect(kinds()).toEqual(['started', 'started', 'done', 'lost'])
  })

  test('keeps the lease of a long run alive', async () => {
    const release = Promise.withResolvers<void>()
    const { node, kinds } = setUp({
      cycle: { kind: 'daily', hour: 0, minute: 0 },
      run: () => release.promise,
    })
    const clock = new ManualClock()
    const running = node('a', clock).tick()
    await expect.poll(() => clock.waiting, patience).toBe(1)
    for (let beat = 0; beat < 6; beat += 1) {
      await clock.advance(seconds(20))
      await expect.poll(() => clock.waiting, patience).toBe(1)
    }
    await node('b', clock).tick()
    expect(kinds()).toEqual(['started'])
    release.resolve()
    await running
    expect(kinds()).toEqual(['started', 'done'])
    expect(clock.waiting).toBe(0)
  })

  test('stops: no more ticks, and runs are told and waited for', async () => {
    const { node, kinds } = setUp({
      cycle: { kind: 'every', minutes: 1 },
      run: (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    })
    const clock = new ManualClock()
    const scheduler = node('a', clock)
    let tick = () => {}
    let ticking = true
    scheduler.start((run) => {
      tick = run
      return () => {
        ticking = false
      }
    })
    tick()
    await expect.poll(kinds, patience).toEqual(['started'])
    await scheduler.stop()
    expect(kinds()).toEqual(['started', 'done'])
    expect(ticking).toBe(false)
    await clock.advance(hours(1))
    tick()
    await scheduler.tick()
    expect(kinds()).toEqual(['started', 'done'])
  })

  test('makes up for a day that nobody was there, once', async () => {
    const { keys, node } = setUp({ cycle: { kind: 'daily', hour: 1, minute: 0 } }, 'Asia/Shanghai')
    const clock = new ManualClock(Date.parse('2026-05-01T02:00:00+08:00'))
    await node('a', clock).tick()
    const later = new ManualClock(instant(Date.parse('2026-05-04T23:00:00+08:00')))
    await node('b', later).tick()
    await node('b', later).tick()
    expect(keys).toEqual(['2026-05-01', '2026-05-04'])
  })
})
