import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { profileOf } from '#protocols/modbus'
import { modbusTcpFace } from '#simulators/faces'
import { systemClock } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { meterOf, type PlayedServer, playServer, rowOf } from './devices.ts'
import { until } from './time.ts'
import { startWorld, type World } from './world.ts'

const SEED = 89
const PROFILE = 'sdm630'

interface JobView {
  readonly id: number
  readonly state: string
  readonly verdict: string | null
  readonly failure: string | null
  readonly meters: readonly {
    readonly address: string
    readonly match: string
    readonly meter: number | null
    readonly remarks: readonly { readonly code: string; readonly evidence: string }[]
  }[]
}

describe(`commissioning of Modbus units, seed ${SEED}`, () => {
  let database: TestDatabase
  let world: World
  let gateway: PlayedServer
  let channel: number

  beforeAll(async () => {
    const profile = profileOf(PROFILE)
    if (!profile) throw new Error(PROFILE)
    const units = [1, 3].map((unit) => ({ unit, profile, meter: meterOf(String(unit), SEED) }))
    gateway = await playServer(modbusTcpFace(units), systemClock)
    database = await migratedDatabase()
    const row = {
      ...{ channel: 'gateway', channelKind: 'modbus-tcp' as const },
      ...{ channelSettings: { host: '127.0.0.1', port: gateway.port } },
      ...{ protocol: 'modbus' as const, profile: PROFILE },
    }
    world = await startWorld({
      db: database.db,
      clock: systemClock,
      cycleSeconds: 3_600,
      seed: async (registry) => {
        const rows = ['1', '5'].map((unit, at) => rowOf(at + 1, unit, row))
        expect((await registry.importArchive(rows)).ok).toBe(true)
      },
    })
    const channels = await world.api.get<PageView<{ id: number }>>('/api/v1/channels')
    channel = channels.items[0]?.id ?? 0
  })

  afterAll(async () => {
    await world?.stop()
    await gateway?.stop()
    await database?.close()
  })

  const start = (more: Readonly<Record<string, unknown>>) =>
    world.api.post<JobView>('/api/v1/commissioning', { channel, ...more })
  const jobOf = (id: number) => world.api.get<JobView>(`/api/v1/commissioning/${id}`)
  const ended = (id: number) =>
    until('the end of the job', async () => {
      const job = await jobOf(id)
      return !['searching', 'reading'].includes(job.state) && job
    })

  it('finds units, compares them, adopts by a register map, and reads them', async () => {
    const blind = await start({ units: [1, 2, 3, 4, 5], adopt: true })
    expect(blind, 'adopting takes a map').toMatchObject({ status: 400 })
    const made = await start({ units: [1, 2, 3, 4, 5] })
    expect(made.status, JSON.stringify(made.body)).toBe(202)
    const job = await ended(made.body.id)
    expect([job.state, job.failure]).toEqual(['done', null])
    const matches = Object.fromEntries(job.meters.map(({ address, match }) => [address, match]))
    expect(matches).toEqual({ 1: 'known', 3: 'new', 5: 'missing' })
    const codesOf = (of: JobView, unit: string) =>
      of.meters.find(({ address }) => address === unit)?.remarks.map(({ code }) => code)
    expect(codesOf(job, '1')).toEqual([])
    const path = `/api/v1/commissioning/${job.id}/adopt`
    expect(await world.api.post(path, {})).toMatchObject({ status: 400 })
    const adopted = await world.api.post(path, { profile: PROFILE })
    expect(adopted.status, JSON.stringify(adopted.body)).toBe(202)
    const after = await ended(job.id)
    expect(codesOf(after, '3')).toEqual([])
    expect(after.meters.find(({ address }) => address === '3')?.meter).not.toBeNull()
    expect(codesOf(after, '5')?.[0]).toBe('archive.missing')
  })

  it('stays cancelled, and lets the channel go at once', async () => {
    const made = await start({})
    expect(made.status, JSON.stringify(made.body)).toBe(202)
    const { id } = made.body
    await until('the search', () => gateway.heard.length > 3)
    const cancelled = await world.api.post<JobView>(`/api/v1/commissioning/${id}/cancel`, {})
    expect(cancelled.body.state).toBe('cancelled')
    const next = await start({ units: [1] })
    expect(next.status, JSON.stringify(next.body)).toBe(202)
    expect((await ended(next.body.id)).state).toBe('done')
    expect((await jobOf(id)).state).toBe('cancelled')
    const again = await world.api.post(`/api/v1/commissioning/${id}/cancel`, {})
    expect(again.status).toBe(409)
  })
})
