import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import type { SimulatedMeter } from '#simulators/meter'
import { type Clock, hours } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import {
  type Api,
  listAll,
  type MeterView,
  metricsOf,
  type ReadingView,
  type ReadView,
} from './api.ts'
import { beginning, clockFrom, FieldClock, until } from './time.ts'
import { knownRegisters, lieOf, registerAt } from './truth.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 4_711

const groups = [
  { kind: 'dialin', meters: 3, concentrators: 2, heartbeatS: 30, hangUpAfterS: null },
  { kind: 'tcp', meters: 2, port: 0 },
  { kind: 'modbus-tcp', meters: 6, port: 0, profiles: ['sdm630', 'iem3155', 'adw300', 'dtsu666'] },
  { kind: 'modbus-rtu-tcp', meters: 2, port: 0, profiles: ['sdm120', 'dtsd1352'] },
  {
    kind: 'mqtt',
    meters: 5,
    everyS: 2,
    families: ['openhes', 'tasmota', 'shelly', 'neuron', 'neuron-tags'],
    backlogHours: 3,
  },
] as const

const plans = [
  'DL/T 645 present values',
  'DL/T 645 daily freeze',
  'DL/T 645 load profile',
  'Modbus present values',
]
const polledMeters = 13
const allMeters = 18

describe(`a field of all kinds, seed ${SEED}`, () => {
  let database: TestDatabase
  let fleet: Fleet
  let world: World
  let api: Api
  let meters: readonly MeterView[]
  let clock: Clock
  let field: FieldClock

  beforeAll(async () => {
    database = await migratedDatabase()
    clock = clockFrom(beginning)
    field = new FieldClock(clock)
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 60,
      seed: async (registry, ports) => {
        fleet = await startField(scenarioFor(ports, SEED, groups), field)
        await enter(fleet, registry)
      },
    })
    api = world.api
    meters = await listAll<MeterView>(api, '/api/v1/meters')
    await until('the first round of every plan', () =>
      plans.every((plan) => world.said.some((line) => line.includes(`  ${plan}: `))),
    )
    await until('a stored reading of every meter', async () => {
      const newest = meters.map(({ id }) =>
        api.get<{ items: unknown[] }>(`/api/v1/meters/${id}/readings?limit=1`),
      )
      return (await Promise.all(newest)).every(({ items }) => items.length > 0)
    })
    await until('everything that was read to be stored', async () => {
      const metrics = await metricsOf(api.url)
      return metrics.get('hes_outbox_deliveries') === 0
    })
  })

  afterAll(async () => {
    await fleet?.stop()
    await world?.stop()
    await database?.close()
  })

  const readingsOf = ({ id }: MeterView) =>
    listAll<ReadingView>(api, `/api/v1/meters/${id}/readings`)

  function simulated({ usagePoint }: MeterView): SimulatedMeter {
    const meter = fleet.meterAt(usagePoint)
    if (!meter) throw new Error(`no meter at ${usagePoint}`)
    return meter
  }

  const byKind = (kind: string) => meters.filter(({ channelKind }) => channelKind === kind)

  it('has every meter of the field in the archive', () => {
    expect(meters).toHaveLength(allMeters)
    expect(byKind('dialin')).toHaveLength(3)
    expect(byKind('tcp')).toHaveLength(2)
    expect(byKind('modbus-tcp')).toHaveLength(6)
    expect(byKind('modbus-rtu-tcp')).toHaveLength(2)
    expect(byKind('mqtt')).toHaveLength(5)
  })

  it('stores of each meter exactly what that meter said', async () => {
    const now = field.now()
    const lies: (string | null)[] = []
    const checked = new Map<string, number>()
    for (const view of meters) {
      const meter = simulated(view)
      for (const reading of await readingsOf(view)) {
        const isPresent = reading.dataClass === 'current'
        // Freezes and profiles were kept at a time of the meter's own clock.
        const at = isPresent ? now : meter.clock.momentShowing(Date.parse(reading.at))
        if (!isPresent && !knownRegisters.includes(reading.register)) continue
        lies.push(lieOf(meter, reading, at, at))
        const kind = `${view.channelKind} ${reading.dataClass}`
        checked.set(kind, (checked.get(kind) ?? 0) + 1)
      }
    }
    expect(lies.filter((lie) => lie !== null)).toEqual([])
    expect([...checked.keys()].sort()).toEqual([
      'dialin current',
      'dialin daily',
      'dialin interval',
      'modbus-rtu-tcp current',
      'modbus-tcp current',
      'mqtt current',
      'mqtt interval',
      'tcp current',
      'tcp daily',
      'tcp interval',
    ])
  })

  it('stamps what the meter stamped with its clock, and the rest with ours', async () => {
    for (const view of meters) {
      for (const { dataClass, timeSource, at, receivedAt } of await readingsOf(view)) {
        if (dataClass !== 'current') expect(timeSource).toBe('meter')
        if (timeSource === 'head-end') expect(at).toBe(receivedAt)
        expect(Date.parse(receivedAt)).toBeLessThanOrEqual(clock.now())
      }
    }
  })

  it('answers the usage of an account in primary energy, to the last digit', async () => {
    const archive = new Map(fleet.archive().map((row) => [row.usagePoint, row]))
    for (const view of [...byKind('dialin'), ...byKind('tcp')]) {
      const row = archive.get(view.usagePoint)
      if (!row) throw new Error(`${view.usagePoint} is not in the archive`)
      const usage = await api.get<{ unit: string; items: { start: string; value: string }[] }>(
        `/api/v1/accounts/${view.account}/usage?granularity=day&from=2026-11-20&to=2026-11-22`,
      )
      expect(usage.unit).toBe('kWh')
      expect(usage.items.map(({ start }) => start)).toEqual([
        '2026-11-20T00:00:00+08:00',
        '2026-11-21T00:00:00+08:00',
      ])
      const meter = simulated(view)
      for (const { start, value } of usage.items) {
        const from = Date.parse(start)
        const read = (ms: number) => registerAt(meter, '1.8.0', 2, meter.clock.momentShowing(ms))
        const hundredths = BigInt(read(from + hours(24)) - read(from))
        const ratio =
          (row.ct.numerator * row.pt.numerator) / (row.ct.denominator * row.pt.denominator)
        expect(Math.round(Number(value) * 100)).toBe(Number(hundredths * ratio))
      }
    }
  })

  it('gives on-demand reads what the meter holds now', async () => {
    const asked = [...byKind('dialin'), ...byKind('tcp'), ...byKind('modbus-tcp')]
    const { status, body } = await api.post<ReadView>('/api/v1/reads', {
      devices: asked.map(({ id }) => id),
      items: ['1.8.0'],
    })
    expect(status).toBe(202)
    const done = await until('the end of the read', async () => {
      const read = await api.get<ReadView>(`/api/v1/reads/${body.id}?wait=5`)
      return read.state !== 'running' && read.state !== 'requested' && read
    })
    expect(done.state).toBe('done')
    for (const item of done.items) {
      const view = asked.find(({ id }) => id === item.meter)
      if (!view) throw new Error(`nobody asked for ${item.meter}`)
      const reading = { register: item.item, value: item.value ?? '' }
      expect(lieOf(simulated(view), reading, field.now(), field.now())).toBeNull()
    }
  })

  it('says of a meter that only reports why it cannot be asked', async () => {
    const [meter] = byKind('mqtt')
    const { body } = await api.post<ReadView>('/api/v1/reads', {
      devices: [meter?.id],
      items: ['1.8.0'],
    })
    const done = await api.get<ReadView>(`/api/v1/reads/${body.id}?wait=5`)
    expect(done.items[0]?.reason?.code).toBe('read.push-only')
  })

  it('keeps a ledger that adds up, by concentrator and overall', async () => {
    interface Count {
      readonly expected: number
      readonly received: number
      readonly missing: number
    }
    interface Summary extends Count {
      readonly groups: readonly (Count & { readonly channel: string })[]
    }
    const summary = await api.get<Summary>('/api/v1/collection/summary?date=2026-11-22')
    const sum = (pick: (count: Count) => number) =>
      summary.groups.reduce((total, group) => total + pick(group), 0)
    expect(sum(({ expected }) => expected)).toBe(summary.expected)
    expect(sum(({ received }) => received)).toBe(summary.received)
    expect(sum(({ missing }) => missing)).toBe(summary.missing)
    expect(summary.missing).toBe(0)
    expect(summary.received).toBeGreaterThanOrEqual(polledMeters)
    // Also those whose meters report by themselves.
    const channels = new Set(meters.map(({ channel }) => channel))
    expect(summary.groups.map(({ channel }) => channel).sort()).toEqual([...channels].sort())
  })

  it('is ready, knows who is online, and counts what it did', async () => {
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200)
    const online = await until('both concentrators shown online', async () => {
      const list = await listAll<{ online: boolean }>(api, '/api/v1/concentrators')
      return list.every((one) => one.online) && list
    })
    expect(online).toHaveLength(2)
    const metrics = await metricsOf(api.url)
    expect(metrics.get('hes_channels')).toBe(5)
    expect(metrics.get('hes_channels_online')).toBe(5)
    expect(metrics.get('hes_meters_silent')).toBe(0)
    expect(metrics.get('hes_readings_total{kind="stored"}')).toBeGreaterThan(allMeters)
    expect(metrics.get('hes_push_messages_total{outcome="stored"}')).toBeGreaterThan(0)
    expect(metrics.get('hes_dialin_events_total{event="login"}')).toBe(2)
  })

  it('warns of nothing while the field is well', () => {
    const complaints = world.log.filter(({ level }) => Number(level) >= 40)
    expect(complaints).toEqual([])
  })
})
