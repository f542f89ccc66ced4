import { type ChildProcessByStdio, spawn } from 'node:child_process'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { seconds, systemClock } from '#src/core'
import { temporaryFolder } from '#tests/support'
import { lineOf, reportOf } from './messages.ts'
import type { Mutation } from './mutations.ts'

/** Moments of the product at which it may be killed, and any other. */
export const killPoints = [
  'before-sync',
  'after-sync',
  'new-segment',
  'after-acknowledged',
  'before-commit',
  'after-commit',
  'before-remove',
  'random',
] as const
export type KillPoint = (typeof killPoints)[number]

/** What devices remember. */
export interface Field {
  readonly acknowledged: Set<number>
  /** Of the next report; never of one before, whatever became of it. */
  nextNumber(): number
}

const IN_THE_AIR_MAX = 60
/** A point that does not come is not waited for longer, however busy the machine is. */
const LIFE_MAX = seconds(20)
/** A program of one file is loaded in a second, and the last one has little left to do. */
const LOADED_MAX = seconds(60)
const FINISHED_MAX = seconds(60)

type Child = ChildProcessByStdio<Writable, Readable, null>

interface Process {
  readonly child: Child
  readonly said: AsyncIterator<string>
  readonly ended: Promise<NodeJS.Signals | null>
}

export interface LaneOptions {
  readonly field: Field
  readonly databaseUrl: string
  /** The program that ingests, as one file. */
  readonly program: string
  readonly mutation: Mutation
  /** Of its outbox: a small one is full now and then, and its files come and go. */
  readonly outboxBytesMax: number
}

/** One process after the other over one outbox folder, each fed until it is killed. */
export class Lane {
  readonly #options: LaneOptions
  readonly #folder = temporaryFolder()
  readonly #door: net.Server
  #isFeeding = true
  #heard = 0
  #listeners: { readonly count: number; readonly resolve: () => void }[] = []
  #enough: { readonly count: number; readonly kill: () => void } | null = null
  #spare: Process | null = null

  constructor(options: LaneOptions) {
    this.#options = options
    this.#door = net.createServer((socket) => this.#feed(socket))
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#door.listen(0, '127.0.0.1', resolve))
    this.#spare = this.#start()
  }

  /**
   * Lets one process live until it has come to the point so often, or from outside in the middle of
   * anything: after so many acknowledgements. Says where it was killed.
   */
  async live(point: KillPoint, countdown: number, lifeMax = LIFE_MAX): Promise<KillPoint> {
    const { child, ended } = await this.#begin(`${point} ${countdown}`)
    let [isCut, isLong] = [false, false]
    const kill = () => {
      isCut = true
      child.kill('SIGKILL')
    }
    this.#heard = 0
    this.#enough = point === 'random' ? { count: countdown, kill } : null
    const cancel = systemClock.after(lifeMax, () => {
      isLong = true
      kill()
    })
    const signal = await ended
    cancel()
    if (signal !== 'SIGKILL') throw new Error(`a process ended by ${signal} before it was killed`)
    if (isLong && this.#heard === 0) {
      throw new Error(`nothing was acknowledged in a life of ${lifeMax} ms`)
    }
    return isCut ? 'random' : point
  }

  /** Resolves when the process that lives now has acknowledged so much. */
  heard(count: number): Promise<void> {
    return new Promise((resolve) => this.#listeners.push({ count, resolve }))
  }

  /** Ends a life that is to be ended at random. */
  kill(): void {
    this.#enough?.kill()
  }

  /** Lets the last process bring everything to the database; says what keeps it from that. */
  async finish(): Promise<string | null> {
    this.#isFeeding = false
    const { child, said, ended } = await this.#begin('never 0')
    const cancel = systemClock.after(FINISHED_MAX, () => child.kill('SIGKILL'))
    child.stdin.write('finish\n')
    let last = 'nothing was heard of it'
    for await (const line of { [Symbol.asyncIterator]: () => said }) last = line
    cancel()
    await ended
    return last === 'finished' ? null : `an outbox was not emptied at the end: ${last}`
  }

  async close(): Promise<void> {
    this.#spare?.child.kill('SIGKILL')
    await this.#spare?.ended
    this.#door.close()
    this.#folder.remove()
  }

  /** The next process is loaded while this one lives. */
  async #begin(order: string): Promise<Process> {
    const begun = this.#spare ?? this.#start()
    const cancel = systemClock.after(LOADED_MAX, () => begun.child.kill('SIGKILL'))
    const { value } = await begun.said.next()
    cancel()
    if (value !== 'loaded') throw new Error(`a process did not load, but said ${value}`)
    this.#spare = this.#isFeeding ? this.#start() : null
    begun.child.stdin.write(`${order}\n`)
    return begun
  }

  #start(): Process {
    const { port } = this.#door.address() as AddressInfo
    const { program, databaseUrl, mutation, outboxBytesMax } = this.#options
    const args = [
      program,
      this.#folder.path,
      databaseUrl,
      String(port),
      mutation,
      String(outboxBytesMax),
    ]
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A process that loads what others have compiled starts in a third of the time.
      env: { NODE_COMPILE_CACHE: path.join(path.dirname(program), 'compiled') },
    })
    // Killed while it is told something.
    child.stdin.on('error', () => {})
    const ended = new Promise<NodeJS.Signals | null>((resolve) => {
      child.on('close', (_, signal) => resolve(signal))
    })
    const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return { child, said, ended }
  }

  #feed(socket: net.Socket): void {
    let inTheAir = 0
    const fill = () => {
      while (this.#isFeeding && inTheAir < IN_THE_AIR_MAX && !socket.destroyed) {
        inTheAir++
        socket.write(lineOf(reportOf(this.#options.field.nextNumber())))
      }
    }
    socket.on('error', () => socket.destroy())
    const lines = createInterface({ input: socket }).on('error', () => socket.destroy())
    lines.on('line', (line) => {
      this.#options.field.acknowledged.add(Number(line))
      inTheAir--
      this.#heard++
      for (const { resolve } of this.#listeners.filter(({ count }) => this.#heard >= count))
        resolve()
      this.#listeners = this.#listeners.filter(({ count }) => this.#heard < count)
      if (this.#enough && this.#heard >= this.#enough.count) this.#enough.kill()
      fill()
    })
    fill()
  }
}
