import { parentPort } from 'node:worker_threads'

/** Doubles what it is asked; asked for nothing it dies, and of what is negative it complains. */
parentPort?.on('message', (question: number) => {
  if (question === 0) process.exit(3)
  if (question < 0) throw new Error('negative')
  parentPort?.postMessage(2 * question)
})
