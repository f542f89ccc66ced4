import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort, type Mortal, says } from './mortal.ts'

const bin = '/usr/lib/postgresql/15/bin'
/** The server refuses to run as root; Debian's package brings a user for it. */
const asUser =
  process.getuid?.() === 0
    ? ['/usr/bin/setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
    : []

/** A server of Debian's PostgreSQL 15 with TimescaleDB, which recovers when it starts again. */
export async function makeCluster(): Promise<Mortal> {
  if (!existsSync(path.join(bin, 'initdb'))) throw new Error('apt-get install postgresql-15')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hes-region-pg-'))
  const data = path.join(folder, 'data')
  const port = await freePort()
  if (asUser.length > 0) {
    chownSync(
      folder,
      Number(execFileSync('/usr/bin/id', ['-u', 'postgres'], { encoding: 'utf8' })),
      -1,
    )
  }
  await ended(startAsUser('initdb', ['-D', data, '-A', 'trust', '-U', 'hes', '--no-sync']))
  const settings = [
    'listen_addresses=127.0.0.1',
    'shared_preload_libraries=timescaledb',
    'timescaledb.telemetry_level=off',
    'shared_buffers=512MB',
    'max_connections=100',
    'max_locks_per_transaction=256',
  ]
  let server: ChildProcess | null = null
  const stop = async (signal: 'SIGQUIT' | 'SIGINT') => {
    const stopping = server
    server = null
    if (!stopping || stopping.exitCode !== null) return
    stopping.kill(signal)
    await once(stopping, 'exit')
  }
  return {
    name: 'the database',
    url: `postgres://hes@127.0.0.1:${port}/postgres`,
    async start() {
      const started = startAsUser('postgres', [
        ...['-D', data, '-p', String(port), '-k', folder],
        ...settings.flatMap((each) => ['-c', each]),
      ])
      server = started
      await says(started, 'ready to accept connections')
    },
    kill: () => stop('SIGQUIT'),
    async remove() {
      await stop('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startAsUser(name: string, args: readonly string[]): ChildProcess {
  const [command = '', ...rest] = [...asUser, path.join(bin, name), ...args]
  return spawn(command, rest, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
}

async function ended(program: ChildProcess): Promise<void> {
  program.stderr?.resume()
  const [code] = await once(program, 'exit')
  if (code !== 0) throw new Error(`${program.spawnfile} ended with ${code}`)
}
