import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a program of this folder with what it is to do. */
export function start(program: string, spec: unknown): ChildProcess {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const execArgv = process.argv.includes('--profile') ? ['--cpu-prof'] : []
  return fork(path, [JSON.stringify(spec)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv,
  })
}

/** The next thing that a program says; it fails if the program ends before it. */
export function said<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a program ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as Message)
    })
  })
}

export function asked<Message>(child: ChildProcess, what: string): Promise<Message> {
  const answer = said<Message>(child)
  child.send(what)
  return answer
}

export function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.send('stop')
  })
}
