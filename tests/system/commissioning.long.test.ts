import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { metricsOf } from './api.ts'
import { dialIn, meterOf, type PlayedCaller, playCaller, rowOf } from './devices.ts'
import { startHes } from './process.ts'
import { until } from './time.ts'
import { PASSWORD, startWorld, type World } from './world.ts'

const SEED = 61
const CALLER = '330100006101'
const known = ['330120006101', '330120006102', '330120006103']
const fresh = ['330120006114', '330120006125']
const missing = '330120006199'

interface JobView {
  readonly id: number
  readonly state: string
  readonly verdict: string | null
  readonly counts: Readonly<Record<string, number>>
  readonly meters: readonly {
    readonly address: string
    readonly match: string
    readonly meter: number | null
    readonly verdict: string | null
    readonly remarks: readonly { readonly code: string; readonly doEn: string }[]
  }[]
}

describe(`commissioning of a concentrator, seed ${SEED}`, () => {
  const clock = systemClock
  const face = dlt645Face([...known, ...fresh].map((address) => meterOf(address, SEED)))
  let database: TestDatabase
  let world: World
  let caller: PlayedCaller
  let concentrator: number

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 3_600,
      seed: async (registry) => {
        const rows = [...known, missing].map((one, at) => rowOf(at + 1, one, dialIn(CALLER)))
        expect((await registry.importArchive(rows)).ok).toBe(true)
      },
    })
    caller = playCaller({ port: world.headEnd.ports.dialin ?? 0, identity: CALLER, face }, clock)
    await until('the concentrator', async () => {
      return (await metricsOf(world.api.url)).get('hes_channels_online') === 1
    })
    const page = await world.api.get<{ items: readonly { id: number }[] }>('/api/v1/concentrators')
    concentrator = page.items[0]?.id ?? 0
  })

  afterAll(async () => {
    await caller?.stop()
    await world?.stop()
    await database?.close()
  })

  const hes = (...argv: readonly string[]) =>
    startHes([...argv, '--server', world.api.url], {
      HES_USERNAME: 'admin',
      HES_PASSWORD: PASSWORD,
      HES_TIMEZONE: 'Asia/Shanghai',
    }).ended

  async function ended(id: number): Promise<JobView> {
    let job: JobView | undefined
    await until('the job to end', async () => {
      job = await world.api.get<JobView>(`/api/v1/commissioning/${id}`)
      return !['searching', 'reading'].includes(job.state)
    })
    if (job === undefined) throw new Error('no job')
    return job
  }

  const matchesOf = ({ meters }: JobView) =>
    Object.fromEntries(meters.map(({ address, match }) => [address, match]))

  it('compares what it finds with the archive, reads what both know, and adopts the rest', async () => {
    const started = await world.api.post<JobView>('/api/v1/commissioning', { concentrator })
    expect(started.status).toBe(202)
    const again = await world.api.post('/api/v1/commissioning', { concentrator })
    expect(again.status).toBe(409)
    const job = await ended(started.body.id)
    expect(job.state).toBe('done')
    expect(matchesOf(job)).toEqual({
      ...Object.fromEntries(known.map((address) => [address, 'known'])),
      ...Object.fromEntries(fresh.map((address) => [address, 'new'])),
      [missing]: 'missing',
    })
    expect(job).toMatchObject({ verdict: 'not-ready', counts: { known: 3, new: 2, missing: 1 } })
    const of = (address: string) => job.meters.find((meter) => meter.address === address)
    expect(of(known[0] ?? '')?.verdict).not.toBeNull()
    expect(of(missing)?.remarks.map(({ code }) => code)).toEqual([
      'archive.missing',
      'meter.silent',
    ])
    expect(of(fresh[0] ?? '')?.remarks).toEqual([
      expect.objectContaining({ code: 'archive.not-adopted', severity: 'fault' }),
    ])

    const { id } = started.body
    const [first = ''] = fresh
    const body = { addresses: [first], usagePoints: { [first]: 'NEW-1' } }
    const one = await world.api.post(`/api/v1/commissioning/${id}/adopt`, body)
    expect(one.status, JSON.stringify(one.body)).toBe(202)
    await ended(id)
    const all = await world.api.post(`/api/v1/commissioning/${id}/adopt`, {})
    expect(all.status).toBe(202)
    const after = await ended(id)
    const adopted = after.meters.filter(({ match }) => match === 'new')
    expect(adopted.every(({ meter }) => meter !== null)).toBe(true)
    for (const { remarks } of adopted) {
      expect(remarks.map(({ code }) => code)).not.toContain('archive.not-adopted')
      expect(remarks.map(({ code }) => code)).not.toContain('meter.silent')
    }
    const third = await world.api.post(`/api/v1/commissioning/${id}/adopt`, {})
    expect(third.status).toBe(202)
    const meters = await world.api.get<{
      items: readonly { address: string; usagePoint: string | null }[]
    }>('/api/v1/meters')
    expect(meters.items).toHaveLength(6)
    expect(meters.items).toContainEqual(
      expect.objectContaining({ address: first, usagePoint: 'NEW-1' }),
    )

    const shown = await hes('commission', 'show', '--concentrator', CALLER)
    expect(shown.exit, shown.stderr).toBe(0)
    expect(shown.stdout).toContain(missing)
    expect(shown.stdout).toContain('not-ready')
    const report = await hes('commission', 'report', '--concentrator', CALLER, '--csv')
    expect(report.stdout.split('\r\n')[0]).toContain('address,protocol')
  })

  it('says how a meter is wired', async () => {
    const checked = await hes('meter', 'check', known[0] ?? '', '--json')
    expect([0, 1], checked.stderr).toContain(checked.exit)
    expect(JSON.parse(checked.stdout)).toMatchObject({
      finished: true,
      system: 'three-phase-four-wire',
    })
  })

  it('monitors a register of a meter: value, alarm, acknowledgement, trend', async () => {
    const page = await world.api.get<{ items: readonly { id: number; address: string }[] }>(
      '/api/v1/meters',
    )
    const meter = page.items.find(({ address }) => address === known[0])?.id
    const added = await hes(
      'point',
      'add',
      'busbar A',
      '--meter',
      known[0] ?? '',
      '--register',
      '32.7.0',
      '--high',
      '100',
      '--json',
    )
    expect(added.exit, added.stderr).toBe(0)
    const point: { id: number } = JSON.parse(added.stdout)
    await world.api.post('/api/v1/reads', { devices: [meter], items: ['32.7.0'] })
    await until('the alarm', async () => {
      const view = await world.api.get<{ state: string }>(`/api/v1/points/${point.id}`)
      return view.state === 'high'
    })
    const listed = await hes('point', 'ls', '--state', 'alarm')
    expect(listed.stdout).toContain('busbar A')
    expect((await hes('point', 'ack', String(point.id))).exit).toBe(0)
    const trend = await hes('point', 'trend', String(point.id))
    expect(trend.exit, trend.stderr).toBe(0)
    expect(trend.stdout).toContain('MIN')
    expect((await hes('point', 'limit', String(point.id), '--high', '300')).exit).toBe(0)
    await until('the alarm to end', async () => {
      const view = await world.api.get<{ state: string }>(`/api/v1/points/${point.id}`)
      return view.state === 'normal'
    })
    const csv = await world.api.open(
      `/api/v1/points/${point.id}/trend.csv?from=2020-01-01&to=2020-02-01`,
    )
    expect(csv.headers.get('content-type')).toContain('text/csv')
    expect(await csv.text()).toContain('start,end,min')
  })
})
