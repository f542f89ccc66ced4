import type { Duplex } from 'node:stream'
import type { Clock } from '#src/core'
import type { Backend } from './backend.ts'
import { type Batch, type Client, openClient } from './client.ts'
import { type Loss, takeTurns } from './turns.ts'

/** Many connections over one backend. */
export interface Bridge {
  /** A new connection, as the socket that `pg` wants. */
  connect(): Duplex
  /** Lets what runs end, then closes the backend. */
  close(): Promise<void>
  /** How often the backend had to be opened again. */
  restarts(): number
}

export interface BridgePorts {
  open(): Promise<Backend>
  lost(reason: string): void
  readonly clock: Clock
}

export function bridgeOver(firstBackend: Backend, ports: BridgePorts): Bridge {
  const clients = new Set<Client>()
  const listeners = new Map<string, Set<Client>>()
  let backend: Promise<Backend> | undefined = Promise.resolve(firstBackend)
  let clientCount = 0
  let restarts = 0

  const current = (): Promise<Backend> => {
    if (backend !== undefined) return backend
    const opening = ports.open()
    backend = opening
    opening.catch(() => {
      // Who waits for it hears of the failure; the next one tries again.
      if (backend === opening) backend = undefined
    })
    return opening
  }
  const forget = (client: Client) => {
    clients.delete(client)
    for (const channel of listeners.values()) channel.delete(client)
  }
  const turns = takeTurns({
    backend: current,
    clock: ports.clock,
    notify: (channel, bytes) => {
      for (const client of listeners.get(channel) ?? []) client.send(bytes)
    },
    listened,
    lost(loss) {
      restarts += 1
      ports.lost(loss.reason)
      backend = undefined
      void current()
      for (const client of [...clients]) endAfter(loss, client)
    },
  })

  return {
    restarts: () => restarts,
    connect() {
      clientCount += 1
      const client = openClient(clientCount, firstBackend.serverVersion, {
        batch: (from, batch) => turns.request(from, batch),
        status: (of) => turns.status(of),
        gone(from) {
          forget(from)
          turns.leave(from)
        },
      })
      clients.add(client)
      return client.socket
    },
    async close() {
      await turns.idle()
      // One that was lost and not needed since has nothing left to close.
      const opened = await backend
      await opened?.close()
    },
  }

  function listened(client: Client, batch: Batch): void {
    for (const { action, channel } of batch.listens) {
      if (action === 'listen') {
        const known = listeners.get(channel) ?? new Set()
        listeners.set(channel, known.add(client))
      } else if (channel === '*') {
        for (const known of listeners.values()) known.delete(client)
      } else {
        listeners.get(channel)?.delete(client)
      }
    }
  }

  function endAfter(loss: Loss, client: Client): void {
    forget(client)
    if (client.id === loss.culprit.id && loss.timedOut) {
      client.end('57014', 'canceling statement due to statement timeout')
    } else {
      client.end('57P02', `${loss.reason}; it is being reopened, so try again`)
    }
  }
}
