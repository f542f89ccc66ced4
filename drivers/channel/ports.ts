import type { Duplex } from 'node:stream'

/**
 * The world as drivers may touch it. Production passes thin adapters over Node; the simulator
 * passes virtual ones, so that the whole product can run under virtual time and seeded faults.
 */
export interface DriverClock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void
}

/** A TCP connection as drivers see it. */
export interface TcpSocket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  setNoDelay(on: boolean): unknown
  setKeepAlive(on: boolean, initialDelayMs?: number): unknown
}

export interface TcpServer {
  readonly port: number
  close(): Promise<void>
}

export interface TcpListenOptions {
  readonly host: string
  readonly port: number
  /** Connections above this are refused at once, so that files stay available. */
  readonly connectionsMax: number
  /** Told of each connection refused for that reason. */
  readonly refused?: () => void
}

/** The TCP port. Failures reject with Node's system errors (`code` ECONNREFUSED …). */
export interface Network {
  connect(host: string, port: number, signal: AbortSignal): Promise<TcpSocket>
  listen(options: TcpListenOptions, accept: (socket: TcpSocket) => void): Promise<TcpServer>
}

export interface SerialSettings {
  readonly path: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly dataBits: 7 | 8
  readonly stopBits: 1 | 2
}

/** The serial port. Failures reject with the system's error. */
export interface SerialPorts {
  open(settings: SerialSettings): Promise<Duplex>
}
