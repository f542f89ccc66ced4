import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { civilTime, type Instant, systemClock } from '#src/core'
import { createRegistry, parseArchive } from '#src/registry'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { type Api, type MeterView, metricsOf, type ReadingView } from './api.ts'
import { meterOf, type PlayedCaller, type PlayedServer, playCaller, playServer } from './devices.ts'
import { until } from './time.ts'
import { startWorld, type World, ZONE } from './world.ts'

const SEED = 41
/** Under load as well; a poll of the archive alone would take longer than what is usual. */
const SECONDS = 10_000
const CALLER = '330100004101'
const columns = 'channel,channel_kind,channel_settings,concentrator,meter_address,protocol'

describe(`an archive that changes while the head-end runs, seed ${SEED}`, () => {
  const clock = systemClock
  const face = dlt645Face([meterOf('330120004101', SEED)])
  const bus = dlt645Face([
    meterOf('330120004102', SEED),
    meterOf('330120004103', SEED),
    meterOf('330120004104', SEED),
    meterOf('330120004105', SEED),
  ])
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller
  let server: PlayedServer

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock, cycleSeconds: 1 })
    server = await playServer(bus, clock)
    const port = world.headEnd.ports.dialin ?? 0
    caller = playCaller({ port, identity: CALLER, face }, clock)
  })

  afterAll(async () => {
    await caller?.stop()
    await world?.stop()
    await server?.stop()
    await database?.close()
  })

  const take = async (...rows: readonly string[]) => {
    const csv = [columns, ...rows].join('\n')
    const { status } = await world.api.post('/api/v1/archive/imports', csv, 'text/csv')
    expect(status).toBe(200)
  }
  const busRow = (address: string) =>
    `bus,tcp,host=127.0.0.1;port=${server.port},,${address},dlt645-2007`
  const isRead = (address: string, times = 1) => readingsOf(world.api, address, times)

  it('reads meters once they are imported, and leaves channels as they were alone', async () => {
    await take(`,,,${CALLER},330120004101,dlt645-2007`, busRow('330120004102'))
    await until('a reading of both', async () => {
      return (await isRead('330120004101')) && (await isRead('330120004102'))
    })

    const losses = caller.losses
    await take(busRow('330120004103'))
    await until('a reading of the new one', () => isRead('330120004103'))
    await until('more of the old one', () => isRead('330120004102', 3))
    expect(caller.losses).toBe(losses)
    expect((await metricsOf(world.api.url)).get('hes_channels')).toBe(2)
  })

  it('follows a task that is made, changed and switched off over the API, within seconds', async () => {
    await take(busRow('330120004102'))
    const tasks = '/api/v1/collection/tasks'
    const madeAt = clock.now()
    const { body: made, status } = await world.api.post<{ id: number }>(tasks, {
      ...{ name: 'voltages', protocol: 'dlt645-2007', dataClass: 'current', items: ['32.7.0'] },
      ...{ cycleSeconds: 1, priority: 1 },
    })
    expect(status).toBe(201)
    const slots = async () =>
      await database.db.query<{ at: Instant; answered: boolean }>(
        `select slot_start as at, answered_at is not null as answered from collection_slot
         where plan_id = $1::int order by slot_start`,
        [made.id],
      )
    await until('an answer to the new task', async () => (await slots()).some((s) => s.answered))
    expect((await slots())[0]?.at).toBeLessThan(madeAt + SECONDS)

    const changedAt = clock.now()
    const change = { cycleSeconds: 3_600 }
    expect((await world.api.send('PATCH', `${tasks}/${made.id}`, change)).status).toBe(200)
    const cadence = async () =>
      await database.db.query(
        `select from collection_horizon where plan_id = $1::int and cycle_seconds = 3600`,
        [made.id],
      )
    await until('the new cadence', async () => (await cadence()).length === 1)
    expect((await slots()).at(-1)?.at).toBeLessThan(changedAt + SECONDS)

    const off = { enabled: false }
    expect((await world.api.send('PATCH', `${tasks}/${made.id}`, off)).status).toBe(200)
    const ended = async () =>
      await database.db.query(
        `select from collection_horizon where plan_id = $1::int and not active`,
        [made.id],
      )
    await until('the end of the task', async () => (await ended()).length === 1)
  })

  it('asks a meter no more whose installation ended', async () => {
    const { db } = database
    await take(busRow('330120004102'))
    await take(busRow('330120004105'))
    await until('a reading of it', () => isRead('330120004105'))
    const [meter] = await db.query<{ id: number }>(
      `select id from meter where address = '330120004105'`,
    )
    await db.query(`insert into usage_point (code) values ('gone')`)
    await db.query(
      `insert into installation (usage_point_id, meter_id, ct_numerator, ct_denominator,
         pt_numerator, pt_denominator, valid_from, valid_to)
       select id, $1::int, 1, 1, 1, 1, '2020-01-01', to_timestamp($2::float8 / 1000)
       from usage_point where code = 'gone'`,
      [meter?.id, clock.now()],
    )
    await db.query(`insert into archive_due (at) values (to_timestamp($1::float8 / 1000))`, [
      clock.now(),
    ])
    await until('it to owe nothing', async () => {
      const members = await db.query(
        `select from collection_member where meter_id = $1::int and until is null`,
        [meter?.id],
      )
      return members.length === 0
    })
    const answered = async (address: string) => {
      const [row] = await db.query<{ count: bigint }>(
        `select count(*) as count from collection_slot s join meter m on m.id = s.meter_id
         where m.address = $1::text and s.answered_at is not null`,
        [address],
      )
      return Number(row?.count ?? 0)
    }
    const more = async () => {
      const before = await answered('330120004102')
      await until('more of the others', async () => (await answered('330120004102')) > before + 1)
    }
    // What was on its way when it was told comes first.
    await more()
    const before = await answered('330120004105')
    await more()
    expect(await answered('330120004105')).toBe(before)
  })

  it('reads meters that another process imported into its database', async () => {
    const csv = [columns, busRow('330120004104')].join('\n')
    const parsed = parseArchive(new TextEncoder().encode(csv), civilTime(ZONE))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const imported = await createRegistry(database.db, systemClock).importArchive(parsed.value)
    expect(imported).toMatchObject({ ok: true, value: { created: 1 } })
    await until('a reading of the new one', () => isRead('330120004104'))
  })
})

async function readingsOf(api: Api, address: string, times: number): Promise<boolean> {
  const found = await api.get<{ items: readonly MeterView[] }>(`/api/v1/meters?address=${address}`)
  const [meter] = found.items
  if (!meter) return false
  const path = `/api/v1/meters/${meter.id}/readings?register=1.8.0&limit=10`
  const { items } = await api.get<{ items: readonly ReadingView[] }>(path)
  return items.length >= times
}
