import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dlt645Face, gdw376Face, standardBytesMax } from '#simulators/faces'
import { Site } from '#simulators/meter'
import { hours, milliseconds, minutes, seconds } from '#src/core'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import { type Api, listAll, type ReadingView } from './api.ts'
import { dialIn, meterOf, rowOf } from './devices.ts'
import { startHes } from './process.ts'
import { beginning, clockFrom, until } from './time.ts'
import { PASSWORD, startWorld, type World, ZONE } from './world.ts'

const SEED = 61
const TERMINAL = '3301-0B02'
const POINT = `${TERMINAL}/3`
const OLD = '330120006101'
const CAME = '330120006102'
const DAY = '2026-11-22'
/** The terminal was away from before this moment until after it. */
const SWAPPED = '2026-11-22T13:02:00+08:00'

interface SlotView {
  readonly meter: number
  readonly task: string
  readonly slot: string
  readonly state: string
  readonly reason: string | null
}

interface OrderView {
  readonly state: string
  readonly steps: readonly { readonly name: string; readonly state: string }[]
}

interface Counted {
  readonly expected: number
  readonly received: number
  readonly late: number
  readonly missing: number
  readonly notExpected: number
  readonly pending: number
}

describe(`the slots of a day on which a meter behind a terminal was replaced, seed ${SEED}`, () => {
  const clock = clockFrom(beginning)
  const meters = [meterOf(OLD, SEED), meterOf(CAME, SEED + 1)] as const
  const points = [{ point: 3, meter: meters[0] }]
  const terminal = gdw376Face({
    address: TERMINAL,
    site: new Site(ZONE, SEED),
    points,
    port: dlt645Face(meters),
    password: null,
    bytesMax: standardBytesMax,
  })
  let database: TestDatabase
  let world: World
  let api: Api
  let socket: Socket | null = null
  let isAway = false
  let isOver = false
  let slots: readonly SlotView[] = []
  let old = 0
  let came = 0

  const call = () => {
    if (isOver || isAway) return
    const own = connect(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
      own.write(terminal.login())
    })
    socket = own
    own.on('data', (chunk: Uint8Array) => {
      for (const answer of terminal.receive(chunk, clock.now())) own.write(answer)
    })
    own.on('error', () => own.destroy())
    own.on('close', () => void clock.after(milliseconds(300), call))
  }
  const slotsOfDay = (date: string) =>
    listAll<SlotView>(api, `/api/v1/collection/slots?date=${date}`)
  const meterAt = async (address: string, isGone: boolean) => {
    const [row] = await database.db.query<{ id: number }>(
      `select id from meter where address = $1::text and (retired_at is not null) = $2::boolean`,
      [address, isGone],
    )
    return row?.id ?? 0
  }

  const start = async () => {
    world = await startWorld({
      db: database.db,
      clock,
      cycleSeconds: 900,
      seed: async (registry) => {
        if ((await registry.meterByAddress('gdw376', POINT)).length > 0) return
        const entered = await registry.importArchive([
          rowOf(1, POINT, { ...dialIn(TERMINAL), protocol: 'gdw376' }),
        ])
        expect(entered.ok).toBe(true)
      },
    })
    api = world.api
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    await start()
    call()
    await until('the freeze and a point of the curve of the old meter', async () => {
      const read = (await slotsOfDay(DAY)).filter(({ state }) => state === 'received')
      return new Set(read.map(({ task }) => task)).size >= 2
    })
    isAway = true
    socket?.destroy()
    clock.jump(minutes(83))
    await until('what was due meanwhile to be written down', async () => {
      const starts = (await slotsOfDay(DAY)).map(({ slot }) => slot)
      return starts.some((start) => start.includes('T13:35'))
    })
    old = await meterAt(POINT, false)
    const { exit, stdout, stderr } = await startHes(
      ['order', 'replace', String(old), '--reason', 'worn', '--key', 'swap', '--server'].concat(
        api.url,
        '--json',
      ),
      { HES_USERNAME: 'admin', HES_PASSWORD: PASSWORD },
    ).ended
    expect(exit, stderr).toBe(0)
    const { id }: { id: number } = JSON.parse(stdout)
    const reported = await api.post(`/api/v1/field-orders/${id}/report`, {
      at: SWAPPED,
      newMeter: { address: POINT, protocol: 'gdw376', behind: CAME },
      closing: [{ register: '1.8.0', value: '900000.00' }],
      opening: [{ register: '1.8.0', value: '0.00' }],
      photos: ['photo/1'],
    })
    expect(reported.status, JSON.stringify(reported.body)).toBeLessThan(300)
    points[0] = { point: 3, meter: meters[1] }
    await until(
      'the archive that is served',
      async () => {
        const { steps } = await api.get<OrderView>(`/api/v1/field-orders/${id}`)
        return steps.some(({ name, state }) => name === 'registers' && state === 'done')
        // A step that failed once on a busy machine is tried again after a while.
      },
      seconds(300),
    )
    isAway = false
    call()
    await until('the verdict', async () => {
      const order = await api.get<OrderView>(`/api/v1/field-orders/${id}`)
      if (order.state === 'failed') throw new Error(JSON.stringify(order))
      return order.state === 'done'
    })
    came = await meterAt(POINT, false)
    await world.stop()
    clock.jump(hours(13))
    await start()
    await until('every slot of both days to have ended', async () => {
      const next = (await slotsOfDay('2026-11-23')).filter(({ task }) => task.includes('freeze'))
      slots = await slotsOfDay(DAY)
      const isSettled = slots.every(
        ({ state, task }) => state !== 'due' || task.includes('present'),
      )
      const isWhole = slots.some(({ slot }) => slot.includes('T23:50'))
      return isWhole && next.length > 0 && next.every(({ state }) => state !== 'due') && isSettled
    })
  }, minutes(7))
  afterAll(async () => {
    isOver = true
    socket?.destroy()
    await world?.stop()
    await database?.close()
  })

  const owed = (meter: number, task: string) =>
    slots
      .filter((slot) => slot.meter === meter && slot.task.includes(task))
      .filter(({ state }) => state !== 'not-expected')
      .map(({ slot, state, reason }) => [slot.slice(11, 16), state, reason] as const)
      .sort()

  it('those of the old meter end with it, each with its reason', () => {
    const curve = owed(old, 'load curve')
    expect(curve.at(-1)?.[0]).toBe('13:05')
    expect(curve.slice(1).map(([start, state]) => [start, state])).toEqual(
      ['12:20', '12:35', '12:50', '13:05'].map((start) => [start, 'given-up']),
    )
    for (const [, , reason] of curve.slice(1)) expect(['removed', 'offline']).toContain(reason)
    expect(curve.some(([, , reason]) => reason === 'removed')).toBe(true)
    expect(owed(old, 'daily freeze').map(([start, state]) => [start, state])).toEqual([
      ['01:00', 'received'],
    ])
  })

  it('those of the new one begin there, and are read', () => {
    const curve = owed(came, 'load curve')
    expect(curve[0]?.[0]).toBe('13:20')
    expect(curve.length).toBe((24 * 60 + 5 - (13 * 60 + 20)) / 15)
    expect(curve.filter(([, state]) => state !== 'received' && state !== 'late')).toEqual([])
    expect(owed(came, 'daily freeze')).toEqual([])
  })

  it('each of the place is owed by one of both', () => {
    const starts = [...owed(old, 'load curve'), ...owed(came, 'load curve')].map(([start]) => start)
    expect(new Set(starts).size).toBe(starts.length)
    const from = 12 * 60 + 5
    expect(starts.length).toBe((24 * 60 + 5 - from) / 15)
  })

  it('the figures of the day are those of its slots', async () => {
    const count = (...states: readonly string[]) =>
      slots.filter(({ state }) => states.includes(state)).length
    const summary = await api.get<Counted>(`/api/v1/collection/summary?date=${DAY}`)
    expect(summary).toMatchObject({
      received: count('received', 'late'),
      late: count('late'),
      missing: count('given-up'),
      notExpected: count('not-expected'),
      pending: count('due'),
    })
    expect(count('given-up')).toBeGreaterThan(3)
  })

  it('the day has the energy of both', async () => {
    const frozen = async (meter: number) => {
      const page = await api.get<{ items: readonly ReadingView[] }>(
        `/api/v1/meters/${meter}/readings?register=1.8.0&limit=1000`,
      )
      const freezes = page.items.filter(({ dataClass }) => dataClass === 'daily')
      return Math.round(Number(freezes[0]?.value) * 10_000)
    }
    const usage = await api.get<{ items: readonly { value: string; quality: string }[] }>(
      `/api/v1/accounts/${encodeURIComponent(`A${POINT}`)}/usage?from=${DAY}&to=2026-11-23&granularity=day`,
    )
    expect(usage.items).toHaveLength(1)
    const [whole] = usage.items
    const before = (await frozen(old)) - 900_000 * 10_000
    expect(Math.round(Number(whole?.value) * 10_000)).toBe((await frozen(came)) - before)
    expect(whole?.quality).toBe('measured')
    const next = await slotsOfDay('2026-11-23')
    const read = next.filter(({ task }) => task.includes('freeze'))
    expect(read.map(({ meter, state }) => [meter, state])).toEqual([[came, 'received']])
  })
})
