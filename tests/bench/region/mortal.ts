import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A server of our own that may die and come back. */
export interface Mortal {
  readonly name: string
  readonly url: string
  start(): Promise<void>
  /** As at a crash: nothing is written any more. */
  kill(): Promise<void>
  remove(): Promise<void>
}

/** Resolves when a program has said so; what it says afterwards is let go. */
export function says(program: ChildProcess, words: string): Promise<void> {
  let heard = ''
  return new Promise((resolve, reject) => {
    program.stderr?.setEncoding('utf8').on('data', (text: string) => {
      heard = (heard + text).slice(-4_000)
      if (heard.includes(words)) resolve()
    })
    program.once('exit', (code) => reject(new Error(`it ended with ${code}: ${heard}`)))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
