import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromHex } from '#protocols/bytes'
import { encodeUnasked, gdw376, parseAddress } from '#protocols/gdw376'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

const TERMINAL = '4401-0105'
const LINK = 0x02
const EVENTS = 0x0e
/** ERC14: 2026-11-22 11:05, and no word of when the power came back. */
const OUTAGE = '0E0A05112211260000000000'
/** The same, once the power is back: 11:20. */
const OVER = '0E0A05112211262011221126'
/** ERC21: a fault of the terminal, and a code that the standard does not have. */
const FAULT = '1506301122112601'
const UNKNOWN = 'F0083011221126AABBCC'
/** ERC9: phase B of point 2 is open since 11:30. */
const OPEN_CIRCUIT = `091C3011221126${'0280'}${'42'}${'EE'.repeat(20)}`

interface EventView {
  readonly id: string
  readonly device: string
  readonly code: string
  readonly phase: string | null
  readonly raisedAt: string | null
  readonly clearedAt: string | null
  readonly open: boolean
  readonly source: string
}

describe('events of a terminal', () => {
  const clock = clockFrom(beginning, 5)
  let database: TestDatabase
  let world: World
  const callers: Socket[] = []

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock })
    const csv = ['concentrator,meter_address,protocol', `${TERMINAL},${TERMINAL}/2,gdw376`]
    const imported = await world.api.post('/api/v1/archive/imports', csv.join('\n'), 'text/csv')
    expect(imported.status, JSON.stringify(imported.body)).toBe(200)
  })
  afterAll(async () => {
    for (const socket of callers) socket.destroy()
    await world?.stop()
    await database?.close()
  })

  /** A terminal that logs in, answers no question, and remembers what confirms its frames. */
  async function call() {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const { dialin } = world.headEnd.ports
      const own = connect(dialin ?? 0, '127.0.0.1', () => resolve(own)).once('error', reject)
    })
    callers.push(socket)
    const confirmed: number[] = []
    const scanner = gdw376.scanner()
    socket.on('data', (chunk: Uint8Array) => {
      for (const frame of scanner.push(chunk)) {
        if (frame[12] === 0) confirmed.push((frame[13] ?? 0) & 0x0f)
      }
    })
    const address = parseAddress(TERMINAL)
    if (!address) throw new Error('no address')
    const say = (afn: number, fn: number, data: string, sequence: number) => {
      const unit = { pn: 0, fn, data: fromHex(data) ?? new Uint8Array(0) }
      socket.write(encodeUnasked(address, afn, [unit], sequence))
    }
    say(LINK, 1, '', 15)
    await until('the login is confirmed', async () => confirmed.includes(15))
    return { say, confirmed }
  }

  const eventsOf = async (query: string) =>
    (await world.api.get<PageView<EventView>>(`/api/v1/device-events?${query}`)).items

  it('are confirmed once they are kept, and are one row however often they come', async () => {
    const terminal = await call()
    terminal.say(EVENTS, 1, `01000001${OUTAGE}`, 1)
    await until('the report is confirmed', async () => terminal.confirmed.includes(1))
    const [outage] = await until('it can be asked for', async () => {
      const found = await eventsOf(`device=${TERMINAL}&code=power-failure`)
      return found.length > 0 && found
    })
    expect(outage).toMatchObject({
      code: 'power-failure',
      raisedAt: '2026-11-22T11:05:00+08:00',
      clearedAt: null,
      open: true,
      source: 'report',
    })
    // As a terminal does that did not hear us, or that now knows more.
    terminal.say(EVENTS, 1, `01000001${OUTAGE}`, 2)
    terminal.say(EVENTS, 1, `01000001${OVER}`, 3)
    await until('both are confirmed', async () => terminal.confirmed.includes(3))
    await until('the end is known', async () => {
      const found = await eventsOf(`device=${TERMINAL}&code=power-failure`)
      return found.length === 1 && found[0]?.clearedAt === '2026-11-22T11:20:00+08:00'
    })
    expect(await eventsOf(`device=${TERMINAL}&code=power-failure&open=true`)).toEqual([])
    const path = `/api/v1/device-events/${outage?.id}/frames`
    const { items } = await world.api.get<{ items: readonly { edge: string; hex: string }[] }>(path)
    expect(items.map(({ edge }) => edge)).toEqual(['began'])
    expect(items[0]?.hex).toContain(OUTAGE)
  })

  it('are of the meter that they happened to', async () => {
    const terminal = await call()
    terminal.say(EVENTS, 1, `02000102${OPEN_CIRCUIT}`, 4)
    await until('the report is confirmed', async () => terminal.confirmed.includes(4))
    const device = encodeURIComponent(`${TERMINAL}/2`)
    const [event] = await until('it can be asked for', async () => {
      const found = await eventsOf(`device=${device}`)
      return found.length > 0 && found
    })
    expect(event).toMatchObject({ code: 'current-cut', phase: 'B', open: true })
  })

  it('come again after a restart of the head-end, and are the same rows', async () => {
    const first = await call()
    first.say(EVENTS, 1, `03000203${FAULT}`, 8)
    await until('the report is confirmed', async () => first.confirmed.includes(8))
    await world.stop()
    world = await startWorld({ db: database.db, clock })
    const again = await call()
    again.say(EVENTS, 1, `03000203${FAULT}`, 9)
    again.say(EVENTS, 1, `04000304${UNKNOWN}`, 10)
    await until('both are confirmed', async () => again.confirmed.includes(10))
    await until('what nobody knows is kept as well', async () => {
      return (await eventsOf('code=unknown')).length === 1
    })
    expect(await eventsOf('code=terminal-fault')).toHaveLength(1)
  })
})
