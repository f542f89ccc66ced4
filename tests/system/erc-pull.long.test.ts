import fs from 'node:fs'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migratedDatabase, type TestDatabase } from '#tests/support'
import type { PageView } from './api.ts'
import { beginning, clockFrom, until } from './time.ts'
import { startWorld, type World } from './world.ts'

const TERMINAL = '4401-0105'
/** Region and terminal as they go over the wire, and a concentrator's group address. */
const ADDRESS = '0144050100'
const OWN_BYTES = 6

interface Vector {
  readonly name: string
  readonly hex: string
  readonly source: string
}
interface EventView {
  readonly id: string
  readonly device: string
  readonly eventId: string
  readonly raisedAt: string | null
  readonly source: string
}
interface FrameView {
  readonly edge: string
  readonly direction: string
  readonly hex: string
}

const vectors: readonly Vector[] = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../vectors/gdw376.json'), 'utf8'),
)

/** A frame of the standard that somebody wrote by hand, in bytes. */
function written(name: string): Buffer {
  const found = vectors.find((one) => one.name === name && one.source.includes('by hand'))
  if (!found) throw new Error(`there is no ${name}`)
  return Buffer.from(found.hex, 'hex')
}

/** C, address and data between head and sum: this file's own reckoning, not the product's. */
function framed(control: number, data: Buffer): Buffer {
  const user = Buffer.concat([Buffer.of(control), Buffer.from(ADDRESS, 'hex'), data])
  const length = (user.length << 2) | 2
  const count = Buffer.of(length & 0xff, length >> 8)
  const sum = user.reduce((all, byte) => (all + byte) & 0xff, 0)
  const head = Buffer.of(0x68)
  return Buffer.concat([head, count, count, head, user, Buffer.of(sum, 0x16)])
}

/** The same answer to a question of another sequence. */
function answering(frame: Buffer, sequence: number): Buffer {
  const user = frame.subarray(OWN_BYTES, -2)
  const data = Buffer.from(user.subarray(6))
  data[1] = 0x60 | (sequence & 0x0f)
  return framed(user[0] ?? 0, data)
}

/** Every answer of events in the vectors: important ones to F1, the others to F2. */
const important = written('event ERC14')
const general = written('event ERC21')

describe('events of a terminal whose bytes are not ours', () => {
  const clock = clockFrom(beginning, 5)
  const asked: string[] = []
  let database: TestDatabase
  let world: World
  let socket: Socket | null = null

  function answerTo(question: Buffer): Buffer {
    const [afn = 0, sequence = 0] = question.subarray(12)
    const unit = question.subarray(14, 18).toString('hex')
    asked.push(`${afn.toString(16)} ${unit}`)
    if (afn === 0x0c && unit === '00004000') {
      // Class 1 F7: so many important and general events were recorded.
      const counters = Buffer.of(afn, 0x60 | (sequence & 0x0f), 0, 0, 0x40, 0, 0x0e, 0x15)
      return framed(0x88, counters)
    }
    if (afn === 0x0e && unit === '00000100') return answering(important, sequence)
    if (afn === 0x0e && unit === '00000200') return answering(general, sequence)
    // Denied, as a terminal does that has nothing of it.
    return framed(0x88, Buffer.from([0x00, 0x60 | (sequence & 0x0f), 0, 0, 0x02, 0]))
  }

  beforeAll(async () => {
    database = await migratedDatabase()
    world = await startWorld({ db: database.db, clock })
    const csv = ['concentrator,meter_address,protocol', `${TERMINAL},${TERMINAL}/2,gdw376`]
    const imported = await world.api.post('/api/v1/archive/imports', csv.join('\n'), 'text/csv')
    expect(imported.status, JSON.stringify(imported.body)).toBe(200)
    const own = connect(world.headEnd.ports.dialin ?? 0, '127.0.0.1', () => {
      own.write(framed(0xc9, Buffer.from('02700000010000', 'hex').subarray(0, 6)))
    })
    socket = own
    own.on('data', (chunk: Buffer) => {
      // Requests of this product come one at a time; what only confirms asks nothing.
      if ((chunk[6] ?? 0) & 0x40) own.write(answerTo(chunk))
    })
    own.on('error', () => own.destroy())
  })
  afterAll(async () => {
    socket?.destroy()
    await world?.stop()
    await database?.close()
  })

  const eventOf = (id: string) =>
    until(`the event ${id}`, async () => {
      const path = `/api/v1/device-events?device=${TERMINAL}`
      const { items } = await world.api.get<PageView<EventView>>(path)
      return items.find(({ eventId }) => eventId === id)
    }).catch((error: unknown) => {
      throw new Error(JSON.stringify(asked), { cause: error })
    })

  it.each([
    ['ERC14', important, '2026-11-21T22:30:00+08:00'],
    ['ERC21', general, '2026-11-21T22:30:00+08:00'],
  ] as const)('%s is pulled, and the frames that told it are kept', async (id, frame, at) => {
    const event = await eventOf(id)
    expect(event).toMatchObject({ device: TERMINAL, source: 'pull', raisedAt: at })
    const { items } = await world.api.get<{ items: readonly FrameView[] }>(
      `/api/v1/device-events/${event.id}/frames`,
    )
    expect(items[0]).toMatchObject({ edge: 'began', direction: 'sent' })
    // From the event's own record on: the sequence before it is that of our question.
    const record = frame.subarray(18, -2).toString('hex').toUpperCase()
    expect(items.some(({ hex }) => hex.includes(record))).toBe(true)
  })
})
