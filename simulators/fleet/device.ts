import type { Duplex } from 'node:stream'
import type { DriverClock } from '#drivers/channel'
import {
  type Answering,
  type Disguise,
  Line,
  type LineCounts,
  type LineFaults,
} from '#simulators/line'

/** Something that was started and lives until it is stopped. */
export interface Device {
  readonly name: string
  readonly counts: LineCounts
  /** Connections open at this moment. */
  connections(): number
  stop(): Promise<void>
}

export interface Served {
  readonly face: Answering
  readonly faults: LineFaults
  readonly seed: number
  readonly counts: LineCounts
  readonly clock: DriverClock
  readonly disguise?: Disguise
}

/** Joins a face to a connection until the connection ends; resolves then, and never fails. */
export function serveStream(stream: Duplex, served: Served): Promise<void> {
  const line = new Line({
    ...served,
    send: (bytes) => {
      if (!stream.destroyed && stream.writable) stream.write(bytes)
    },
  })
  return new Promise((resolve) => {
    const end = () => {
      line.close()
      stream.destroy()
      resolve()
    }
    stream.on('data', (chunk: Uint8Array) => line.receive(chunk))
    stream.on('error', end)
    stream.on('end', end)
    stream.on('close', end)
  })
}
