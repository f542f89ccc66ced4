import { connect, type Socket } from 'node:net'
import type { Channel } from '#drivers/channel'
import { listenForDialIns } from '#drivers/dialin'
import { nodeNetwork } from '#drivers/tcp'
import { fromHex } from '#protocols/bytes'
import { encodeUnasked, eventsOfFrame, gdw376, parseAddress } from '#protocols/gdw376'
import type { Reading } from '#protocols/model'
import { gdw376Face } from '#simulators/faces'
import { Site } from '#simulators/meter'
import {
  Happenings,
  loginRecogniser,
  readingGatekeeper,
  type TerminalProtocol,
  Terminals,
} from '#src/acquisition'
import { civilTime, idOf, type MeterId, systemClock } from '#src/core'
import type { WireFrame } from '#src/evidence'
import { createLogger, createMetrics } from '#src/observe'
import type { DeviceEventRecord } from '#src/outbox'

export const TERMINAL = '3301-0A01'
export const METER: MeterId = idOf(7)

const ZONE = 'Asia/Shanghai'
const civil = civilTime(ZONE)

/** A terminal of 376.1 that has nothing behind it. */
export const terminal = () =>
  gdw376Face({
    address: TERMINAL,
    site: new Site(ZONE, 1),
    points: [],
    port: null,
    password: null,
    bytesMax: 500,
  })

export interface ReportedHere {
  readonly device: string
  readonly readings: readonly Reading[]
}

/** A door that knows terminals of 376.1, on a free port of this machine. */
export async function terminalDoor(reported: () => readonly ReportedHere[] = () => []) {
  const protocol: TerminalProtocol = { ...gdw376, reported, happened: eventsOfFrame }
  const events: string[] = []
  const opened = await listenForDialIns(
    {
      host: '127.0.0.1',
      port: 0,
      connectionsMax: 10,
      recognisers: [loginRecogniser(protocol, () => civil.toWall(systemClock.now()))],
      observe: {
        loggedIn: (identity, rule) => events.push(`login ${identity} by ${rule}`),
        takenOver: ({ identity }) => events.push(`takeover ${identity}`),
      },
    },
    nodeNetwork,
    systemClock,
  )
  if (!opened.ok) throw new Error(opened.error.message)
  const lines: { readonly event?: string }[] = []
  const stored: (() => void)[] = []
  const happened: DeviceEventRecord[] = []
  const heard: WireFrame[] = []
  const happenings = new Happenings({ civil, clock: systemClock })
  const meter = { id: METER, protocol: 'gdw376', address: `${TERMINAL}/1` } as const
  happenings.know({
    meters: [{ ...meter, concentrator: TERMINAL }],
    concentrators: [{ id: idOf(3), address: TERMINAL }],
  })
  const metrics = createMetrics()
  const terminals = new Terminals({
    terminals: [protocol],
    gatekeeper: readingGatekeeper([protocol]),
    intake: {
      visited: async ({ readings }, { acknowledged } = {}) => {
        if (acknowledged) stored.push(acknowledged)
        return readings.filter(({ item }) => item !== null).length
      },
      happened: async (records, frames, { acknowledged } = {}) => {
        happened.push(...records)
        heard.push(...frames)
        if (acknowledged) stored.push(acknowledged)
      },
    },
    happenings,
    eventsWait: () => {},
    meterOf: (_protocol, address) => (address === `${TERMINAL}/1` ? METER : undefined),
    clock: systemClock,
    civil,
    log: createLogger(
      { level: 'info', pretty: false },
      { write: (line) => void lines.push(JSON.parse(line)) },
    ),
    metrics,
  })
  const sessions = opened.value.sessions()[Symbol.asyncIterator]()
  return {
    events,
    lines,
    stored,
    happened,
    heard,
    metrics,
    dial: () => dial(opened.value.port),
    /** The line to the next terminal that logs in. */
    async next(): Promise<Channel> {
      const { value } = await sessions.next()
      return terminals.over(value)
    },
    close: () => opened.value.close(),
  }
}

/** A socket with a memory of the good frames that came. */
async function dial(port: number) {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const own = connect(port, '127.0.0.1', () => resolve(own)).once('error', reject)
  })
  socket.on('error', () => socket.destroy()).setNoDelay(true)
  const heard: Uint8Array[] = []
  const scanner = gdw376.scanner()
  const waiting: (() => void)[] = []
  socket.on('data', (chunk: Uint8Array) => {
    heard.push(...scanner.push(chunk))
    for (const look of [...waiting]) look()
  })
  return {
    socket,
    heard,
    say: (...frames: readonly Uint8Array[]) => socket.write(Buffer.concat(frames)),
    /** Resolves once so many frames came. */
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (heard.length >= count) resolve()
        }
        waiting.push(look)
        look()
      }),
    ended: new Promise<void>((resolve) => socket.once('close', () => resolve())),
  }
}

/** What a terminal sends of its own: data of point 1, to be confirmed. */
export function report(): Uint8Array {
  const address = parseAddress(TERMINAL)
  if (!address) throw new Error('no address')
  return encodeUnasked(address, 0x0c, [{ pn: 1, fn: 2, data: new Uint8Array(6) }], 1)
}

/** An important event of a terminal, to be confirmed: EC1, EC2, Pm, Pn and the record behind them. */
export function eventReport(record: string): Uint8Array {
  const address = parseAddress(TERMINAL)
  const data = fromHex(`01000001${record}`)
  if (!address || !data) throw new Error('no address')
  return encodeUnasked(address, 0x0e, [{ pn: 0, fn: 1, data }], 2)
}
