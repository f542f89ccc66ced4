import { parentPort } from 'node:worker_threads'
import { forecastDay } from './choose.ts'
import type { Question } from './thinker.ts'

/** The thread that forecasts: questions in, answers in their order. */
const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread only')

port.on('message', (questions: readonly Question[]) => {
  port.postMessage(questions.map(({ days, day }) => forecastDay(days, day) ?? null))
})
