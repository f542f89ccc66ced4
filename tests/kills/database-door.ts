import net, { type AddressInfo } from 'node:net'
import { systemClock } from '#src/core'
import { openEmbedded } from '#src/db/embedded'
import { migratedFolder } from '#tests/support'

/** The embedded TimescaleDB behind a port, for processes that come and go; it can be closed. */
export interface DatabaseDoor {
  readonly url: string
  /** Cuts every connection, and takes none until it is opened. */
  shut(): void
  open(): void
  close(): Promise<void>
}

export async function openDatabaseDoor(lost: (reason: string) => void): Promise<DatabaseDoor> {
  const folder = await migratedFolder()
  const embedded = await openEmbedded({ dataDir: folder.path, clock: systemClock, onLost: lost })
  if (!embedded.ok) throw new Error(embedded.error.message)
  const { connect, close } = embedded.value
  const sockets = new Set<net.Socket>()
  let isShut = false
  const server = net.createServer((socket) => {
    if (isShut) return void socket.destroy()
    sockets.add(socket)
    const client = connect()
    const end = () => {
      sockets.delete(socket)
      client.destroy()
      socket.destroy()
    }
    socket.pipe(client).pipe(socket)
    // Whoever was killed says no goodbye.
    socket.on('close', end).on('error', end)
    client.on('close', end).on('error', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/template1`,
    shut() {
      isShut = true
      cut()
    },
    open() {
      isShut = false
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
      await close()
      folder.remove()
    },
  }
}
