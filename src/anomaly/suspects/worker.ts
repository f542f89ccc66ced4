import { parentPort } from 'node:worker_threads'
import { findSuspects } from './detector.ts'
import type { Question } from './thinker.ts'

/** The thread that looks for theft: an area in, its suspects out. */
const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')

port.on('message', ({ area, others }: Question) => {
  port.postMessage(findSuspects(area, others))
})
