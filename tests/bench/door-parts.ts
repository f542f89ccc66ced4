import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, and what it says. */
export class Part {
  readonly #child: ChildProcess

  constructor(program: string, args: readonly (string | number)[]) {
    const path = fileURLToPath(new URL(program, import.meta.url))
    this.#child = fork(path, args.map(String), { execArgv: ['--expose-gc'] })
  }

  /** What it says next. */
  said(): Promise<Readonly<Record<string, number>>> {
    return new Promise((resolve) => this.#child.once('message', (said) => resolve(Object(said))))
  }

  ask(question: string): Promise<Readonly<Record<string, number>>> {
    const answer = this.said()
    this.#child.send(question)
    return answer
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export const numberIn = (said: Readonly<Record<string, number>>, name: string): number =>
  said[name] ?? Number.NaN
