import {
  type Dialer,
  type DriverClock,
  describeSystemError,
  type Network,
  StreamChannel,
} from '#drivers/channel'

/** Long enough for a GPRS modem to wake up, short enough to go on with other work. */
const CONNECT_TIMEOUT_MS = 10_000
/** The longest frame of any protocol carried so far (DL/T 698.45), with room. */
const FRAME_BYTES_MAX = 2_048

export interface TcpDialerOptions {
  /** Defaults to `tcp:HOST:PORT`. */
  readonly name?: string
  readonly host: string
  readonly port: number
  /** Of the serial line behind the server, where it is known. */
  readonly baud?: number | null
  /** With a clock an attempt ends after ten seconds even if the caller would wait longer. */
  readonly clock?: DriverClock
}

/** Dials a serial server (串口服务器) or anything else that passes bytes through unchanged. */
export function tcpDialer(options: TcpDialerOptions, network: Network): Dialer {
  const { host, port, clock } = options
  const name = options.name ?? `tcp:${host}:${port}`
  const facts = {
    name,
    halfDuplex: true,
    maxFrameBytes: FRAME_BYTES_MAX,
    framed: false,
    baud: options.baud ?? null,
  }
  return {
    name,
    async open(signal) {
      const deadline = new AbortController()
      const cancel = clock?.after(CONNECT_TIMEOUT_MS, () => deadline.abort())
      try {
        const socket = await network.connect(host, port, AbortSignal.any([signal, deadline.signal]))
        return { ok: true, value: new StreamChannel(socket, facts) }
      } catch (error) {
        return { ok: false, error: describeSystemError(error, `connecting ${name}`) }
      } finally {
        cancel?.()
      }
    },
  }
}
