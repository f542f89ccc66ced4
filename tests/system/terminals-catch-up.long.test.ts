import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import { hours } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { endedSlots, LATE, RECEIVED, type SlotRow } from './slots.ts'
import { beginning, clockFrom, until } from './time.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 698

/** As migrations name them, and the civil time of a day at which their slots begin. */
const plans = {
  gdw376: { curve: '376.1 load curve', freeze: '376.1 daily freeze', from: '01:00' },
  dlt698: { curve: '698.45 load curve', freeze: '698.45 daily freeze', from: '00:30' },
} as const
const protocols = ['gdw376', 'dlt698'] as const

describe(`terminals that kept what a head-end missed, seed ${SEED}`, () => {
  const clock = clockFrom(beginning)
  const curves = new Map<string, readonly SlotRow[]>()
  const freezes = new Map<string, readonly SlotRow[]>()
  let database: TestDatabase
  let world: World
  let field: Fleet
  let records: readonly { readonly meter: number; readonly at: string }[] = []

  const start = async () => {
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 900,
      seed: async (registry, ports) => {
        const groups = protocols.map((protocol) => ({
          kind: 'terminal',
          protocol,
          terminals: 1,
          meters: 1,
          heartbeatS: 60,
          hangUpAfterS: null,
        }))
        field = await startField(scenarioFor(ports, SEED, groups), clock)
        await enter(field, registry)
      },
    })
  }
  const stop = async () => {
    await field?.stop()
    await world?.stop()
  }
  const ended = (plan: string, count: number) => endedSlots(database.db, plan, count)

  beforeAll(async () => {
    database = await migratedDatabase()
    await start()
    for (const name of protocols) {
      await until(`${name}: a curve`, () => ended(plans[name].curve, 1))
      await until(`${name}: a freeze`, () => ended(plans[name].freeze, 1))
    }
    await stop()
    clock.jump(hours(3))
    await start()
    for (const name of protocols) {
      curves.set(name, await until(`${name}: its curve`, () => ended(plans[name].curve, 13)))
    }
    await stop()
    records = await database.db.query(
      `select meter_id as meter, to_char(measured_at at time zone 'Asia/Shanghai', 'HH24:MI') as at
       from reading_curve where data_class = 2 order by measured_at`,
    )
    clock.jump(hours(3 * 24))
    await start()
    for (const name of protocols) {
      freezes.set(name, await until(`${name}: days`, () => ended(plans[name].freeze, 4)))
    }
  })

  afterAll(async () => {
    await stop()
    await database?.close()
  })

  it.each(protocols)('%s: reads the points of the curve that were missed', (name) => {
    const slots = curves.get(name) ?? []
    expect(slots.filter(({ state }) => state !== RECEIVED && state !== LATE)).toEqual([])
    expect(slots.filter(({ state }) => state === LATE).length).toBeGreaterThan(8)
  })

  it('has a record of every quarter of an hour', () => {
    const quarters = ['12:15', '12:30', '12:45', '13:00', '13:15', '13:30', '13:45', '14:00']
    for (const meter of [1, 2]) {
      const times = records.filter((record) => record.meter === meter).map(({ at }) => at)
      expect(times).toEqual(expect.arrayContaining([...quarters, '14:15', '14:30', '14:45']))
    }
  })

  it.each(protocols)('%s: reads the freezes of days that were missed', (name) => {
    const { from } = plans[name]
    expect(freezes.get(name)?.map(({ start: at, state }) => [at, state])).toEqual([
      [`11-22 ${from}`, RECEIVED],
      [`11-23 ${from}`, LATE],
      [`11-24 ${from}`, LATE],
      [`11-25 ${from}`, RECEIVED],
    ])
  })
})
