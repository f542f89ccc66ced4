import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeNetwork, tcpDialer } from '#drivers/tcp'
import { dlt645 } from '#protocols/dlt645'
import {
  createAcquisition,
  deliveryCodec,
  meterReader,
  type PollPlan,
  readingGatekeeper,
} from '#src/acquisition'
import { civilTime, hours, idOf, seconds, systemClock } from '#src/core'
import { createLogger, createMetrics } from '#src/observe'
import { nodeFiles, Segments } from '#src/outbox'
import type { ChannelRecord, MeterRecord } from '#src/registry'
import { METER, type Script, scripts } from './polls-script.ts'

/** `bare|engine PORT CHANNELS SCRIPT`: asks as fast as it can, then prints its rate. */
const BEGIN_WAIT_MS = 100
const BEGIN_WAITS_MAX = 600
const WARM_MS = 3_000
const MEASURE_MS = 6_000
const POLLS_MAX = 600_000

/** The first depends on what else the machine does, the second hardly. */
export interface Rate {
  readonly perSecond: number
  readonly perProcessorSecond: number
}

async function bare(port: number, channels: number, { exchanges }: Script): Promise<Rate> {
  let polls = 0
  const sockets = Array.from({ length: channels }, () => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let next = 0
    const ask = () => {
      const exchange = exchanges[next++ % exchanges.length]
      if (exchange) socket.write(exchange.request)
    }
    socket.on('connect', ask)
    socket.on('data', () => {
      polls++
      ask()
    })
    socket.on('error', () => socket.destroy())
    return socket
  })
  const rate = await rateOf(() => polls)
  for (const socket of sockets) socket.destroy()
  return rate
}

/**
 * One address polled over and over, in a round that lasts longer than the measurement. Daily, so
 * that it is due at once at any hour.
 */
const planOf = ({ items }: Script): PollPlan => ({
  id: idOf(1),
  name: 'bench',
  protocol: dlt645.name,
  dataClass: 'daily',
  items,
  cycle: hours(24),
  offset: seconds(0),
  priority: 1,
  catchUp: null,
})

/** The product's engine with its outbox, up to where a delivery survives a power loss. */
async function engine(port: number, channels: number, script: Script): Promise<Rate> {
  let polls = 0
  const folder = await mkdtemp(join(tmpdir(), 'hes-bench-'))
  const segments = await Segments.open({
    files: nodeFiles(folder),
    clock: systemClock,
    bytesMax: 2 ** 30,
    told: { unsynced: () => {}, damaged: () => {} },
    reached: () => {},
  })
  const records = Array.from({ length: channels }, (_, index) => channelNumber(index + 1))
  const perChannel = Math.ceil(POLLS_MAX / channels / script.exchanges.length)
  const acquisition = createAcquisition({
    outbox: {
      put: async (delivery, isUrgent, told) => {
        segments.append(deliveryCodec.encode(delivery), isUrgent, ({ number }) => {
          const answered = delivery.outcomes.filter(({ kind }) => kind === 'answered').length
          polls += answered * script.exchanges.length
          segments.release([{ from: number, to: number + 1 }])
          told?.acknowledged?.()
          told?.committed?.()
        })
      },
    },
    registry: {
      channels: async () => records,
      allMeters: async () => records.flatMap((channel) => Array(perChannel).fill(meterOn(channel))),
      allConcentrators: async () => [],
      allConcentratorsOffline: async () => {},
      concentratorsSeen: async () => {},
    },
    collection: {
      follow: async () => {},
      advance: async (_task, to) => to,
      open: async () => [],
      close: async () => 0,
    },
    channelWays: { changed: async () => {} },
    presenceBook: {
      resume: async () => {},
      record: async () => {},
      door: async () => ({ blocked: [], fixedAddresses: [], flapping: [], frameLogs: [] }),
    },
    gatekeeper: readingGatekeeper([]),
    deviceEvents: { knownOf: async () => new Map(), knownFrom: async () => [] },
    readRequests: {
      unfinished: async () => [],
      reopen: async () => [],
      take: async () => [],
      record: async () => {},
      expire: async () => {},
    },
    plans: async () => [planOf(script)],
    readers: [meterReader(dlt645)],
    dialerOf: () => tcpDialer({ host: '127.0.0.1', port }, nodeNetwork),
    listener: null,
    terminals: [],
    feeds: [],
    clock: systemClock,
    random: { next: () => 0 },
    civil: civilTime('Asia/Shanghai'),
    log: createLogger({ level: 'warn', pretty: false }, { write: () => {} }),
    metrics: createMetrics(),
    onRound: () => {},
  })
  await acquisition.start()
  const rate = await rateOf(() => polls)
  await acquisition.stop()
  await segments.close()
  await rm(folder, { recursive: true })
  return rate
}

function channelNumber(number: number): ChannelRecord {
  return { id: idOf(number), name: `bench ${number}`, kind: 'tcp', settings: {} }
}

function meterOn(channel: ChannelRecord): MeterRecord {
  return {
    id: idOf(channel.id),
    address: METER,
    protocol: dlt645.name,
    profile: null,
    model: null,
    channelId: channel.id,
    channelName: channel.name,
    channelKind: channel.kind,
    concentratorId: null,
    concentrator: null,
    usagePoint: null,
    account: null,
  }
}

async function rateOf(count: () => number): Promise<Rate> {
  // A busy machine takes its time to open a thousand connections.
  for (let waits = 0; count() === 0; waits++) {
    if (waits === BEGIN_WAITS_MAX) throw new Error('no poll was answered')
    await pause(BEGIN_WAIT_MS)
  }
  await pause(WARM_MS)
  const before = count()
  const usedBefore = process.threadCpuUsage()
  const start = performance.now()
  await pause(MEASURE_MS)
  const elapsedMs = performance.now() - start
  const { user, system } = process.threadCpuUsage(usedBefore)
  const polls = count() - before
  return {
    perSecond: (polls * 1_000) / elapsedMs,
    perProcessorSecond: (polls * 1_000_000) / (user + system),
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const [who, port, channels, name = ''] = process.argv.slice(2)
const ask = who === 'bare' ? bare : engine
const script = scripts[name]
if (!script) throw new Error(`there are the scripts ${Object.keys(scripts).join(', ')}`)
process.stdout.write(JSON.stringify(await ask(Number(port), Number(channels), script)))
process.exit()
