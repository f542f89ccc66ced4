import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeNetwork } from '#drivers/tcp'
import {
  archiveLines,
  pacedClock,
  type RegionSpec,
  startRegionPart,
  truthOf,
} from '#simulators/region'
import { type Clock, civilTime, instant, systemClock } from '#src/core'
import { parseArchive } from '#src/registry'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { startHes } from './process.ts'
import { until } from './time.ts'
import { PASSWORD, startWorld, type World, ZONE } from './world.ts'

/** By its seed it has a concentrator that never calls, a meter without supply and one that refuses. */
const region: RegionSpec = {
  seed: 2_184,
  concentrators: 5,
  metersEach: 4,
  faults: 'known',
  loss: 0.03,
  damage: 0.01,
  zone: ZONE,
}
const AFTER_ALL_DUE = Date.UTC(2026, 10, 21, 17, 1)
const DATE = '2026-11-22'
const MINUTE_MS = 60_000

interface FindingView {
  readonly address: string
  readonly cause: string
}

describe(`a small hostile region, seed ${region.seed}`, () => {
  // Slowly while meters are read, then until somebody has looked at what is missing.
  const paced = pacedClock(systemClock, {
    realMs: systemClock.now() + 1_500,
    legs: [
      { fromMs: AFTER_ALL_DUE, factor: 20 },
      { fromMs: AFTER_ALL_DUE + MINUTE_MS, factor: 200 },
    ],
  })
  const clock: Clock = {
    now: () => instant(Math.floor(paced.now())),
    after: (duration, run) => paced.after(duration, run),
  }
  const truth = [...truthOf(region)]
  let database: TestDatabase
  let world: World
  let field: ReturnType<typeof startRegionPart>

  beforeAll(async () => {
    database = await migratedDatabase()
    await database.db.query(`update poll_plan set enabled = (data_class = 'daily')`)
    world = await startWorld({
      db: database.db,
      clock,
      seed: async (registry) => {
        const file = new TextEncoder().encode([...archiveLines(region)].join(''))
        const parsed = parseArchive(file, civilTime(ZONE))
        if (!parsed.ok) throw new Error(parsed.error[0]?.message)
        expect((await registry.importArchive(parsed.value)).ok).toBe(true)
      },
    })
    const place = { host: '127.0.0.1', port: world.headEnd.ports.dialin ?? 0, heartbeatMs: 600_000 }
    field = startRegionPart(region, { nth: 0, of: 1 }, place, { clock, network: nodeNetwork })
  })

  afterAll(async () => {
    await field?.stop()
    await world?.stop()
    await database?.close()
  })

  const findings = () =>
    world.api.get<PageView<FindingView>>(`/api/v1/diagnosis/findings?date=${DATE}&limit=500`)
  const received = async () => {
    const rows = await database.db.query<{ address: string }>(
      `select m.address from collection_slot s join meter m on m.id = s.meter_id
       where s.state in (2, 3)`,
    )
    return rows.map(({ address }) => address).toSorted()
  }

  it('reads whoever can be read over a database that refuses, and says why of the others', async () => {
    const { db } = database
    await db.query('alter table collection_slot rename to collection_slot_away')
    await until('answers', () => field.stats().answers > 20)
    await db.query('alter table collection_slot_away rename to collection_slot')

    const reachable = truth.filter((each) => each.reachable)
    const addresses = reachable.map(({ meterAddress }) => meterAddress).toSorted()
    await until('everybody', async () => (await received()).length >= addresses.length)
    expect(await received()).toEqual(addresses)

    const unreachable = truth.filter((each) => !each.reachable)
    await until('causes', async () => (await findings()).items.length === unreachable.length)
    const told = new Map((await findings()).items.map(({ address, cause }) => [address, cause]))
    expect(unreachable.map(({ meterAddress }) => told.get(meterAddress))).toEqual(
      unreachable.map(({ cause }) => cause),
    )

    const { items } = await world.api.get<PageView<{ cause: string; meters: number }>>(
      `/api/v1/diagnosis?date=${DATE}`,
    )
    expect(items).toContainEqual(
      expect.objectContaining({ cause: 'no-network', class: 'communication', meters: 4 }),
    )
    const shown = await startHes(
      ['diagnosis', 'findings', '--date', DATE, '--cause', 'refusal', '--server', world.api.url],
      { HES_USERNAME: 'admin', HES_PASSWORD: PASSWORD, HES_TIMEZONE: ZONE },
    ).ended
    const [refusing] = unreachable.filter(({ cause }) => cause === 'refusal')
    expect([shown.exit, shown.stdout]).toEqual([
      0,
      expect.stringContaining(refusing?.meterAddress ?? '-'),
    ])
  })
})
