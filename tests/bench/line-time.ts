import { ByteQueue, type Channel } from '#drivers/channel'
import { dlt645 } from '#protocols/dlt645'
import { dlt645Face } from '#simulators/faces'
import { cleanLine, Line, type LineFaults } from '#simulators/line'
import { SimulatedMeter, Site } from '#simulators/meter'
import { loadPollPlans, type PolledMeter, type PollPlan } from '#src/acquisition'
import { type Clock, civilTime, hours, idOf, instant } from '#src/core'
import { loneWorker, ManualClock, migratedDatabase } from '#tests/support'
import type { Measured } from './measure.ts'

const ZONE = 'Asia/Shanghai'
const BAUD = 2_400
const BITS_PER_BYTE = 11
const BYTE_MS = (BITS_PER_BYTE * 1_000) / BAUD
/** The shortest delay a slave may take (DL/T 645-2007 §5.2.5): the hardest case for a master. */
const REPLY_DELAY_MS = 20
const METERS = 30
const HOURS = 6
const HELD_BYTES_MAX = 65_536

/** What of a bus is not as it should be. */
interface Field {
  readonly faults: LineFaults
  /** Meters of the archive that are not on the line. */
  readonly absent: number
  /** Of the meters; `no-blocks` makes the head-end read item by item. */
  readonly profile: string | null
}

const healthy: Field = {
  faults: { ...cleanLine, baud: BAUD, delayMs: REPLY_DELAY_MS },
  absent: 0,
  profile: null,
}
const troubled: Field = { ...healthy, faults: { ...healthy.faults, loss: 0.01 }, absent: 1 }

/** A 2,400 baud line of 30 meters under the default poll plans, on a clock of its own. */
export async function run(): Promise<readonly Measured[]> {
  const { db, close } = await migratedDatabase()
  const plans = (await loadPollPlans(db, civilTime(ZONE).dateOf(instant(clockOrigin)))).filter(
    ({ protocol }) => protocol === dlt645.name,
  )
  await close()
  const good = await usageOfLine(plans, healthy)
  const bad = await usageOfLine(plans, troubled)
  const single = await usageOfLine(plans, { ...healthy, profile: 'no-blocks' })
  return [
    lineTime('2,400 baud, 30 meters, their own time', good),
    lineTime('the same, 1 meter absent, 1 % of answers lost', bad),
    {
      name: '2,400 baud, bytes of the frames that carry values',
      ours: good.frameBytes,
      limit: good.bytes,
      unit: 'bytes',
      against: 'bytes on the line',
    },
    {
      name: '2,400 baud, bytes on the line',
      ours: good.bytes,
      limit: single.bytes,
      unit: 'bytes',
      against: 'each item read alone (lower is better)',
    },
  ]
}

function lineTime(name: string, { ownMs, busyMs }: LineUse): Measured {
  const [ours, limit] = [ownMs / 1_000, busyMs / 1_000]
  return { name, ours, limit, unit: 's', against: 'time the rounds took' }
}

interface LineUse {
  /** Requests that were answered, their reply delays and their answers, at the line's rate. */
  ownMs: number
  /** From the start of rounds to their end, with the head-end's own computing added. */
  busyMs: number
  bytes: number
  /** Without wake-up bytes, and without requests that nobody answered. */
  frameBytes: number
}

async function usageOfLine(plans: readonly PollPlan[], field: Field): Promise<LineUse> {
  const clock = new ManualClock()
  const use: LineUse = { ownMs: 0, busyMs: 0, bytes: 0, frameBytes: 0 }
  const stop = new AbortController()
  const bus = pacedBus(field, clock, use)
  let rounds = 0
  let busySince = 0
  const meters = Array.from({ length: METERS }, (_, index) => polledMeter(index, field.profile))
  const worker = loneWorker({
    dialer: { name: 'bus', open: async () => ({ ok: true, value: bus }) },
    meters,
    plans,
    clock: wholeMilliseconds(clock),
    observer: {
      opened: () => {
        if (rounds === 0) busySince = clock.now()
        rounds++
      },
      finished: () => {
        rounds--
        if (rounds === 0) use.busyMs += clock.now() - busySince
      },
    },
  })
  const running = worker.run(stop.signal)
  await clock.advance(hours(HOURS))
  if (rounds > 0) throw new Error('the line is too slow for its plans')
  stop.abort()
  await clock.advance(0)
  await running
  return use
}

/** A bus whose bytes take their time on the clock; it keeps account of what they were for. */
function pacedBus({ faults, absent }: Field, clock: ManualClock, use: LineUse): Channel {
  const site = new Site(ZONE, 1)
  const meters = Array.from({ length: METERS - absent }, (_, index) => simulatedMeter(site, index))
  const arrived = new ByteQueue(HELD_BYTES_MAX)
  const scanner = dlt645.scanner()
  let requestBytes = 0
  let deliveredAt: number | null = null
  const line = new Line({
    face: dlt645Face(meters),
    faults,
    seed: 1,
    clock,
    send(chunk) {
      use.bytes += chunk.length
      use.ownMs += chunk.length * BYTE_MS
      for (const frame of scanner.push(chunk)) {
        use.ownMs += requestBytes * BYTE_MS + REPLY_DELAY_MS
        use.frameBytes += requestBytes + frame.length
        requestBytes = 0
      }
      deliveredAt = performance.now()
      arrived.push(chunk)
      setImmediate(() => {
        deliveredAt = null
      })
    },
  })
  return {
    facts: {
      name: 'bus',
      halfDuplex: true,
      maxFrameBytes: 512,
      framed: false,
      baud: BAUD,
    },
    failure: null,
    bytes: () => arrived,
    async send(frame) {
      if (deliveredAt !== null) use.busyMs += performance.now() - deliveredAt
      use.bytes += frame.length
      requestBytes = frame.length
      line.receive(frame)
      return { ok: true }
    },
    async close() {
      line.close()
      arrived.end()
    },
  }
}

/** Bytes take fractions of a millisecond; a head-end's clock has none. */
function wholeMilliseconds(clock: Clock): Clock {
  return {
    now: () => instant(Math.floor(clock.now())),
    after: (duration, run) => clock.after(duration, run),
  }
}

function simulatedMeter(site: Site, index: number): SimulatedMeter {
  return new SimulatedMeter(site, {
    address: addressOf(index),
    seed: index + 1,
    customerClass: 'shop',
    phases: 3,
    firstYear: 2025,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock: { offsetMs: 0, ppm: 0, anchorMs: clockOrigin },
  })
}

const clockOrigin = Date.UTC(2026, 0, 1)

function polledMeter(index: number, profile: string | null): PolledMeter {
  return { id: idOf(index + 1), address: addressOf(index), protocol: dlt645.name, profile }
}

function addressOf(index: number): string {
  return String(index + 1).padStart(12, '0')
}
