import type { Channel, TcpSocket } from '#drivers/channel'
import { listenForDialIns } from '#drivers/dialin'
import { dlt645 } from '#protocols/dlt645'
import { Presence } from '#src/acquisition/dialin'
import { Taps } from '#src/acquisition/wire'
import { type ChannelId, type ConcentratorId, civilTime, idOf } from '#src/core'
import { createLogger } from '#src/observe'
import type { DoorBook, PresenceBatch } from '#src/presence'
import type { ConcentratorSighting } from '#src/registry'
import { ManualClock, settle, virtualNetwork } from '#tests/support'

export const never = new AbortController().signal
const civil = civilTime('Asia/Shanghai')

/** A door with presence behind it, its book a list, and a network where callers choose addresses. */
export async function presenceDoor(given: Partial<DoorBook> = {}) {
  const network = virtualNetwork()
  const clock = new ManualClock()
  const batches: PresenceBatch[] = []
  const sightings: ConcentratorSighting[] = []
  const book: DoorBook = { blocked: [], fixedAddresses: [], flapping: [], frameLogs: [], ...given }
  const held = { book, isAway: false }
  const taps = new Taps(clock)
  const presence = new Presence({
    registry: {
      concentratorsSeen: async (seen) => void sightings.push(...seen),
      allConcentratorsOffline: async () => {},
    },
    presenceBook: {
      resume: async () => {},
      record: async (batch) => {
        if (held.isAway) throw new Error('away')
        batches.push(batch)
      },
      door: async () => held.book,
    },
    clock,
    civil,
    log: createLogger({ level: 'silent', pretty: false }, { write: () => {} }),
    terminals: { over: ({ channel }) => channel, protocols: ['gdw376', 'dlt698'] },
    taps,
    protocols: [dlt645],
  })
  await presence.begin()
  const opened = await listenForDialIns(
    { host: 'head', port: 0, connectionsMax: 10_000 },
    network,
    clock,
  )
  if (!opened.ok) throw new Error(opened.error.message)
  void presence.admit(opened.value)
  const stop = new AbortController()
  void presence.report(stop.signal)
  return {
    clock,
    held,
    presence,
    taps,
    sightings,
    /** A device of the archive; what its worker gets. */
    expect(number: number, identity: string, protocol?: string) {
      const settings = protocol === undefined ? { identity } : { identity, protocol }
      const id: ChannelId = idOf(100 + number)
      const concentrator: ConcentratorId = idOf(number)
      const meeting = presence.expect(identity, { id, settings }, concentrator)
      return { next: (): Promise<Channel | null> => meeting.take(never) }
    },
    /** Says who it is from an address; what it hears is kept. */
    async call(identity: string, from: string) {
      const socket = await network.connect(`${from}@head`, opened.value.port, never)
      const heard: Uint8Array[] = []
      let isOpen = true
      const closed = () => {
        isOpen = false
      }
      socket.on('data', (chunk: Uint8Array) => heard.push(chunk))
      socket.on('close', closed).on('end', closed).on('error', closed)
      await say(socket, `REG:${identity}`)
      await settle()
      return {
        socket,
        isOpen: () => isOpen,
        heard: () => Buffer.concat(heard).toString('latin1'),
      }
    },
    /** Everything that was written down, the next write included. */
    async written(): Promise<PresenceBatch> {
      await clock.advance(5_000)
      return {
        intervals: batches.flatMap(({ intervals }) => intervals),
        traffic: batches.flatMap(({ traffic }) => traffic),
        events: batches.flatMap(({ events }) => events),
        flapping: batches.flatMap(({ flapping }) => flapping),
        calls: batches.flatMap(({ calls }) => calls),
        frames: batches.flatMap(({ frames }) => frames),
      }
    },
    async stop() {
      stop.abort()
      await opened.value.close()
    },
  }
}

export async function say(socket: TcpSocket, text: string): Promise<void> {
  socket.write(Buffer.from(text, 'latin1'))
  await settle()
}
