import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '#simulators/fleet'
import type { SimulatedMeter } from '#simulators/meter'
import { civilTime, instant } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { type MeterView, metricsOf, type ReadingView, type ReadView } from './api.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { registerAt } from './truth.ts'
import { PASSWORD, scenarioFor, startField, startWorld, type World, ZONE } from './world.ts'

const SEED = 376
const CYCLE_SECONDS = 10
const civil = civilTime(ZONE)
const columns = 'concentrator,meter_address,protocol'

/**
 * A terminal of each protocol, how a head-end names the meters behind it, and the first of them by
 * the address that it has in DL/T 645, in which it is asked through the terminal.
 */
const terminals = [
  {
    protocol: 'gdw376',
    identity: '3301-0A01',
    meters: ['3301-0A01/1', '3301-0A01/2'],
    behind: '330120000001',
  },
  {
    protocol: 'dlt698',
    identity: '330190000698',
    meters: ['330120069801', '330120069802'],
    behind: '330120069801',
  },
] as const

describe(`terminals that dial in by the login of their protocol, seed ${SEED}`, () => {
  const clock = clockFrom(beginning, 5)
  let database: TestDatabase
  let world: World
  let field: Fleet

  const start = () => {
    const groups = terminals.map(({ protocol, identity, meters }) => ({
      kind: 'terminal',
      protocol,
      terminals: 1,
      identities: [identity],
      meters: meters.length,
      ...(protocol === 'dlt698' ? { addresses: meters } : {}),
      heartbeatS: 30,
      hangUpAfterS: null,
    }))
    return startField(scenarioFor(world.headEnd.ports, SEED, groups), clock)
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock, cycleSeconds: CYCLE_SECONDS })
    const rows = terminals.flatMap(({ protocol, identity, meters, behind }) => [
      ...meters.map((address) => [identity, address, protocol].join(',')),
      [identity, behind, 'dlt645-2007'].join(','),
    ])
    const csv = [columns, ...rows].join('\n')
    const imported = await world.api.post('/api/v1/archive/imports', csv, 'text/csv')
    expect(imported.status, JSON.stringify(imported.body)).toBe(200)
    field = await start()
  })

  afterAll(async () => {
    await field?.stop()
    await world?.stop()
    await database?.close()
  })

  const meterOf = async (address: string): Promise<MeterView> => {
    const path = `/api/v1/meters?address=${encodeURIComponent(address)}`
    const { items } = await world.api.get<{ items: readonly MeterView[] }>(path)
    const meter = items.find(({ protocol }) => protocol !== 'dlt645-2007')
    if (!meter) throw new Error(`${address} is not in the archive`)
    return meter
  }
  const readingsOf = async (address: string, dataClass: string) => {
    const { id } = await meterOf(address)
    const path = `/api/v1/meters/${id}/readings?register=1.8.0&limit=200`
    const { items } = await world.api.get<{ items: readonly ReadingView[] }>(path)
    return items.filter((reading) => reading.dataClass === dataClass)
  }
  const online = async () => (await metricsOf(world.api.url)).get('hes_channels_online')

  /** The meter of the field behind an address: they were moved in in this order. */
  const meterBehind = (address: string): SimulatedMeter => {
    const all: readonly string[] = terminals.flatMap(({ meters }) => meters)
    const row = field.archive()[all.indexOf(address)]
    const meter = row && field.meterAt(row.usagePoint)
    if (!row || !meter) throw new Error(`${address} is not in the field`)
    expect(row.meterAddress).toBe(address)
    return meter
  }

  describe.each(terminals)('$protocol', ({ protocol, identity, meters, behind }) => {
    it.each(meters)('reads what %s counts now', async (address) => {
      const [reading] = await until('a present value', async () => {
        const found = await readingsOf(address, 'current')
        const polled = found.filter(({ source }) => source === 'poll')
        return polled.length > 0 && polled
      })
      expect(reading?.unit).toBe('kWh')
      const truth = registerAt(meterBehind(address), '1.8.0', 2, Date.parse(reading?.at ?? ''))
      expect(Math.abs(Number(reading?.value) - truth / 100)).toBeLessThan(0.1)
    })

    it.each(meters)('reads what %s froze at midnight', async (address) => {
      const midnight = civil.startOf(civil.dateOf(beginning))
      const reading = await until('the freeze of today', async () => {
        const found = await readingsOf(address, 'daily')
        return found.find(({ at }) => Date.parse(at) === midnight)
      })
      const truth = registerAt(meterBehind(address), '1.8.0', 2, midnight)
      expect(Math.abs(Number(reading.value) - truth / 100)).toBeLessThan(0.1)
      expect(reading.timeSource).toBe('meter')
    })

    it('keeps the load curve of the quarter hour', async () => {
      const [address] = meters
      const quarter = instant(Math.floor(beginning / 900_000) * 900_000)
      const reading = await until('a point of the curve', async () => {
        const found = await readingsOf(address, 'interval')
        return found.find(({ at }) => Date.parse(at) >= quarter - 900_000)
      })
      const truth = registerAt(meterBehind(address), '1.8.0', 2, Date.parse(reading.at))
      expect(Math.abs(Number(reading.value) - truth / 100)).toBeLessThan(0.1)
    })

    it('answers a read on demand', async () => {
      const { id } = await meterOf(meters[1])
      const asked = await world.api.post<ReadView>('/api/v1/reads', {
        devices: [id],
        items: ['1.8.0', '32.7.0'],
      })
      expect(asked.status, JSON.stringify(asked.body)).toBe(202)
      const read = await until('the end of the read', async () => {
        const now = await world.api.get<ReadView>(`/api/v1/reads/${asked.body.id}`)
        return now.items.every(({ state }) => state !== 'waiting' && state !== 'running') && now
      })
      expect(read.items.map(({ item, state }) => [item, state])).toEqual([
        ['1.8.0', 'answered'],
        ['32.7.0', 'answered'],
      ])
    })

    const hes = (...words: readonly string[]) =>
      startHes([...words, '--concentrator', identity, '--server', world.api.url, '--json'], {
        HES_USERNAME: 'admin',
        HES_PASSWORD: PASSWORD,
        HES_TIMEZONE: ZONE,
      }).ended

    it('passes on what is asked of a DL/T 645 meter behind it', async () => {
      const meter = ['--protocol', 'dlt645-2007', '--address', behind]
      const { exit, stdout, stderr } = await hes('read', ...meter, '--item', '1.8.0')
      expect(exit, stderr).toBe(0)
      const reading: Record<string, unknown> = JSON.parse(stdout)
      const at = Date.parse(String(reading.at))
      const truth = registerAt(meterBehind(meters[0]), '1.8.0', 2, at)
      expect(Math.abs(Number(reading.value) - truth / 100)).toBeLessThan(0.1)
      const shown = await hes('clock', ...meter)
      expect(shown.exit, shown.stderr).toBe(0)
      expect(JSON.parse(shown.stdout)).toMatchObject({ device: behind })
      const refused = await hes('read', ...meter, '--item', '0400FFFF')
      expect(refused.exit).toBe(7)
      expect(refused.stderr).toContain('dlt645.no-such-data')
    })

    it('shows its clock through the head-end', async () => {
      const { exit, stdout, stderr } = await hes(
        ...['clock', '--protocol', protocol, '--address', meters[0]],
      )
      expect(exit, stderr).toBe(0)
      const readout: unknown = JSON.parse(stdout)
      expect(readout).toMatchObject({ device: meters[0], offsetMs: expect.any(Number) })
    })

    it('is known as online by its address', async () => {
      const found = await until('the terminal', async () => {
        const { items } = await world.api.get<{
          items: readonly { address: string; online: boolean }[]
        }>('/api/v1/concentrators')
        return items.find(({ address, online: isOnline }) => address === identity && isOnline)
      })
      expect(found.address, protocol).toBe(identity)
    })
  })

  it('answers heartbeats', async () => {
    await until('heartbeats of both', async () => {
      const metrics = await metricsOf(world.api.url)
      return (metrics.get('hes_terminal_frames_total{kind="heartbeat"}') ?? 0) > 1
    })
  })

  it('waits for terminals that die and reads them when they are back', async () => {
    await until('both', async () => (await online()) === 2)
    await field.stop()
    await until('them to be missed', async () => (await online()) === 0)
    field = await start()
    const backAt = clock.now()
    for (const { meters } of terminals) {
      await until('a new reading', async () => {
        const [latest] = await readingsOf(meters[0], 'current')
        return Date.parse(latest?.receivedAt ?? '') > backAt
      })
    }
  })
})
