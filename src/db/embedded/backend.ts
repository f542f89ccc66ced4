import { Worker } from 'node:worker_threads'
import { type Clock, minutes } from '#src/core'
import type { FromWorker, ToWorker, WorkerSettings } from './channel.ts'

/** One WebAssembly instance in its thread. Once `lost` it never works again. */
export interface Backend {
  readonly serverVersion: string
  /** Runs whole messages; resolves when the backend is idle again. One at a time. */
  run(bytes: Buffer, output: (chunk: Buffer) => void): Promise<void>
  /** Ends the thread at once, whatever it is doing. */
  kill(): Promise<void>
  /** Checkpoints and ends the thread. */
  close(): Promise<void>
}

/** The thread is gone: by a trap, by a kill or by its own end. */
export class BackendLost extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'BackendLost'
  }
}

interface Turn {
  readonly output: (chunk: Buffer) => void
  readonly done: () => void
  readonly lost: (error: BackendLost) => void
}

/** Recovery after a power loss replays at most a gigabyte of log. */
const OPENING_LIMIT = minutes(5)

export function openBackend(settings: WorkerSettings, clock: Clock): Promise<Backend> {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: settings,
    stdout: true,
    stderr: true,
  })
  let turn: Turn | undefined
  let lost: BackendLost | undefined
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve())
  })
  const order = (message: ToWorker) => worker.postMessage(message)
  const lose = (reason: string) => {
    lost ??= new BackendLost(reason)
    turn?.lost(lost)
    turn = undefined
    void worker.terminate()
  }

  const backend = (serverVersion: string): Backend => ({
    serverVersion,
    run(bytes, output) {
      if (lost !== undefined) return Promise.reject(lost)
      return new Promise((resolve, reject) => {
        turn = { output, done: resolve, lost: reject }
        // A copy of its own, so that it can move to the thread instead of being cloned.
        const copy = new Uint8Array(bytes)
        worker.postMessage({ kind: 'run', bytes: copy } satisfies ToWorker, [copy.buffer])
      })
    },
    async kill() {
      lose('the embedded database was stopped in the middle of a statement')
      await ended
    },
    async close() {
      order({ kind: 'close' })
      await ended
    },
  })

  const stopWatch = clock.after(OPENING_LIMIT, () => lose('the embedded database did not open'))
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'opened':
          stopWatch()
          resolve(backend(message.serverVersion))
          return
        case 'output':
          turn?.output(Buffer.from(message.bytes.buffer, 0, message.bytes.length))
          return
        case 'done': {
          const { done } = turn ?? {}
          turn = undefined
          done?.()
          return
        }
        case 'trapped':
          lose(`the embedded database trapped: ${message.reason}`)
          return
        case 'closed':
          lose('the embedded database is closed')
      }
    })
    worker.on('error', (error) => {
      reject(error)
      lose(`the embedded database failed: ${error.message}`)
    })
    worker.once('exit', () => {
      stopWatch()
      lose('the thread of the embedded database ended')
      reject(lost)
    })
  })
}
