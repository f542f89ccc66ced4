import { existsSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { vi } from 'vitest'
import type { Program } from './program.ts'
import { freePort, patience, start, testFolder } from './support.ts'

/** Mosquitto with persistence, started again and again on the same port and files. */
export class Broker {
  readonly port: number
  readonly url: string
  readonly #configuration: string
  readonly #database: string
  #program: Program

  private constructor(port: number, configuration: string, database: string) {
    this.port = port
    this.url = `mqtt://127.0.0.1:${port}`
    this.#configuration = configuration
    this.#database = database
    this.#program = this.#launch()
  }

  static async started(settings: readonly string[] = ['allow_anonymous true']): Promise<Broker> {
    const folder = testFolder()
    const port = await freePort()
    const configuration = path.join(folder, 'mosquitto.conf')
    const lines = [
      `listener ${port} 127.0.0.1`,
      'persistence true',
      `persistence_location ${folder}/`,
      // Otherwise, started by root, it becomes a user who may not write here.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      ...settings,
    ]
    writeFileSync(configuration, `${lines.join('\n')}\n`)
    const broker = new Broker(port, configuration, path.join(folder, 'mosquitto.db'))
    await broker.#running()
    return broker
  }

  /** An orderly end: on SIGTERM it writes its database. */
  async stop(): Promise<void> {
    await this.#program.stop('SIGTERM')
  }

  /** A power failure; what is not in the database is gone. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL')
  }

  async restart(): Promise<void> {
    this.#program = this.#launch()
    await this.#running()
  }

  /** Has the database written: a new file takes the place of the old one. */
  async save(): Promise<void> {
    const before = inode(this.#database)
    this.#program.signal('SIGUSR1')
    await vi.waitUntil(() => inode(this.#database) !== before, patience)
  }

  #launch(): Program {
    return start('/usr/sbin/mosquitto', ['-v', '-c', this.#configuration])
  }

  async #running(): Promise<void> {
    await this.#program.says(/mosquitto version \S+ running/)
  }
}

function inode(file: string): number | null {
  return existsSync(file) ? statSync(file).ino : null
}

/** One mosquitto_pub that sends a message for each line, at QoS 1, and connects again by itself. */
export class Publisher {
  readonly lines: string[] = []
  readonly #program: Program

  constructor({ port }: Broker, topic: string) {
    const publish = ['-d', '-h', '127.0.0.1', '-p', String(port), '-q', '1', '-t', topic, '-l']
    // Its output is to be seen when it is written, not when four kilobytes have come together.
    this.#program = start('/usr/bin/stdbuf', ['-oL', '/usr/bin/mosquitto_pub', ...publish])
  }

  send(lines: readonly string[]): void {
    this.lines.push(...lines)
    this.#program.write(`${lines.join('\n')}\n`)
  }

  /** The lines whose PUBACK has come. Its packet ids count from 1. */
  acknowledged(): readonly string[] {
    const ids = [...this.#program.stdout.matchAll(/received PUBACK \(Mid: (\d+), RC:0\)/g)]
    return [...new Set(ids.map(([, id]) => Number(id)))].map((id) => this.lines[id - 1] ?? '')
  }

  /** Waits until so many of its lines, or all of them, are acknowledged. */
  async isAcknowledged(count = this.lines.length): Promise<void> {
    const enough = () => this.acknowledged().length >= count
    await this.#program.meets(`${count} acknowledgements`, enough)
  }
}
