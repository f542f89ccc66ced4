import { listenForDialIns } from '#drivers/dialin'
import { nodeNetwork } from '#drivers/tcp'
import { dlt645 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import {
  createAcquisition,
  loginRecogniser,
  meterReader,
  type PollPlan,
  readingGatekeeper,
  type TerminalProtocol,
} from '#src/acquisition'
import { civilTime, hours, idOf, seconds, systemClock } from '#src/core'
import { createLogger, createMetrics } from '#src/observe'
import type { ChannelRecord, ConcentratorRecord, MeterRecord } from '#src/registry'
import { identityOf } from './session-words.ts'

/** `CHANNELS`: the product's engine behind its listener, with stores that keep nothing. */
const channels = Number(process.argv[2])
const civil = civilTime('Asia/Shanghai')
const terminals: readonly TerminalProtocol[] = [
  { ...gdw376, reported: () => [], happened: () => [] },
  { ...dlt698, reported: () => [], happened: () => [] },
]

/** Its next slot is at midnight: until then nothing is asked. */
const plan: PollPlan = {
  id: idOf(1),
  name: 'bench',
  protocol: 'dlt645-2007',
  dataClass: 'current',
  items: ['00010000'],
  cycle: hours(24),
  offset: seconds(0),
  priority: 1,
  catchUp: null,
}

const numbers = Array.from({ length: channels }, (_, index) => index)
const channelOf = (number: number): ChannelRecord => ({
  id: idOf(number + 1),
  name: `dialin-${identityOf(number)}`,
  kind: 'dialin',
  settings: { identity: identityOf(number) },
})
const concentratorOf = (number: number): ConcentratorRecord => ({
  id: idOf(number + 1),
  address: identityOf(number),
  name: '',
  channelId: idOf(number + 1),
  transformer: null,
  meters: 1,
  online: false,
  lastHeardAt: null,
  remoteAddress: null,
  signal: null,
})
const meterOf = (number: number): MeterRecord => ({
  id: idOf(number + 1),
  address: String(110_000_000_000 + number),
  protocol: 'dlt645-2007',
  profile: null,
  model: null,
  channelId: idOf(number + 1),
  channelName: `dialin-${identityOf(number)}`,
  channelKind: 'dialin',
  concentratorId: idOf(number + 1),
  concentrator: identityOf(number),
  usagePoint: null,
  account: null,
})

const opened = await listenForDialIns(
  {
    host: '127.0.0.1',
    port: 0,
    connectionsMax: 15_000,
    unregistered: { name: 'asked', afterMs: 5_000 },
    recognisers: terminals.map((one) =>
      loginRecogniser(one, () => civil.toWall(systemClock.now())),
    ),
  },
  nodeNetwork,
  systemClock,
)
if (!opened.ok) throw new Error(opened.error.message)
const metrics = createMetrics()
let statements = 0
const acquisition = createAcquisition({
  registry: {
    channels: async () => numbers.map(channelOf),
    allMeters: async () => numbers.map(meterOf),
    allConcentrators: async () => numbers.map(concentratorOf),
    allConcentratorsOffline: async () => {},
    concentratorsSeen: async () => void statements++,
  },
  outbox: { put: async () => {} },
  collection: {
    follow: async () => {},
    advance: async (_task, to) => to,
    open: async () => [],
    close: async () => 0,
  },
  channelWays: { changed: async () => {} },
  deviceEvents: { knownOf: async () => new Map(), knownFrom: async () => [] },
  presenceBook: {
    resume: async () => {},
    record: async () => void statements++,
    door: async () => ({ blocked: [], fixedAddresses: [], flapping: [], frameLogs: [] }),
  },
  gatekeeper: readingGatekeeper([dlt645, ...terminals]),
  readRequests: {
    unfinished: async () => [],
    reopen: async () => [],
    take: async () => [],
    expire: async () => {},
    record: async () => {},
  },
  plans: async () => [plan],
  readers: [meterReader(dlt645)],
  dialerOf: () => null,
  listener: opened.value,
  terminals,
  feeds: [],
  clock: systemClock,
  random: { next: () => 0 },
  civil,
  log: createLogger({ level: 'warn', pretty: false }, { write: () => {} }),
  metrics,
  onRound: () => {},
})
await acquisition.start()

const GARBAGE_BYTES = 2 ** 29
const PIECE_BYTES = 2 ** 10

/**
 * What this process holds once everything that can go is gone. First as much is thrown away as
 * makes V8's young generation as large as it gets: it is no larger for what is held.
 */
async function footprint() {
  let pieces: unknown[] = []
  for (let bytes = 0; bytes < GARBAGE_BYTES; bytes += PIECE_BYTES) {
    pieces.push(Array(PIECE_BYTES / 8).fill(bytes))
    if (pieces.length > 10_000) pieces = []
  }
  pieces = []
  for (let again = 0; again < 4; again++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed }
}

let rssMax = 0
setInterval(() => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss())
}, 250)

const answers: Readonly<Record<string, () => Promise<object>>> = {
  footprint,
  async use() {
    const { user, system } = process.cpuUsage()
    const { channelsOnline: online } = acquisition.status()
    return { processorUs: user + system, online, statements, rssMax }
  },
}
process.on('message', async (question) => process.send?.(await answers[String(question)]?.()))
process.send?.({ port: opened.value.port })
