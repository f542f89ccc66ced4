import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face } from '#simulators/faces'
import type { Fleet } from '#simulators/fleet'
import { hours, minutes, seconds } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type MeterView, metricsOf, type ReadingView } from './api.ts'
import { dialIn, meterOf, type Played, playCaller, playServer, rowOf, tcpBus } from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { lieOf } from './truth.ts'
import { enter, scenarioFor, startField, startWorld, type World } from './world.ts'

const SEED = 20_260_922

/** What is to be ended after a test, the last first. */
const endings: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function database() {
  const opened = await migratedDatabase()
  endings.push(() => opened.close())
  return opened.db
}

const readingsOf = ({ api }: World, id: number, query = '') =>
  listAll<ReadingView>(api, `/api/v1/meters/${id}/readings${query}`)

async function meterAt({ api }: World, address: string): Promise<MeterView> {
  const [meter] = await listAll<MeterView>(api, `/api/v1/meters?address=${address}`)
  if (!meter) throw new Error(`no meter ${address}`)
  return meter
}

const roundsOf = ({ said }: World, plan: string) =>
  said.filter((line) => line.includes(`  ${plan}: `)).length

describe(`bad lines, seed ${SEED}`, () => {
  const radio = {
    loss: 0.2,
    bitFlip: 0.08,
    noise: 0.15,
    wrongChecksum: 0.05,
    foreignAddress: 0.05,
    late: 0.08,
    lateMs: 9_000,
    split: 0.3,
    merge: 0.1,
    delayMs: 60,
    jitterMs: 300,
  }
  const groups = [
    {
      kind: 'dialin',
      meters: 6,
      concentrators: 2,
      heartbeatS: 30,
      hangUpAfterS: 120,
      faults: radio,
    },
    {
      kind: 'tcp',
      meters: 3,
      port: 0,
      faults: { ...radio, echo: true, delayMs: 20, lateMs: 3_000 },
    },
    {
      kind: 'modbus-tcp',
      meters: 3,
      port: 0,
      profiles: ['sdm630', 'iem3155', 'dtsu666'],
      faults: { loss: 0.2, split: 0.3, merge: 0.1, late: 0.1, lateMs: 4_000 },
    },
    {
      kind: 'modbus-rtu-tcp',
      meters: 3,
      port: 0,
      profiles: ['sdm120', 'dtsd1352'],
      faults: { loss: 0.2, bitFlip: 0.1, noise: 0.1, split: 0.3, late: 0.1, lateMs: 4_000 },
    },
  ] as const
  const ROUNDS = 4
  const faultNames = [
    'flipped',
    'foreignAddress',
    'late',
    'lost',
    'noisy',
    'split',
    'wrongChecksum',
  ] as const
  /** The longest that one visit to one meter takes on these lines. */
  const VISIT = minutes(3)

  it('never give a meter what another one said, nor what it did not say', async () => {
    const db = await database()
    const clock = clockFrom(beginning, 20)
    let fleet: Fleet | undefined
    const world = await startWorld({
      db,
      clock,
      cycleSeconds: 40,
      seed: async (registry, ports) => {
        const field = await startField(scenarioFor(ports, SEED, groups), clock)
        endings.push(() => field.stop())
        await enter(field, registry)
        fleet = field
      },
    })
    endings.push(() => world.stop())
    if (!fleet) throw new Error('no field')
    const { stats, meterAt: residentOf } = fleet
    const enoughOfEach = async () => {
      const kinds = await db.query<{ count: bigint }>(
        `select count(*)::bigint as count from reading_curve r
         join meter m on m.id = r.meter_id join channel c on c.id = m.channel_id group by c.kind`,
      )
      return kinds.length === 4 && kinds.every(({ count }) => count >= 8n)
    }
    await until(`${ROUNDS} rounds, with every kind of fault`, async () => {
      const { counts } = stats()
      const plans = ['DL/T 645 present values', 'Modbus present values']
      const haveRun = plans.every((plan) => roundsOf(world, plan) >= ROUNDS)
      return haveRun && faultNames.every((name) => counts[name] > 0) && (await enoughOfEach())
    })
    const lies: (string | null)[] = []
    const falls: string[] = []
    const counts = new Map<string, number>()
    for (const view of await listAll<MeterView>(world.api, '/api/v1/meters')) {
      const meter = residentOf(view.usagePoint)
      if (!meter) throw new Error(`no meter at ${view.usagePoint}`)
      const peaks = new Map<string, number>()
      for (const reading of (await readingsOf(world, view.id)).toReversed()) {
        const { register, dataClass, at, value } = reading
        const readAt = Date.parse(at)
        const isPresent = dataClass === 'current'
        const heldAt = isPresent ? readAt : meter.clock.momentShowing(readAt)
        const lie = lieOf(meter, reading, isPresent ? readAt - VISIT : heldAt, heldAt)
        lies.push(lie && `${lie}, ${dataClass} of ${at} by ${view.channelKind}`)
        counts.set(view.channelKind, (counts.get(view.channelKind) ?? 0) + 1)
        if (!isPresent || !register.includes('.8.')) continue
        if (Number(value) < (peaks.get(register) ?? 0))
          falls.push(`${view.address} ${register} ${at}`)
        peaks.set(register, Number(value))
      }
    }
    expect(lies.filter((lie) => lie !== null)).toEqual([])
    expect(falls).toEqual([])
    expect(counts.size).toBe(4)
    const metrics = await metricsOf(world.api.url)
    expect(metrics.get('hes_line_strays_total')).toBeGreaterThan(0)
    expect(metrics.get('hes_line_skipped_bytes_total')).toBeGreaterThan(0)
    for (const protocol of ['dlt645-2007', 'modbus']) {
      const name = `hes_exchange_failures_total{code="exchange.timeout",protocol="${protocol}"}`
      expect(metrics.get(name)).toBeGreaterThan(0)
    }
  })
})

describe('a concentrator whose connection is half open', () => {
  it('is let go after its silence, and read again when it has called again', async () => {
    const db = await database()
    const clock = clockFrom(beginning, 10)
    const identity = '330100000001'
    const meter = meterOf('330120000001', 1)
    let caller: ReturnType<typeof playCaller> | undefined
    const world = await startWorld({
      db,
      clock,
      seed: async (registry, ports) => {
        await registry.importArchive([rowOf(1, meter.spec.address, dialIn(identity))])
        caller = playCaller({ port: ports.dialin ?? 0, identity, face: dlt645Face([meter]) }, clock)
        endings.push(async () => caller?.stop())
      },
    })
    endings.push(() => world.stop())
    const { id } = await meterAt(world, meter.spec.address)
    const current = '?register=1.8.0'
    await until('a first reading', async () => (await readingsOf(world, id, current)).length > 0)
    caller?.answers(() => [])
    const deafSince = clock.now()
    clock.jump(minutes(40))
    await until('the end of the connection', () => (caller?.losses ?? 0) > 0)
    expect(world.log.filter(({ event }) => event === 'dialin.idle')).toMatchObject([{ identity }])
    caller?.answers((answer) => [answer])
    clock.jump(hours(1))
    await until('readings again', async () => {
      const [newest] = await readingsOf(world, id, current)
      return newest && Date.parse(newest.receivedAt) > deafSince + minutes(40)
    })
  })
})

describe('a field where two devices and two meters are mistaken for one', () => {
  const clock = clockFrom(beginning, 10)
  const [twin, neighbour] = ['330100000001', '330100000002'] as const
  const [twins, aside] = [meterOf('330120000001', 1), meterOf('330120000002', 2)] as const
  const [old, fresh] = [meterOf('330120000003', 3), meterOf('330120000003', 4, 2026)] as const
  const installed = [old]
  let database: TestDatabase
  let world: World
  const devices: Played[] = []

  beforeAll(async () => {
    database = await migratedDatabase()
    const face = {
      receive: (chunk: Uint8Array, now: number) =>
        dlt645Face(installed.slice(-1)).receive(chunk, now),
      reset: () => {},
    }
    const bus = await playServer(face, clock)
    devices.push(bus)
    world = await startWorld({
      db: database.db,
      clock,
      seed: async (registry, ports) => {
        await registry.importArchive([
          rowOf(1, twins.spec.address, dialIn(twin)),
          rowOf(2, aside.spec.address, dialIn(neighbour)),
          rowOf(3, old.spec.address, tcpBus('bus', bus.port)),
        ])
        const port = ports.dialin ?? 0
        for (const [identity, meter] of [
          [twin, twins],
          [twin, twins],
          [neighbour, aside],
        ] as const) {
          devices.push(playCaller({ port, identity, face: dlt645Face([meter]) }, clock))
        }
      },
    })
  })

  afterAll(async () => {
    for (const device of devices) await device.stop()
    await world?.stop()
    await database?.close()
  })

  it('lets concentrators of one identity take each other’s place, counts it, and reads the others', async () => {
    const { url } = world.api
    await until('ten takeovers', async () => {
      const metrics = await metricsOf(url)
      return (metrics.get('hes_dialin_events_total{event="takeover"}') ?? 0) >= 10
    })
    const told = world.log.filter(({ event }) => event === 'dialin.takeover')
    expect(told.at(-1)).toMatchObject({ identity: twin, times: expect.any(Number) })
    expect(new Set(told.map(({ identity }) => identity))).toEqual(new Set([twin]))
    const { id } = await meterAt(world, aside.spec.address)
    const before = (await readingsOf(world, id, '?register=1.8.0')).length
    await until('further readings of the neighbour', async () => {
      return (await readingsOf(world, id, '?register=1.8.0')).length > before
    })
  })

  it('stores a replaced meter as it reads, and its usage neither leaps nor falls', async () => {
    const { id, account } = await meterAt(world, old.spec.address)
    const wait = async (since: number) =>
      until('present values', async () => {
        const list = await readingsOf(world, id, '?register=1.8.0')
        const present = list.filter(({ dataClass }) => dataClass === 'current')
        return present.filter(({ at }) => Date.parse(at) >= since).length >= 3
      })
    await wait(0)
    const swappedAt = clock.now()
    installed.push(fresh)
    await wait(clock.now() + seconds(10))
    clock.jump(hours(1))
    await wait(clock.now())
    const lies = (await readingsOf(world, id)).flatMap((reading) => {
      const at = Date.parse(reading.at)
      const from = reading.dataClass === 'current' ? at - minutes(1) : at
      const either = [lieOf(old, reading, from, at), lieOf(fresh, reading, from, at)]
      const isPast = reading.dataClass !== 'current' || Math.abs(at - swappedAt) < minutes(1)
      if (isPast) return either.includes(null) ? [] : either
      return (at < swappedAt ? either[0] : either[1]) ?? []
    })
    expect(lies).toEqual([])
    const usage = await world.api.get<{ items: readonly { start: string; value: string }[] }>(
      `/api/v1/accounts/${account}/usage?granularity=hour&from=2026-11-22`,
    )
    const hourMaxKwh = 2_000
    for (const { value } of usage.items) {
      expect(Number(value)).toBeGreaterThanOrEqual(0)
      expect(Number(value)).toBeLessThan(hourMaxKwh)
    }
  })
})
