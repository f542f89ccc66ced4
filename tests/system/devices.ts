import { connect, createServer, type Socket } from 'node:net'
import type { Face } from '#simulators/faces'
import { SimulatedMeter, Site } from '#simulators/meter'
import { type Clock, instant, seconds } from '#src/core'
import type { ArchiveRow } from '#src/registry'
import { ZONE } from './world.ts'

const REDIAL = seconds(1)

/** What a device makes of a right answer: chunks to send now or later, or none for silence. */
export type Change = (answer: Uint8Array) => readonly (Uint8Array | Promise<Uint8Array>)[]

const asItIs: Change = (answer) => [answer]

/** A device that a test plays by hand, over a real socket. */
export interface Played {
  /** Requests that were heard. */
  readonly heard: readonly Uint8Array[]
  /** From now on answers are changed so. */
  answers(change: Change): void
  stop(): Promise<void>
}

function serve(
  socket: Socket,
  face: Face,
  clock: Clock,
  state: { change: Change; heard: Uint8Array[] },
) {
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: Uint8Array) => {
    state.heard.push(Uint8Array.from(chunk))
    for (const answer of face.receive(chunk, clock.now())) {
      for (const piece of state.change(answer)) {
        if (piece instanceof Promise) void piece.then((bytes) => socket.write(bytes))
        else socket.write(piece)
      }
    }
  })
}

export interface PlayedServer extends Played {
  readonly port: number
}

/** A serial server or gateway that waits for the head-end. */
export function playServer(face: Face, clock: Clock, port = 0): Promise<PlayedServer> {
  const state: { change: Change; heard: Uint8Array[] } = { change: asItIs, heard: [] }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    serve(socket, face, clock, state)
  })
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address ? address.port : 0,
        heard: state.heard,
        answers: (change) => {
          state.change = change
        },
        stop: () => {
          for (const socket of open) socket.destroy()
          return new Promise((closed) => server.close(() => closed()))
        },
      })
    })
  })
}

export interface PlayedCaller extends Played {
  /** True while connected. */
  readonly online: boolean
  /** Connections that ended without us hanging up. */
  readonly losses: number
}

/** A concentrator that dials in, and calls again at once whenever it is cut off. */
export function playCaller(
  {
    port,
    identity,
    face,
  }: { readonly port: number; readonly identity: string | null; readonly face: Face },
  clock: Clock,
): PlayedCaller {
  const state: { change: Change; heard: Uint8Array[] } = { change: asItIs, heard: [] }
  let socket: Socket | null = null
  let stopped = false
  let online = false
  let losses = 0
  let cancel = () => {}
  const call = () => {
    if (stopped) return
    const own = connect(port, '127.0.0.1', () => {
      online = true
      if (identity !== null) own.write(`REG:${identity}\r\n`)
    })
    socket = own
    serve(own, face, clock, state)
    own.on('close', () => {
      if (online) losses++
      online = false
      cancel = clock.after(REDIAL, call)
    })
  }
  call()
  return {
    heard: state.heard,
    get online() {
      return online
    },
    get losses() {
      return losses
    },
    answers: (change) => {
      state.change = change
    },
    async stop() {
      stopped = true
      cancel()
      socket?.destroy()
    },
  }
}

/** A meter with registers of its own: another seed is another meter, whatever its address. */
export function meterOf(address: string, seed: number, firstYear = 2021): SimulatedMeter {
  return new SimulatedMeter(new Site(ZONE, seed), {
    address,
    seed,
    customerClass: 'factory',
    phases: 3,
    firstYear,
    annualKwh: null,
    nominalDeciV: 2_200,
    clock: { offsetMs: 0, ppm: 0, anchorMs: 0 },
  })
}

const one = { numerator: 1n, denominator: 1n }

/** A meter in the archive, reached over the channel given. */
export function rowOf(
  line: number,
  meterAddress: string,
  channel: Pick<ArchiveRow, 'channel' | 'channelKind' | 'channelSettings'> &
    Partial<Pick<ArchiveRow, 'concentrator' | 'protocol' | 'profile'>>,
): ArchiveRow {
  return {
    line,
    concentrator: null,
    concentratorName: null,
    protocol: 'dlt645-2007',
    profile: null,
    model: null,
    usagePoint: `P${meterAddress}`,
    account: `A${meterAddress}`,
    customer: 'Customer',
    customerClass: 'industrial',
    transformer: null,
    feeder: null,
    ct: one,
    pt: one,
    validFrom: instant(0),
    meterAddress,
    ...channel,
  }
}

export const dialIn = (identity: string) => ({
  concentrator: identity,
  channel: `dialin-${identity}`,
  channelKind: 'dialin' as const,
  channelSettings: { identity },
})

export const tcpBus = (name: string, port: number) => ({
  channel: name,
  channelKind: 'tcp' as const,
  channelSettings: { host: '127.0.0.1', port },
})

export const mqttTopics = {
  channel: 'mqtt',
  channelKind: 'mqtt',
  channelSettings: {},
  protocol: 'mqtt',
} as const
