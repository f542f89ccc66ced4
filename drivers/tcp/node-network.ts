import { connect, createServer, type Socket } from 'node:net'
import {
  type Network,
  type TcpListenOptions,
  type TcpServer,
  type TcpSocket,
  tuneForFrames,
} from '#drivers/channel'

/** Fleets reconnect at the same moment after an outage; the default of 511 would refuse them. */
const BACKLOG = 4_096

/** The network of this machine. */
export const nodeNetwork: Network = { connect: connectTo, listen: listenOn }

function connectTo(host: string, port: number, signal: AbortSignal): Promise<TcpSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const socket = connect({ host, port })
    const finish = (settle: () => void) => {
      socket.off('connect', connected)
      socket.off('error', failed)
      signal.removeEventListener('abort', aborted)
      settle()
    }
    const connected = () =>
      finish(() => {
        tuneForFrames(socket)
        resolve(socket)
      })
    const failed = (error: Error) => finish(() => reject(error))
    const aborted = () =>
      finish(() => {
        // A connection attempt that is cut may still report an error that no one waits for.
        socket.on('error', ignoreLateError)
        socket.destroy()
        reject(new DOMException('connecting was given up', 'AbortError'))
      })
    socket.once('connect', connected)
    socket.once('error', failed)
    signal.addEventListener('abort', aborted, { once: true })
  })
}

function listenOn(
  options: TcpListenOptions,
  accept: (socket: TcpSocket) => void,
): Promise<TcpServer> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket: Socket) => accept(socket))
    server.maxConnections = options.connectionsMax
    server.on('drop', () => options.refused?.())
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      // Out of files or memory while accepting: the listener stays, the peer calls again.
      server.on('error', () => options.refused?.())
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address ? address.port : options.port,
        // The port is free at once; connections belong to whoever accepted them.
        close: async () => {
          server.close()
        },
      })
    })
  })
}

function ignoreLateError(): void {}
