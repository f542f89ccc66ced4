import type { TcpSocket } from '#drivers/channel'
import { type Face, foreignDlt645 } from '#simulators/faces'
import { type LineFaults, noCounts, type SeededRandom, seededRandom } from '#simulators/line'
import { type Device, serveStream } from './device.ts'
import type { FieldPorts } from './ports.ts'

const RETRY_FIRST_MS = 1_000
const RETRY_MAX_MS = 60_000

export interface ConcentratorOptions {
  /** 8 to 15 digits; said in the registration packet (注册包). */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly face: Face
  readonly faults: LineFaults
  readonly seed: number
  readonly heartbeatMs: number
  /** Hangs up after about this long and calls again, as a GPRS link does; null: never. */
  readonly hangUpAfterMs: number | null
}

/**
 * A concentrator (集中器) that dials in to a head-end, says who it is, and then passes DL/T 645
 * through to its meters. It calls again for as long as it lives.
 */
export function startConcentrator(options: ConcentratorOptions, ports: FieldPorts): Device {
  const counts = noCounts()
  const stopped = new AbortController()
  const random = seededRandom(options.seed)
  let socket: TcpSocket | null = null
  let connected = 0

  const live = async () => {
    let pauseMs = RETRY_FIRST_MS
    for (let call = 0; !stopped.signal.aborted; call++) {
      socket = await dial(options, ports, stopped.signal)
      if (socket) {
        connected = 1
        pauseMs = RETRY_FIRST_MS
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
  { address, face, faults, seed, heartbeatMs, hangUpAfterMs }: ConcentratorOptions,
  { clock }: FieldPorts,
  random: SeededRandom,
  counts: Device['counts'],
): Promise<void> {
  const served = serveStream(socket, { face, faults, seed, counts, clock, disguise: foreignDlt645 })
  // An address of 12 digits is announced; SIM and IMEI numbers are sent as they are.
  socket.write(address.length === 12 ? `REG:${address}\r\n` : `${address}\r\n`)
  let cancelBeat = () => {}
  const beat = () => {
    cancelBeat = clock.after(heartbeatMs, () => {
      if (socket.writable) socket.write('ping')
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
