import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import { systemClock } from '#src/core'
import type { Api, PageView, ReadView } from './api.ts'
import { meterOf, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { type Mortal, mortalHeadEnd } from './mortal.ts'
import { until } from './time.ts'

const SEED = 87
const known = ['330120008701', '330120008702']
const fresh = ['330120008713', '330120008724', '330120008735', '330120008746']

interface JobView {
  readonly id: number
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
  readonly meters: readonly {
    readonly address: string
    readonly match: string
    readonly meter: number | null
    readonly remarks: readonly { readonly code: string }[]
  }[]
}

describe(`a process that is killed while it commissions and reads, seed ${SEED}`, () => {
  const face = dlt645Face([...known, ...fresh].map((address) => meterOf(address, SEED)))
  let bus: PlayedServer
  let mortal: Mortal

  beforeAll(async () => {
    bus = await playServer(face, systemClock)
    const rows = known.map((address, at) => rowOf(at + 1, address, tcpBus('hall', bus.port)))
    mortal = await mortalHeadEnd(rows)
  })

  afterAll(async () => {
    mortal?.remove()
    await bus?.stop()
  })

  afterEach(() => mortal.kill())

  const jobOf = (api: Api, id: number) => api.get<JobView>(`/api/v1/commissioning/${id}`)
  const ended = (api: Api, id: number) =>
    until('the end of the job', async () => {
      const job = await jobOf(api, id)
      return !['searching', 'reading'].includes(job.state) && job
    })
  /** When the bus has heard so much more than now. */
  const heardMore = (count: number) => {
    const before = bus.heard.length
    return until('the bus', () => bus.heard.length >= before + count)
  }

  it('goes on with a search where it was, and adopts and reads each meter once', async () => {
    let api = await mortal.start()
    const channels = await api.get<PageView<{ id: number }>>('/api/v1/channels')
    const channel = channels.items[0]?.id ?? 0
    const body = { channel, protocols: ['dlt645-2007'], adopt: true }
    const started = await api.post<JobView>('/api/v1/commissioning', body)
    expect(started.status, JSON.stringify(started.body)).toBe(202)
    const { id } = started.body
    await heardMore(3)
    await mortal.kill()
    api = await mortal.start()
    await until('new meters', async () => (await jobOf(api, id)).state !== 'searching')
    await mortal.kill()
    api = await mortal.start()
    const job = await ended(api, id)
    expect(job.state).toBe('done')
    expect(Object.fromEntries(job.meters.map(({ address, match }) => [address, match]))).toEqual(
      Object.fromEntries([
        ...known.map((address) => [address, 'known']),
        ...fresh.map((address) => [address, 'new']),
      ]),
    )
    for (const { meter, remarks } of job.meters) {
      expect(meter).not.toBeNull()
      expect(remarks.map(({ code }) => code)).not.toContain('meter.silent')
    }
    const meters = await api.get<PageView<{ address: string }>>('/api/v1/meters')
    expect(meters.items.map(({ address }) => address).toSorted()).toEqual([...known, ...fresh])
  })

  it('answers every item of a batch that it died in, and of one that it had only taken on', async () => {
    let api = await mortal.start()
    const page = await api.get<PageView<{ id: number }>>('/api/v1/meters')
    const devices = page.items.map(({ id }) => id)
    expect(devices.length).toBeGreaterThan(1)
    const items = ['1.8.0', '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0']
    const ask = async () => {
      const made = await api.post<ReadView>('/api/v1/reads', { devices, items })
      expect(made.status, JSON.stringify(made.body)).toBe(202)
      return made.body.id
    }
    const first = await ask()
    await heardMore(4)
    await mortal.kill()
    api = await mortal.start()
    const second = await ask()
    await mortal.kill()
    api = await mortal.start()
    for (const id of [first, second]) {
      const read = await until('the batch', async () => {
        const view = await api.get<ReadView>(`/api/v1/reads/${id}?wait=20`)
        return view.state === 'done' && view
      })
      expect(read.items).toHaveLength(devices.length * items.length)
      expect(new Set(read.items.map(({ state }) => state))).toEqual(new Set(['answered']))
      expect(new Set(read.items.map(({ meter, item }) => `${meter} ${item}`)).size).toBe(
        devices.length * items.length,
      )
    }
  })
})
