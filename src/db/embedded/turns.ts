import type { Clock, Duration } from '#src/core'
import type { Backend } from './backend.ts'
import type { Batch, Client } from './client.ts'
import { backendScanner, message, type TransactionStatus, textAt } from './frames.ts'

/** Who may use the only backend: one client's batch, or its transaction, at a time. */
export interface Turns {
  request(client: Client, batch: Batch): void
  leave(client: Client): void
  status(client: Client): TransactionStatus
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>
}

export interface TurnsPorts {
  /** The backend that works now, or the one that is being reopened. */
  backend(): Promise<Backend>
  /** A statement ran too long or the backend trapped: every connection ends. */
  lost(loss: Loss): void
  notify(channel: string, bytes: Buffer): void
  listened(client: Client, batch: Batch): void
  readonly clock: Clock
}

export interface Loss {
  readonly culprit: Client
  readonly reason: string
  readonly timedOut: boolean
}

interface Request {
  readonly client: Client
  readonly batch: Batch
}

export function takeTurns(ports: TurnsPorts): Turns {
  const waiting: Request[] = []
  const gone = new Set<Client>()
  /** Whose batch is unfinished or whose transaction is open; only it may go on. */
  let holder: { client: Client; status: TransactionStatus | undefined } | undefined
  let running = false
  let stopIdleWatch = () => {}
  const whenIdle: (() => void)[] = []

  return {
    request(client, batch) {
      waiting.push({ client, batch })
      next()
    },
    leave(client) {
      drop(client)
      gone.add(client)
      next()
    },
    status: (client) => (holder?.client === client ? (holder.status ?? 'I') : 'I'),
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve)
        next()
      }),
  }

  function drop(client: Client): void {
    for (let at = waiting.length - 1; at >= 0; at -= 1) {
      if (waiting[at]?.client === client) waiting.splice(at, 1)
    }
  }

  function next(): void {
    if (running) return
    const leaving = holder === undefined ? first(gone) : gone.has(holder.client) && holder.client
    if (leaving) {
      void run(farewell(leaving))
      return
    }
    const at = holder === undefined ? 0 : waiting.findIndex((one) => one.client === holder?.client)
    const [request] = at < 0 ? [] : waiting.splice(at, 1)
    if (request !== undefined) {
      void run(request)
    } else if (holder !== undefined) {
      watchIdle(holder.client)
    } else {
      for (const resolve of whenIdle.splice(0)) resolve()
    }
  }

  /** Ends what a client has left open. */
  function farewell(client: Client): Request {
    gone.delete(client)
    const unfinished = holder !== undefined && holder.status === undefined
    const bytes = Buffer.concat([
      unfinished ? message('S') : Buffer.alloc(0),
      holder === undefined ? Buffer.alloc(0) : message('Q', 'rollback'),
      client.farewell(),
    ])
    return { client: { ...client, send() {} }, batch: { bytes, copyIn: false, listens: [] } }
  }

  async function run({ client, batch }: Request): Promise<void> {
    running = true
    stopIdleWatch()
    let timedOut = false
    let stopWatch = () => {}
    try {
      if (batch.bytes.length > 0) {
        const backend = await ports.backend()
        stopWatch = watch(client.limits().statement, () => {
          timedOut = true
          void backend.kill()
        })
        holder = await runOn(backend, client, batch)
        ports.listened(client, batch)
      } else {
        holder = undefined
      }
    } catch (error) {
      holder = undefined
      waiting.length = 0
      gone.clear()
      const reason = error instanceof Error ? error.message : String(error)
      ports.lost({ culprit: client, reason, timedOut })
    } finally {
      stopWatch()
      running = false
    }
    next()
  }

  async function runOn(backend: Backend, client: Client, batch: Batch): Promise<typeof holder> {
    const scanner = backendScanner(batch.copyIn)
    await backend.run(batch.bytes, (chunk) => {
      const { forward, notifications } = scanner.push(chunk)
      for (const part of forward) client.send(part)
      for (const bytes of notifications) ports.notify(textAt(bytes, CHANNEL_OFFSET).text, bytes)
    })
    const status = scanner.status()
    return status === 'I' ? undefined : { client, status }
  }

  function watch(limit: Duration | undefined, expire: () => void): () => void {
    return limit === undefined ? () => {} : ports.clock.after(limit, expire)
  }

  function watchIdle(client: Client): void {
    stopIdleWatch()
    stopIdleWatch = watch(client.limits().idleInTransaction, () => {
      client.end('25P03', 'a transaction was left idle for too long and was rolled back')
      drop(client)
      gone.add(client)
      next()
    })
  }
}

/** In a NotificationResponse the channel's name follows the sender's process id. */
const CHANNEL_OFFSET = 9

const first = <T>(set: ReadonlySet<T>): T | undefined => set.values().next().value
