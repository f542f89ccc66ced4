import { type Duplex, duplexPair } from 'node:stream'
import type { Network, SerialPorts, TcpSocket } from '#drivers/channel'

/** A network without sockets: bytes move as soon as the loop turns, and nothing is ever late. */
export interface VirtualNetwork extends Network {
  /** The far ends of connections that were dialled to nobody listening. */
  readonly answered: Duplex[]
}

export function virtualNetwork(): VirtualNetwork {
  const listeners = new Map<number, (socket: TcpSocket) => void>()
  const answered: Duplex[] = []
  let nextPort = 40_000
  return {
    answered,
    async connect(host, port) {
      const [near, far] = socketPair(callerOf(host))
      const accept = listeners.get(port)
      if (accept) accept(far)
      else answered.push(far)
      return near
    },
    async listen(options, accept) {
      const port = options.port === 0 ? nextPort++ : options.port
      listeners.set(port, accept)
      return {
        port,
        close: async () => {
          listeners.delete(port)
        },
      }
    },
  }
}

/** Serial ports whose far end the test holds. */
export function virtualSerialPorts(): SerialPorts & { readonly far: Duplex[] } {
  const far: Duplex[] = []
  return {
    far,
    async open() {
      const [near, other] = duplexPair()
      far.push(other)
      linkDeath(near, other)
      return near
    },
  }
}

/** `10.0.0.3@head`: who calls from where; from 10.0.0.2 where nothing is said. */
function callerOf(host: string): string {
  const [from = '', to] = host.split('@')
  return to === undefined ? '10.0.0.2' : from
}

function socketPair(caller: string): readonly [TcpSocket, TcpSocket] {
  const [near, far] = duplexPair()
  linkDeath(near, far)
  return [asSocket(near, '10.0.0.1'), asSocket(far, caller)]
}

/** A destroyed socket closes its peer; a bare duplex pair would leave it waiting. */
function linkDeath(near: Duplex, far: Duplex): void {
  near.on('close', () => far.destroy())
  far.on('close', () => near.destroy())
}

function asSocket(stream: Duplex, remoteAddress: string): TcpSocket {
  const nothing = () => undefined
  return Object.assign(stream, { remoteAddress, setNoDelay: nothing, setKeepAlive: nothing })
}

/** Collects what arrives at one end. */
export function collect(stream: Duplex): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {})
  return () => Buffer.concat(chunks).toString('latin1')
}
