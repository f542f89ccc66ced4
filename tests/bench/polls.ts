import { type ChildProcess, fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { fromHex } from '#protocols/bytes'
import { dlt645 } from '#protocols/dlt645'
import {
  ChannelWorker,
  Gatekeeper,
  meterReader,
  type PollPlan,
  SilenceBook,
} from '#src/acquisition'
import { civilTime, hours, idOf, minutes, seconds, systemClock } from '#src/core'
import type { Measured } from './measure.ts'

const WARM_MS = 1_500
const MEASURE_MS = 4_000
const CHANNELS = [1, 100, 1_000]
const POLLS_MAX = 600_000
const request = Buffer.from(fromHex('6866554433221168110433333433B716') ?? [])

/** Polls per second through the whole engine, against a bare socket that writes and waits. */
export async function run(): Promise<readonly Measured[]> {
  const rows: Measured[] = []
  for (const channels of CHANNELS) {
    const limit = await withResponder((port) => bare(port, channels))
    const ours = await withResponder((port) => engine(port, channels))
    rows.push({
      name: `polls on ${channels} channel(s)`,
      ours,
      limit,
      unit: 'polls/s',
      against: 'bare socket',
    })
  }
  return rows
}

async function withResponder(measure: (port: number) => Promise<number>): Promise<number> {
  const child = fork(fileURLToPath(new URL('./polls-responder.ts', import.meta.url)), {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  try {
    return await measure(await portOf(child))
  } finally {
    child.disconnect()
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.stdout?.once('data', (text) => resolve(Number(text))))
}

async function bare(port: number, channels: number): Promise<number> {
  let polls = 0
  const sockets = Array.from({ length: channels }, () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    socket.on('connect', () => socket.write(request))
    socket.on('data', () => {
      polls++
      socket.write(request)
    })
    socket.on('error', () => socket.destroy())
    return socket
  })
  const rate = await rateOf(() => polls)
  for (const socket of sockets) socket.destroy()
  return rate
}

async function engine(port: number, channels: number): Promise<number> {
  let polls = 0
  const stop = new AbortController()
  const gatekeeper = new Gatekeeper(systemClock)
  const civil = civilTime('Asia/Shanghai')
  const plan: PollPlan = {
    name: 'bench',
    protocol: 'dlt645-2007',
    dataClass: 'current',
    items: ['00010000'],
    cycle: hours(24),
    offset: seconds(0),
    priority: 1,
  }
  // One address polled over and over, in a round that lasts longer than the measurement.
  const meter = {
    id: idOf<'meter'>(1),
    address: '112233445566',
    protocol: plan.protocol,
    profile: null,
  }
  const meters = Array.from({ length: Math.ceil(POLLS_MAX / channels) }, () => meter)
  const readers = new Map([[plan.protocol, meterReader(dlt645)]])
  const running = Array.from({ length: channels }, () => {
    const dialer = tcpDialer({ host: '127.0.0.1', port }, nodeNetwork)
    const worker = new ChannelWorker({
      name: dialer.name,
      open: async (signal) => {
        const opened = await dialer.open(signal)
        return opened.ok ? opened.value : opened.error
      },
      meters,
      plans: [plan],
      readers,
      limits: { firstByte: seconds(5), gap: seconds(1) },
      clock: systemClock,
      random: { next: () => 0 },
      civil,
      gatekeeper,
      silence: new SilenceBook(),
      observer: {
        opened: () => {},
        visited: () => {},
        outcome: async ({ missed }) => {
          if (missed === null) polls++
        },
        finished: () => {},
        online: () => {},
        offline: () => {},
      },
    })
    return worker.run(stop.signal)
  })
  const rate = await rateOf(() => polls)
  stop.abort()
  await Promise.race([Promise.all(running), pause(minutes(1))])
  return rate
}

async function rateOf(count: () => number): Promise<number> {
  await pause(WARM_MS)
  const before = count()
  const start = performance.now()
  await pause(MEASURE_MS)
  return ((count() - before) * 1_000) / (performance.now() - start)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
