import { chownSync } from 'node:fs'
import path from 'node:path'
import { Program } from './program.ts'
import { freePort } from './support.ts'

const bin = '/usr/lib/postgresql/15/bin'
/** The server refuses to run as root; Debian's package brings a user for it. */
const asUser =
  process.getuid?.() === 0
    ? ['/usr/bin/setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
    : []

export function startAsUser(name: string, args: readonly string[]): Program {
  const [command = '', ...rest] = [...asUser, path.join(bin, name), ...args]
  return new Program(command, rest, { cwd: '/' })
}

/** A server of Debian's PostgreSQL 15 with a folder of its own, which can go and come back. */
export interface PostgresServer {
  readonly url: string
  start(): Promise<void>
  /** `immediate` is a crash: nothing is written any more, and the next start recovers. */
  stop(mode: 'fast' | 'immediate'): Promise<void>
}

export async function makeServer(
  folder: string,
  settings: readonly string[] = [],
): Promise<PostgresServer> {
  const data = path.join(folder, 'data')
  const port = await freePort()
  if (asUser.length > 0) await giveAway(folder)
  const made = startAsUser('initdb', ['-D', data, '-A', 'trust', '-U', 'hes', '--no-sync'])
  if ((await made.ended) !== 0) throw new Error(made.story())
  let program: Program | null = null
  return {
    url: `postgres://hes@127.0.0.1:${port}/postgres`,
    async start() {
      program = startAsUser('postgres', [
        // A crash of the server loses nothing that it wrote; only one of the machine would.
        ...['-D', data, '-p', String(port), '-k', folder, '-c', 'fsync=off'],
        ...['-c', 'listen_addresses=127.0.0.1', ...settings.flatMap((one) => ['-c', one])],
      ])
      await program.says(/database system is ready to accept connections/)
    },
    async stop(mode) {
      await program?.stop(mode === 'immediate' ? 'SIGQUIT' : 'SIGINT')
    },
  }
}

/** Gives a folder to the server's user. */
async function giveAway(folder: string): Promise<void> {
  const id = new Program('/usr/bin/id', ['-u', 'postgres'])
  await id.ended
  chownSync(folder, Number(id.stdout), -1)
}
