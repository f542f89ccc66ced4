import type { TcpSocket } from '#drivers/channel'
import type { Face } from '#simulators/faces'
import {
  type Disguise,
  type LineFaults,
  noCounts,
  type SeededRandom,
  seededRandom,
} from '#simulators/line'
import { type Device, serveStream } from './device.ts'
import type { FieldPorts } from './ports.ts'

const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 60_000

/** What a device that dials in says by itself. */
export interface Caller extends Face {
  login(nowMs: number): Uint8Array
  heartbeat(nowMs: number): Uint8Array
  /** What it has to report (主动上报); null for nothing. */
  report(nowMs: number): Uint8Array | null
}

export interface ConcentratorOptions {
  readonly address: string
  readonly host: string
  readonly port: number
  readonly face: Caller
  readonly disguise?: Disguise
  readonly faults: LineFaults
  readonly seed: number
  readonly heartbeatMs: number
  /** Hangs up after about this long and calls again, as a GPRS link does; null: never. */
  readonly hangUpAfterMs: number | null
  /** How often it calls before it is never heard again; without end unless it is said. */
  readonly callsMax?: number
  /** Between two calls, the first time; longer where nobody takes a call. */
  readonly pauseMs?: number
}

/**
 * A concentrator (集中器) or terminal that dials in to a head-end, says who it is, and then
 * answers. It calls again for as long as it lives.
 */
export function startConcentrator(options: ConcentratorOptions, ports: FieldPorts): Device {
  const counts = noCounts()
  const stopped = new AbortController()
  const random = seededRandom(options.seed)
  let socket: TcpSocket | null = null
  let connected = 0

  const live = async () => {
    const { callsMax = Number.POSITIVE_INFINITY, pauseMs: firstMs = RETRY_FIRST_MS } = options
    let pauseMs = firstMs
    for (let call = 0; call < callsMax && !stopped.signal.aborted; call++) {
      socket = await dial(options, ports, stopped.signal)
      if (socket) {
        connected = 1
        pauseMs = firstMs
        const seed = options.seed + call
        await beOnline(socket, { ...options, seed }, ports, random, counts)
        connected = 0
      }
      // Jitter keeps a fleet from calling in step after an outage.
      await pause(ports, pauseMs * (0.5 + random.next()), stopped.signal)
      pauseMs = Math.min(2 * pauseMs, RETRY_MAX_MS)
    }
  }
  const life = live()
  return {
    name: `concentrator ${options.address}`,
    counts,
    connections: () => connected,
    async stop() {
      stopped.abort()
      socket?.destroy()
      await life
    },
  }
}

/** A gateway in front of meters that know nothing of it: only its registration is its own. */
export function gatewayCaller(face: Face, address: string): Caller {
  const text = (words: string) => Uint8Array.from(words, (sign) => sign.charCodeAt(0))
  return {
    receive: (chunk, nowMs) => face.receive(chunk, nowMs),
    reset: () => face.reset(),
    // An address of 12 digits is announced; SIM and IMEI numbers are sent as they are.
    login: () => text(address.length === 12 ? `REG:${address}\r\n` : `${address}\r\n`),
    heartbeat: () => text('ping'),
    report: () => null,
  }
}

/** Null when nobody answers: a reason to call again, not to fail. */
async function dial(
  { host, port }: ConcentratorOptions,
  { network }: FieldPorts,
  signal: AbortSignal,
): Promise<TcpSocket | null> {
  try {
    return await network.connect(host, port, signal)
  } catch {
    // Refused, unreachable or given up: the pause that follows is the answer to all of them.
    return null
  }
}

async function beOnline(
  socket: TcpSocket,
  { face, faults, seed, heartbeatMs, hangUpAfterMs, disguise }: ConcentratorOptions,
  { clock }: FieldPorts,
  random: SeededRandom,
  counts: Device['counts'],
): Promise<void> {
  const line = { face, faults, seed, counts, clock, ...(disguise ? { disguise } : {}) }
  const served = serveStream(socket, line)
  socket.write(face.login(clock.now()))
  let cancelBeat = () => {}
  const beat = () => {
    cancelBeat = clock.after(heartbeatMs, () => {
      if (socket.writable) socket.write(face.heartbeat(clock.now()))
      const report = face.report(clock.now())
      if (report && socket.writable) socket.write(report)
      beat()
    })
  }
  beat()
  const cancelHangUp =
    hangUpAfterMs === null
      ? () => {}
      : clock.after(hangUpAfterMs * (0.5 + random.next()), () => socket.destroy())
  await served
  cancelBeat()
  cancelHangUp()
}

/** Resolves after the time, or at once when the signal aborts. */
function pause({ clock }: FieldPorts, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = () => {
      cancel()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    signal.addEventListener('abort', wake, { once: true })
  })
}
