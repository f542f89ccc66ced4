import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { beginning, clockFrom, until } from './time.ts'
import { scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 430
const TERMINAL = '3301-0A01'
const BEHIND = '330120000001'

interface EventView {
  readonly code: string
  readonly raisedAt: string | null
  readonly clearedAt: string | null
  readonly source: string
  readonly sequence: number | null
  readonly details: readonly { readonly name: string }[]
}

describe(`tasks that read events, seed ${SEED}`, () => {
  const clock = clockFrom(beginning, 5)
  let database: TestDatabase
  let world: World
  let field: Fleet

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock, cycleSeconds: 600 })
    const rows = [
      'concentrator,meter_address,protocol',
      `${TERMINAL},${TERMINAL}/1,gdw376`,
      `${TERMINAL},${BEHIND},dlt645-2007`,
    ]
    const imported = await world.api.post('/api/v1/archive/imports', rows.join('\n'), 'text/csv')
    expect(imported.status, JSON.stringify(imported.body)).toBe(200)
    const group = {
      kind: 'terminal',
      protocol: 'gdw376',
      terminals: 1,
      identities: [TERMINAL],
      meters: 1,
      heartbeatS: 30,
      hangUpAfterS: null,
    }
    field = await startField(scenarioFor(world.headEnd.ports, SEED, [group]), clock)
  })
  afterAll(async () => {
    await field?.stop()
    await world?.stop()
    await database?.close()
  })

  const eventsOf = async (device: string) => {
    const query = `device=${encodeURIComponent(device)}`
    return (await world.api.get<PageView<EventView>>(`/api/v1/device-events?${query}`)).items
  }
  const answered = async (protocol: string) => {
    const [row] = await database.db.query<{ answered: bigint }>(
      `select count(*) as answered from collection_slot s join poll_plan p on p.id = s.plan_id
       where p.data_class = 'event' and p.protocol = $1 and s.answered_at is not null`,
      [protocol],
    )
    return Number(row?.answered ?? 0)
  }

  it('bring the records of a meter behind a terminal, by their numbers', async () => {
    const events = await until('the power failures of the meter', async () => {
      const found = (await eventsOf(BEHIND)).filter(({ code }) => code === 'power-failure')
      return found.length === 2 && found
    })
    expect(events.map(({ sequence }) => sequence)).toEqual([2, 1])
    for (const { raisedAt, clearedAt, source, details } of events) {
      expect(source).toBe('pull')
      expect(Date.parse(clearedAt ?? '')).toBe(Date.parse(raisedAt ?? '') + 12 * 60_000)
      expect(details.map(({ name }) => name)).toEqual(['start', 'end'])
    }
  })

  it('have their slots answered, with news or without', async () => {
    await until('the slot of the meter', async () => (await answered('dlt645-2007')) > 0)
    await until('the slot of the terminal', async () => (await answered('gdw376')) > 0)
  })
})
