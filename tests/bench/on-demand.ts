import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ByteQueue, type Channel, type Dialer, hearChannel } from '#drivers/channel'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { dlt645 } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import { cleanLine, Line } from '#simulators/line'
import { SimulatedMeter, Site } from '#simulators/meter'
import type { ChannelWorker, PolledMeter, PollPlan } from '#src/acquisition'
import { hours, idOf, instant, seconds, systemClock } from '#src/core'
import { loneWorker, ManualClock } from '#tests/support'
import type { Measured } from './measure.ts'
import { METER, scripts } from './polls-script.ts'

const BAUD = 2_400
const REPLY_DELAY_MS = 20
const HELD_BYTES_MAX = 65_536
const PACED_METERS = 30
const PACED_READS = 200
const CHANNELS = 1_000
const FAST_READS = 1_000
/** Of a channel: enough for a round that is not over before the measurement. */
const VISITS = 5_000
const ZONE = 'Asia/Shanghai'

/** How long reads on demand wait for the line while a round has it, against its frames in the air. */
export async function run(): Promise<readonly Measured[]> {
  const paced = await overPacedLine()
  const fast = await overFastTcp()
  return [
    ...rowsOf(`2,400 baud, ${PACED_METERS} meters, their own time`, paced),
    ...rowsOf(`TCP, ${CHANNELS.toLocaleString('en')} channels`, fast),
  ]
}

/** What was sent on a channel of a round, and how long who asked had to wait. */
interface Watch {
  readonly waitsMs: number[]
  /** The frame that was in the air then, with its answer, from beginning to end. */
  readonly framesMs: number[]
  /** Frames of the round that left between asking and being asked. */
  overtakenMax: number
}

const newWatch = (): Watch => ({ waitsMs: [], framesMs: [], overtakenMax: 0 })

function rowsOf(name: string, { waitsMs, framesMs, overtakenMax }: Watch): readonly Measured[] {
  const row = (share: number, word: string) => ({
    name: `on demand during a round, ${name}: waits, ${word}`,
    ours: quantile(waitsMs, share),
    limit: quantile(framesMs, share),
    unit: 'ms',
    against: `the frame in the air then, ${word}`,
  })
  const passed = {
    name: `on demand during a round, ${name}: frames of the round that passed it, at most`,
    ours: overtakenMax,
    limit: waitsMs.length,
    unit: 'frames',
    against: 'reads on demand',
  }
  return [row(0.5, 'p50'), row(0.99, 'p99'), passed]
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

const planOf = (items: readonly string[]): PollPlan => ({
  id: idOf(1),
  name: 'round',
  protocol: dlt645.name,
  dataClass: 'daily',
  items,
  cycle: hours(24),
  offset: seconds(0),
  priority: 1,
  catchUp: null,
})

const meterAt = (address: string): PolledMeter => ({
  ...{ id: idOf(Number(address) % 1_000_000), address },
  ...{ protocol: dlt645.name, profile: null },
})

/** A channel that tells the watch what is sent on it; asks for one read at a time. */
class WatchedChannel {
  readonly #watch: Watch
  readonly #now: () => number
  #asked: { readonly frame: string; readonly at: number; readonly sent: number } | null = null
  #sent = 0
  #sentAt = 0

  constructor(watch: Watch, now: () => number) {
    this.#watch = watch
    this.#now = now
  }

  /** Resolves when it was answered; null where the channel is not at work. */
  read(worker: ChannelWorker, meter: PolledMeter, item: string): Promise<void> | null {
    if (this.#sent === 0) return null
    const [request] = dlt645.plan([item], meter).requests
    if (!request) throw new Error(`no request for ${item}`)
    const frame = String(dlt645.encode(request))
    this.#asked = { frame, at: this.#now(), sent: this.#sent }
    return new Promise((resolve) => {
      worker.visit({ meter, items: [item], patientUntil: instant(0), done: () => resolve() })
    })
  }

  over(channel: Channel): Channel {
    return {
      facts: channel.facts,
      get failure() {
        return channel.failure
      },
      bytes: () => channel.bytes(),
      hear: (take) => hearChannel(channel, take),
      close: () => channel.close(),
      send: (bytes, signal) => {
        this.#note(bytes)
        return channel.send(bytes, signal)
      },
    }
  }

  #note(bytes: Uint8Array): void {
    const now = this.#now()
    const isAsked = this.#asked?.frame === String(bytes)
    if (isAsked && this.#asked) {
      this.#watch.waitsMs.push(now - this.#asked.at)
      const passed = this.#sent - this.#asked.sent
      this.#watch.overtakenMax = Math.max(this.#watch.overtakenMax, passed)
      this.#watch.framesMs.push(now - this.#sentAt)
      this.#asked = null
    }
    this.#sent++
    this.#sentAt = now
  }
}

async function overPacedLine(): Promise<Watch> {
  const clock = new ManualClock()
  const watch = newWatch()
  const watched = new WatchedChannel(watch, () => clock.now())
  const bus = watched.over(pacedBus(clock))
  const dialer: Dialer = { name: 'bus', open: async () => ({ ok: true, value: bus }) }
  const meters = Array.from({ length: PACED_METERS }, (_, index) => meterAt(addressOf(index)))
  const round = Array.from({ length: VISITS }, (_, index) => meters[index % PACED_METERS])
  const stop = new AbortController()
  const worker = loneWorker({
    dialer,
    meters: round.filter((meter) => meter !== undefined),
    // Registers and a load record, whose answer comes in several frames.
    plans: [planOf(['1.8.0', '32.7.0', '52.7.0', '06000002:4', '31.7.0'])],
    clock,
  })
  const running = worker.run(stop.signal)
  await clock.advance(seconds(5))
  for (let read = 0; read < PACED_READS; read++) {
    // Prime numbers, so that it comes at any moment of a frame.
    await clock.advance(1_009 + ((read * 7_919) % 2_003))
    const meter = meters[(read * 7) % PACED_METERS]
    if (meter) void watched.read(worker, meter, '2.8.0')
    await clock.advance(seconds(5))
  }
  stop.abort()
  await clock.advance(0)
  await running
  return watch
}

/** A bus whose bytes take their time on the clock. */
function pacedBus(clock: ManualClock): Channel {
  const site = new Site(ZONE, 1)
  const origin = clock.now()
  const meters = Array.from({ length: PACED_METERS }, (_, index) => {
    const customer = { customerClass: 'shop', phases: 3, firstYear: 2025, annualKwh: null } as const
    const ticking = { offsetMs: 0, ppm: 0, anchorMs: origin }
    const identity = { address: addressOf(index), seed: index + 1, nominalDeciV: 2_200 }
    return new SimulatedMeter(site, { ...identity, ...customer, clock: ticking })
  })
  const arrived = new ByteQueue(HELD_BYTES_MAX)
  const faults = { ...cleanLine, baud: BAUD, delayMs: REPLY_DELAY_MS }
  const face = dlt645Face(meters)
  const line = new Line({ face, faults, seed: 1, clock, send: (chunk) => arrived.push(chunk) })
  const facts = { name: 'bus', halfDuplex: true, maxFrameBytes: 512, framed: false, baud: BAUD }
  return {
    facts,
    failure: null,
    bytes: () => arrived,
    send(frame) {
      line.receive(frame)
      return { ok: true }
    },
    async close() {
      line.close()
      arrived.end()
    },
  }
}

const addressOf = (index: number) => String(index + 1).padStart(12, '0')

async function overFastTcp(): Promise<Watch> {
  const responder = startResponder()
  const watch = newWatch()
  const stop = new AbortController()
  try {
    const port = Number(await firstOutput(responder))
    const meter = meterAt(METER)
    const round: readonly PolledMeter[] = Array(VISITS).fill(meter)
    const plans = [planOf(scripts.present?.items ?? [])]
    const [item = ''] = scripts.single?.items ?? []
    const channels = Array.from({ length: CHANNELS }, (_, index) => {
      const watched = new WatchedChannel(watch, () => performance.now())
      const name = `bench ${index}`
      const tcp = tcpDialer({ name, host: '127.0.0.1', port }, nodeNetwork)
      const dialer: Dialer = {
        name,
        async open(signal) {
          const opened = await tcp.open(signal)
          return opened.ok ? { ok: true, value: watched.over(opened.value) } : opened
        },
      }
      const worker = loneWorker({ dialer, meters: round, plans, clock: systemClock })
      return { watched, worker, running: worker.run(stop.signal) }
    })
    for (let read = 0, at = 0; read < FAST_READS; at++) {
      const { watched, worker } = channels[(at * 7_919) % CHANNELS] ?? {}
      if (worker && watched?.read(worker, meter, item)) read++
      await pause(2)
    }
    await pause(1_000)
    stop.abort()
    await Promise.all(channels.map(({ running }) => running))
    return watch
  } finally {
    stop.abort()
    responder.disconnect()
  }
}

function startResponder(): ChildProcess {
  const path = fileURLToPath(new URL('polls-responder.ts', import.meta.url))
  return fork(path, ['present', 'single'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
}

function firstOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (chunk) => resolve(String(chunk).trim()))
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
