import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645, parseFrame, requestOf } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import { hours } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { dialIn, meterOf, type PlayedCaller, playCaller, rowOf } from './devices.ts'
import { endedSlots, LATE, MISSING, RECEIVED, type SlotRow, slotsOf } from './slots.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

const SEED = 7_070
const METER = '330120007001'
const CONCENTRATOR = '330100007001'
/** As migrations name them. */
const PROFILE = 'DL/T 645 load profile'
const FREEZE = 'DL/T 645 daily freeze'
const PRESENT = 'DL/T 645 present values'

describe(`a head-end that was down for hours, seed ${SEED}`, () => {
  const clock = clockFrom(beginning)
  const face = dlt645Face([meterOf(METER, SEED)])
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller
  /** After hours, and after days more: tests run in any order. */
  let profile: readonly SlotRow[] = []
  let present: readonly SlotRow[] = []
  let freezes: readonly SlotRow[] = []
  let stored: readonly string[] = []
  let asked: readonly (readonly [string, number])[] = []

  const start = async (port: string) => {
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 900,
      env: { HES_DIALIN_PORT: port },
      seed: async (registry) => {
        await registry.importArchive([rowOf(1, METER, dialIn(CONCENTRATOR))])
      },
    })
    const { dialin } = world.headEnd.ports
    caller = playCaller({ port: dialin ?? 0, identity: CONCENTRATOR, face }, clock)
  }
  const stop = async () => {
    await caller?.stop()
    await world?.stop()
  }
  const ended = (plan: string, count: number) => endedSlots(database.db, plan, count)
  /** Times of the load records that are stored. */
  const records = async () => {
    const rows = await database.db.query<{ at: string }>(
      `select to_char(measured_at at time zone 'Asia/Shanghai', 'HH24:MI') as at
       from reading_curve where data_class = 2 order by measured_at`,
    )
    return rows.map(({ at }) => at)
  }
  /** Load records asked for by their time, as `HH:MM` and how many. */
  const askedByTime = () =>
    caller.heard.flatMap((chunk) =>
      dlt645
        .scanner()
        .push(chunk)
        .flatMap((bytes) => {
          const parsed = parseFrame(bytes)
          const request = parsed.ok ? requestOf(parsed.frame) : null
          if (request?.kind !== 'read' || !request.load?.from) return []
          const { hour, minute } = request.load.from
          return [[`${hour}:${String(minute).padStart(2, '0')}`, request.load.records] as const]
        }),
    )

  beforeAll(async () => {
    database = await migratedDatabase()
    await start('0')
    await until('the first load profile', () => ended(PROFILE, 1))
    await until('the first daily freeze', () => ended(FREEZE, 1))
    await stop()
    // A slot that a crash cut off: nobody wrote down how it ended.
    await database.db.query(
      `insert into collection_slot (meter_id, plan_id, slot_start, due)
       select 1, id, timestamptz '2026-11-22 12:30:00+08', timestamptz '2026-11-22 12:45:00+08'
       from poll_plan where name = $1::text`,
      [PRESENT],
    )
    // Nobody moved the sums of its day.
    await database.db.query(`update collection_mark set is_whole = false`)
    clock.jump(hours(3))
    await start('0')
    profile = await until('every slot to end', () => ended(PROFILE, 13))
    present = await until('the end of what was cut off', async () => {
      const slots = await slotsOf(database.db, PRESENT)
      return slots.some(({ reason }) => reason === 'stopped') && slots
    })
    stored = await records()
    asked = askedByTime()
    await stop()

    clock.jump(hours(3 * 24))
    await start('0')
    freezes = await until('every day to end', () => ended(FREEZE, 4))
  })

  afterAll(async () => {
    await stop()
    await database?.close()
  })

  it('reads what was missed by its time, and counts it as late', () => {
    expect(profile[0]).toEqual({ start: '11-22 12:02', state: RECEIVED, reason: null })
    const late = ['12:17', '12:32', '12:47', '13:02', '13:17', '13:32', '13:47', '14:02', '14:17']
    expect(profile.slice(1, 10)).toEqual(
      late.map((time) => ({ start: `11-22 ${time}`, state: LATE, reason: null })),
    )
    expect(profile.filter(({ state }) => state === MISSING)).toEqual([])
  })

  it('has a record of every quarter of an hour, and asked for none that was there', () => {
    expect(new Set(stored).size).toBe(stored.length)
    const times = ['12:00', '12:15', '12:30', '12:45', '13:00', '13:15', '13:30', '13:45', '14:00']
    expect(stored).toEqual(expect.arrayContaining([...times, '14:15', '14:30', '14:45', '15:00']))
    // The newest four came with the round that was due; each other one was asked for once.
    const quarters = asked.flatMap(([first, count]) => {
      const from = times.indexOf(first)
      return times.concat('14:15').slice(from, from + count)
    })
    expect(quarters.sort()).toEqual([...times.slice(1), '14:15'])
  })

  it('ends a present value that a crash cut off, with the reason', () => {
    expect(present).toContainEqual({ start: '11-22 12:30', state: MISSING, reason: 'stopped' })
  })

  it('reads the freezes of days that were missed', () => {
    expect(freezes.map(({ start, state }) => [start, state])).toEqual([
      ['11-22 00:30', RECEIVED],
      ['11-23 00:30', LATE],
      ['11-24 00:30', LATE],
      ['11-25 00:30', RECEIVED],
    ])
  })
})
