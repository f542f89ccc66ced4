import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** A thread that answers one question at a time. */
export interface Thread<Question, Answer> {
  ask(question: Question): Promise<Answer>
  close(): Promise<void>
}

/**
 * The thread of `worker` beside the module at `url`, for work that would keep this one from talking
 * to meters. It starts with the first question, and again after it was lost.
 */
export function createThread<Question, Answer>(
  url: string,
  what: string,
): Thread<Question, Answer> {
  const file = new URL(url.endsWith('.ts') ? './worker.ts' : './worker.js', url)
  let worker: Worker | undefined
  return {
    async ask(question) {
      const thread = worker ?? new Worker(file)
      worker = thread
      const over = new AbortController()
      const ended = once(thread, 'exit', { signal: over.signal }).then(() => {
        throw new Error(`the thread that ${what} ended`)
      })
      // Only the first of the two counts; the other one's end is of no interest.
      ended.catch(() => {})
      try {
        thread.postMessage(question)
        const [answer] = await Promise.race([once(thread, 'message'), ended])
        return answer as Answer
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
