import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFrame, dlt645, type Frame, parseFrame } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import { seconds } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { listAll, type MeterView, metricsOf, type ReadingView, type ReadView } from './api.ts'
import { type Change, meterOf, type PlayedServer, playServer, rowOf, tcpBus } from './devices.ts'
import { beginning, clockFrom, until } from './time.ts'
import { lieOf } from './truth.ts'
import { startWorld, type World } from './world.ts'

/** No faster: a time-out has to outlast the pauses of a busy machine. */
const SPEED = 4
const ROUNDS = 2
const REFUSED = 0xd1
const NO_SUCH_DATA = Uint8Array.of(0x02)
const NOT_BCD = 0xdd
const ITEM_BYTES = 4
const LENGTH_OFFSET = 9

const clock = clockFrom(beginning, SPEED)

const frameOf = (answer: Uint8Array): Frame => {
  const [bytes] = dlt645.scanner().push(answer)
  const parsed = bytes ? parseFrame(bytes) : null
  if (!parsed?.ok) throw new Error('a simulated meter answers with good frames')
  return parsed.frame
}

const rebuilt = (change: (frame: Frame) => Partial<Frame>): Change => {
  return (answer) => {
    const frame = frameOf(answer)
    return [buildFrame({ ...frame, ...change(frame) })]
  }
}

/** With a length that is one too many, and the checksum that goes with it. */
const tooLong: Change = (answer) => {
  const bytes = buildFrame(frameOf(answer))
  bytes[LENGTH_OFFSET] = (bytes[LENGTH_OFFSET] ?? 0) + 1
  bytes[bytes.length - 2] = ((bytes.at(-2) ?? 0) + 1) & 0xff
  return [bytes]
}

const later = (answer: Uint8Array) =>
  new Promise<Uint8Array>((resolve) => clock.after(seconds(4), () => resolve(answer)))

/** Meters of one bus with the way each of them goes wrong, and what is to be said of it. */
const sinners = [
  {
    address: '330120000002',
    sin: 'a wrong checksum',
    change: (answer: Uint8Array) => [answer.with(-2, ((answer.at(-2) ?? 0) + 1) & 0xff)],
    reason: 'damaged',
    code: 'exchange.damaged',
    fault: 'dlt645.checksum',
  },
  {
    address: '330120000003',
    sin: 'a wrong length',
    change: tooLong,
    reason: 'damaged',
    code: 'exchange.damaged',
    fault: expect.stringMatching(/^dlt645\./),
  },
  {
    address: '330120000004',
    sin: 'another item',
    change: rebuilt(({ data }) => ({ data: data.with(2, ((data[2] ?? 0) + 1) & 0xff) })),
    reason: 'mismatch',
    code: 'exchange.mismatch',
  },
  {
    address: '330120000005',
    sin: 'another address',
    change: rebuilt(() => ({ address: '330120000001' })),
    reason: 'mismatch',
    code: 'exchange.mismatch',
  },
  {
    address: '330120000006',
    sin: 'values that are not BCD',
    change: rebuilt(({ data }) => ({ data: data.fill(NOT_BCD, ITEM_BYTES) })),
    reason: 'no-value',
    code: 'value.not-bcd',
  },
  {
    address: '330120000007',
    sin: 'a refusal',
    change: rebuilt(() => ({ control: REFUSED, data: NO_SUCH_DATA })),
    reason: 'refused',
    code: null,
  },
  {
    address: '330120000008',
    sin: 'silence',
    change: () => [],
    reason: 'timeout',
    code: 'exchange.timeout',
  },
] satisfies readonly {
  readonly address: string
  readonly sin: string
  readonly change: Change
  readonly reason: string
  readonly code: string | null
  readonly fault?: unknown
}[]

const good = meterOf('330120000001', 1)
const late = meterOf('330120000011', 11)
const besideLate = meterOf('330120000012', 12)

describe('answers that are not what was asked for', () => {
  let database: TestDatabase
  let world: World
  const buses: PlayedServer[] = []

  beforeAll(async () => {
    database = await migratedDatabase()
    const { db } = database
    await db.query(`update poll_plan set enabled = false where data_class <> 'current'`)
    const sinful = sinners.map(({ address }, index) => meterOf(address, index + 2))
    const bus = await playServer(dlt645Face([good, ...sinful]), clock)
    const changes = new Map<string, Change>(sinners.map(({ address, change }) => [address, change]))
    bus.answers((answer) => changes.get(frameOf(answer).address)?.(answer) ?? [answer])
    const lateBus = await playServer(dlt645Face([late, besideLate]), clock)
    lateBus.answers((answer) => {
      return [frameOf(answer).address === late.spec.address ? later(answer) : answer]
    })
    buses.push(bus, lateBus)
    world = await startWorld({
      db,
      clock,
      cycleSeconds: 24,
      seed: async (registry) => {
        const rows = [good, ...sinful].map(({ spec }, index) =>
          rowOf(index + 1, spec.address, tcpBus('bus', bus.port)),
        )
        const lateRows = [late, besideLate].map(({ spec }, index) =>
          rowOf(index + 20, spec.address, tcpBus('late bus', lateBus.port)),
        )
        const entered = await registry.importArchive([...rows, ...lateRows])
        expect(entered.ok).toBe(true)
      },
    })
    await until('each meter to be judged, the good ones several times', async () => {
      const judged = await Promise.all(sinners.map(({ address }) => judgementsOf(address)))
      const read = await Promise.all([good, besideLate].map(({ spec }) => ledgerOf(spec.address)))
      return judged.every(([first]) => first) && read.every(({ length }) => length >= ROUNDS)
    })
  })

  afterAll(async () => {
    await world?.stop()
    for (const bus of buses) await bus.stop()
    await database?.close()
  })

  interface Slot {
    readonly state: number
    readonly reason: string | null
  }

  const ledgerOf = (address: string) =>
    database.db.query<Slot>(
      `select s.state, s.reason from collection_slot s join meter m on m.id = s.meter_id
       where m.address = $1::text and s.state <> 1 order by s.slot_start`,
      [address],
    )
  /** Slots in which the meter was asked: a busy machine may come too late for some. */
  const judgementsOf = async (address: string) =>
    (await ledgerOf(address)).filter(({ reason }) => reason !== 'overtaken' && reason !== 'paused')
  const readingsOf = async (address: string) => {
    const [meter] = await listAll<MeterView>(world.api, `/api/v1/meters?address=${address}`)
    return listAll<ReadingView>(world.api, `/api/v1/meters/${meter?.id}/readings`)
  }

  it.each(sinners)('$sin: nothing is stored, and the ledger says why', async (sinner) => {
    expect(await readingsOf(sinner.address)).toEqual([])
    for (const { state } of await ledgerOf(sinner.address)) expect(state).toBe(4)
    for (const { reason } of await judgementsOf(sinner.address)) expect(reason).toBe(sinner.reason)
  })

  it.each(sinners.filter(({ code }) => code !== null))(
    '$sin: is told once, with code, device and bytes',
    ({ address, code, ...sinner }) => {
      const told = world.log.filter(({ level, meter }) => level === 40 && meter === address)
      expect(told).toHaveLength(1)
      expect(told[0]).toMatchObject({
        channel: 'bus',
        code,
        raw: code === 'exchange.timeout' ? '' : expect.stringMatching(/^(FE)*68[0-9A-F]+16$/),
        ...('fault' in sinner ? { fault: sinner.fault } : {}),
      })
    },
  )

  it('everything is counted by code', async () => {
    const metrics = await metricsOf(world.api.url)
    for (const code of ['damaged', 'mismatch', 'timeout']) {
      const labels = `code="exchange.${code}",protocol="dlt645-2007"`
      expect(metrics.get(`hes_exchange_failures_total{${labels}}`)).toBeGreaterThan(0)
    }
    const flags = 'flag="not-bcd",protocol="dlt645-2007"'
    expect(metrics.get(`hes_values_unusable_total{${flags}}`)).toBeGreaterThan(0)
    expect(metrics.get('hes_refusals_total{protocol="dlt645-2007"}')).toBeGreaterThan(0)
    expect(metrics.get('hes_line_strays_total')).toBeGreaterThan(0)
    expect(metrics.get('hes_line_skipped_bytes_total')).toBeGreaterThan(0)
    expect(metrics.get('hes_readings_dropped_total{reason="unusable"}')).toBeGreaterThan(0)
    expect(metrics.get('hes_meters_silent')).toBeGreaterThanOrEqual(5)
  })

  it.each([
    ['the bus of the sinners', good],
    ['the bus of the late one', besideLate],
  ] as const)('the good meter on %s is read in every round, and right', async (_, meter) => {
    const ledger = await ledgerOf(meter.spec.address)
    expect(ledger.length).toBeGreaterThanOrEqual(ROUNDS)
    expect(ledger.filter(({ reason }) => reason !== null)).toEqual([])
    const readings = await readingsOf(meter.spec.address)
    expect(readings.length).toBeGreaterThan(ROUNDS)
    const lies = readings.map((reading) => {
      const at = Date.parse(reading.at)
      return lieOf(meter, reading, at - seconds(60), at)
    })
    expect(lies.filter((lie) => lie !== null)).toEqual([])
  })

  it('a late answer is never taken for another one', async () => {
    const metrics = await metricsOf(world.api.url)
    expect(metrics.get('hes_line_strays_total')).toBeGreaterThan(0)
    for (const reading of await readingsOf(late.spec.address)) {
      const at = Date.parse(reading.at)
      expect(lieOf(late, reading, at - seconds(60), at)).toBeNull()
    }
  })

  it('a silent meter costs one time-out a round, after one more try in the first', () => {
    const silent = sinners.find(({ code }) => code === 'exchange.timeout')
    const asked = buses[0]?.heard.filter((request) => {
      return frameOf(request).address === silent?.address
    })
    const rounds = world.said.filter((line) => line.includes('DL/T 645 present values: ')).length
    expect(asked?.length).toBeGreaterThanOrEqual(2)
    expect(asked?.length).toBeLessThanOrEqual(rounds + 2)
  })

  it('whoever asks a sinner gets the reason with the bytes', async () => {
    const devices = sinners.map(({ address }) => address)
    const { body } = await world.api.post<ReadView>('/api/v1/reads', { devices, items: ['1.8.0'] })
    const done = await until('the end of the read', async () => {
      const read = await world.api.get<ReadView>(`/api/v1/reads/${body.id}?wait=5`)
      return read.state === 'failed' && read
    })
    const meters = await listAll<MeterView>(world.api, '/api/v1/meters')
    const reasons = new Map(
      done.items.map(({ meter, reason }) => {
        return [meters.find(({ id }) => id === meter)?.address, reason] as const
      }),
    )
    for (const { address, code } of sinners) {
      expect(reasons.get(address)?.code).toBe(code ?? 'dlt645.no-such-data')
      if (code === null || code === 'exchange.timeout') continue
      expect(reasons.get(address)?.message).toMatch(/; received (FE)*68[0-9A-F]+16$/)
    }
  })
})
