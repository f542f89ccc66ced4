import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ComingDay, DayForecast, LoadDay } from './types.ts'

export interface Question {
  readonly days: readonly LoadDay[]
  readonly day: ComingDay
}

type Answers = readonly (DayForecast | null)[]

/** Works out forecasts beside the process that talks to meters. */
export interface Thinker {
  /** One call at a time. */
  forecast(questions: readonly Question[]): Promise<Answers>
  close(): Promise<void>
}

/** A thread of its own, started with the first question and again after it was lost. */
export function createThinker(): Thinker {
  let worker: Worker | undefined
  return {
    async forecast(questions) {
      const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
      const thread = worker ?? new Worker(new URL(file, import.meta.url))
      worker = thread
      const over = new AbortController()
      const ended = once(thread, 'exit', { signal: over.signal }).then(() => {
        throw new Error('the thread that forecasts ended')
      })
      // Only the first of the two counts; the other one's end is of no interest.
      ended.catch(() => {})
      try {
        thread.postMessage(questions)
        const [answers] = await Promise.race([once(thread, 'message'), ended])
        return answers as Answers
      } catch (error) {
        worker = undefined
        throw error
      } finally {
        over.abort()
      }
    },
    async close() {
      await worker?.terminate()
      worker = undefined
    },
  }
}
