import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { dlt645 } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import type { ChannelWorker, PolledMeter, PollPlan, VisitResult } from '#src/acquisition'
import { hours, idOf, instant, seconds, systemClock } from '#src/core'
import { loneWorker } from '#tests/support'

const METERS = 12
const addressOf = (index: number) => String(index + 1).padStart(12, '0')
/** An item of one frame, and one whose answer comes in several: a load record of four quarters. */
const plan: PollPlan = {
  id: idOf(1),
  name: 'round',
  protocol: dlt645.name,
  dataClass: 'daily',
  items: ['1.8.0', '06000002:4', '32.7.0'],
  cycle: hours(24),
  offset: seconds(0),
  priority: 1,
  catchUp: null,
}
const meters: readonly PolledMeter[] = Array.from({ length: METERS }, (_, index) => ({
  id: idOf(index + 1),
  address: addressOf(index),
  protocol: dlt645.name,
  profile: null,
}))

/** What the bus heard, in order, and what is done before it answers. */
interface Bus {
  readonly heard: string[]
  before(asked: string): void
}

describe('an on-demand read while a round is going on, over a real socket', () => {
  const bus: Bus = { heard: [], before: () => {} }
  let server: Server
  let worker: ChannelWorker
  let running: Promise<void>
  const stop = new AbortController()

  beforeAll(async () => {
    const now = systemClock.now()
    const site = new Site('Asia/Shanghai', 1)
    const face = dlt645Face(meters.map((_, index) => meterOf(site, index, now)))
    server = createServer((socket) => answer(socket, face, bus))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const dialer = tcpDialer({ host: '127.0.0.1', port }, nodeNetwork)
    worker = loneWorker({ dialer, meters, plans: [plan], clock: systemClock })
  })

  afterAll(async () => {
    stop.abort()
    await running
    await new Promise((resolve) => server.close(resolve))
  })

  it('is asked after at most the frame in the air, also within a visit and within an answer', async () => {
    const asked: { at: number; before: string; address: string; result: Promise<VisitResult> }[] =
      []
    const kinds = ['00010000', '06000002', 'follow-up', '02010100']
    bus.before = (frame) => {
      const kind = kinds[asked.length]
      if (kind === undefined || !frame.endsWith(kind)) return
      const meter = meters[METERS - 1 - asked.length]
      if (!meter) return
      const result = new Promise<VisitResult>((done) => {
        worker.visit({ meter, items: ['2.8.0'], patientUntil: instant(0), done })
      })
      asked.push({ at: bus.heard.length, before: frame, address: meter.address, result })
    }
    running = worker.run(stop.signal)
    await expect.poll(() => asked.length, { timeout: 30_000 }).toBe(kinds.length)
    for (const { at, address, result } of asked) {
      expect((await result).kind).toBe('read')
      // The frame that was in the air is the one before; nothing of the round comes between.
      expect(bus.heard[at]).toBe(`${address} 00020000`)
    }
    // And the answer that was left in the middle was whole in the end.
    const [, , inside] = asked
    const of = inside?.before.split(' ')[0] ?? ''
    const rest = bus.heard.slice((inside?.at ?? 0) + 1).filter((frame) => frame.startsWith(of))
    expect(rest[0]).toBe(`${of} follow-up`)
  })
})

function answer(socket: Socket, face: ReturnType<typeof dlt645Face>, bus: Bus): void {
  const scanner = dlt645.scanner()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    for (const frame of scanner.push(chunk)) {
      const { address, dataId, function: verb } = dlt645.describe(frame)
      const word = `${address} ${verb === 'read-more' ? 'follow-up' : dataId}`
      bus.heard.push(word)
      bus.before(word)
      for (const reply of face.receive(frame, systemClock.now())) socket.write(reply)
    }
  })
}

function meterOf(site: Site, index: number, now: number): SimulatedMeter {
  return new SimulatedMeter(site, {
    address: addressOf(index),
    seed: index + 1,
    customerClass: 'shop',
    phases: 3,
    firstYear: 2025,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock: { offsetMs: 0, ppm: 0, anchorMs: now },
  })
}
