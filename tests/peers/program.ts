import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** What a shell reports for a program that signal 15 or 9 ended. */
const EXIT_BY_SIGNAL = { SIGTERM: 143, SIGKILL: 137 } as const

/** The end of a story is where things went wrong. */
const STORY_CHARACTERS_MAX = 8_000

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const running = new Set<Child>()
// Should the test runner itself be stopped, nothing is left behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A program of the operating system, with everything it has said. */
export class Program {
  stdout = ''
  stderr = ''
  /** Exit code, as a shell gives it. */
  readonly ended: Promise<number>
  readonly #child: Child
  readonly #line: string
  #exit: number | null = null
  #watchers: (() => void)[] = []

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.#line = [command, ...args].join(' ')
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    running.add(child)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.#changed()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
      this.#changed()
    })
    // A program that has ended takes no more input; its exit code tells.
    child.stdin.on('error', () => {})
    this.ended = new Promise((resolve) => {
      const finish = (exit: number) => {
        running.delete(child)
        this.#exit = exit
        this.#changed()
        resolve(exit)
      }
      child.on('error', (error) => {
        this.stderr += `${error.message}\n`
        finish(127)
      })
      child.on('close', (code, signal) => {
        finish(code ?? (signal === 'SIGKILL' ? EXIT_BY_SIGNAL.SIGKILL : EXIT_BY_SIGNAL.SIGTERM))
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Everything it said on either stream. */
  get said(): string {
    return `${this.stdout}${this.stderr}`
  }

  /** Waits until it has said something like this; fails when it ends before. */
  says(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.meets(`saying ${pattern}`, () => this.said.match(pattern))
  }

  /** Waits until what it said fulfils a condition, and gives what the condition found. */
  meets<T>(what: string, condition: () => T | null | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = condition()
        if (found) resolve(found)
        else if (this.#exit === null) return
        else reject(new Error(`it ended with ${this.#exit} before ${what}\n${this.story()}`))
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look)
      }
      this.#watchers.push(look)
      look()
    })
  }

  write(input: string | Uint8Array): void {
    this.#child.stdin.write(input)
  }

  endInput(): void {
    this.#child.stdin.end()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Sends the signal, unless it has ended, and waits for the end. */
  stop(name: NodeJS.Signals): Promise<number> {
    if (this.#exit === null) this.#child.kill(name)
    return this.ended
  }

  /** For people who look for what went wrong. */
  story(): string {
    const end = this.#exit === null ? 'running' : `exit ${this.#exit}`
    return `$ ${this.#line}   (${end})\n${this.said.slice(-STORY_CHARACTERS_MAX)}`
  }

  #changed(): void {
    for (const look of [...this.#watchers]) look()
  }
}
