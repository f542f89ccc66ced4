import type { Duplex } from 'node:stream'
import type { SerialSettings } from '#drivers/channel'
import type { Face } from '#simulators/faces'
import { type Disguise, type LineFaults, noCounts } from '#simulators/line'
import { type Device, serveStream } from './device.ts'
import type { FieldPorts } from './ports.ts'

const CONNECTIONS_MAX = 64

interface LineSpec {
  readonly name: string
  readonly faults: LineFaults
  readonly seed: number
  readonly disguise?: Disguise
}

export interface ListeningOptions extends LineSpec {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** A face for each connection, so that no two share half a request. */
  readonly face: () => Face
}

export interface ListeningDevice extends Device {
  readonly port: number
}

/** A device that waits for the head-end: a serial server, a Modbus TCP meter or gateway. */
export async function startListening(
  options: ListeningOptions,
  { network, clock }: FieldPorts,
): Promise<ListeningDevice> {
  const counts = noCounts()
  const open = new Set<Duplex>()
  const { host, port, face, faults, disguise } = options
  let accepted = 0
  const server = await network.listen({ host, port, connectionsMax: CONNECTIONS_MAX }, (socket) => {
    open.add(socket)
    const seed = options.seed + accepted++
    const served = { face: face(), faults, seed, counts, clock, ...(disguise ? { disguise } : {}) }
    void serveStream(socket, served).then(() => open.delete(socket))
  })
  return {
    name: options.name,
    port: server.port,
    counts,
    connections: () => open.size,
    async stop() {
      for (const socket of open) socket.destroy()
      await server.close()
    },
  }
}

export interface SerialLineOptions extends LineSpec {
  readonly settings: SerialSettings
  readonly face: Face
}

/** Devices on a serial line that was given by its path, e.g. one end of a pseudo-terminal pair. */
export async function startSerialLine(
  { name, settings, face, faults, seed, disguise }: SerialLineOptions,
  { serial, clock }: FieldPorts,
): Promise<Device> {
  if (!serial) throw new Error(`${name} is on a serial line, but no serial ports were given`)
  const counts = noCounts()
  const stream = await serial.open(settings)
  const served = { face, faults, seed, counts, clock, ...(disguise ? { disguise } : {}) }
  let connected = 1
  const ended = serveStream(stream, served).then(() => {
    connected = 0
  })
  return {
    name,
    counts,
    connections: () => connected,
    async stop() {
      stream.destroy()
      await ended
    },
  }
}
