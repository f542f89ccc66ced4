import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { Instant, Result } from '#src/core'
import type { DirectoryFacts, Inspection } from './actions.ts'
import type { CliFailure } from './exit.ts'

const REACH_TIMEOUT_MS = 3_000

/** What main.ts knows better than this module. */
export interface InspectionParts {
  readonly now: Instant
  database(): Promise<Result<string, CliFailure>>
  /** Who holds the lock of a data directory, as words; null for nobody. */
  lockHolder(directory: string): Promise<string | null>
  serialPorts(): Promise<readonly string[]>
  registerMaps: Inspection['registerMaps']
}

/** Looks at this machine. */
export function nodeInspection(parts: InspectionParts): Inspection {
  return {
    nodeVersion: process.versions.node,
    now: parts.now,
    directory: async (path) => ({
      ...(await directoryFacts(resolve(path))),
      lockedBy: await parts.lockHolder(path),
    }),
    portProblem,
    reachProblem,
    database: parts.database,
    serialPorts: parts.serialPorts,
    registerMaps: parts.registerMaps,
  }
}

async function directoryFacts(path: string): Promise<Omit<DirectoryFacts, 'lockedBy'>> {
  const exists = await isDirectory(path)
  let nearest = path
  while (!(await isDirectory(nearest)) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  const writable = await access(nearest, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  const space = await statfs(nearest).catch(() => null)
  return { exists, writable, freeBytes: space === null ? null : space.bavail * space.bsize }
}

async function isDirectory(path: string): Promise<boolean> {
  // Not being there, or not being visible to us, is the answer "no".
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((answer) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => answer(reasonOf(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => answer(null)))
  })
}

function reachProblem(host: string, port: number): Promise<string | null> {
  return new Promise((answer) => {
    const socket = connect({ host, port, timeout: REACH_TIMEOUT_MS })
    const end = (problem: string | null) => {
      socket.destroy()
      answer(problem)
    }
    socket.once('connect', () => end(null))
    socket.once('timeout', () => end(`no answer within ${REACH_TIMEOUT_MS / 1_000} s`))
    socket.once('error', (error: NodeJS.ErrnoException) => end(reasonOf(error)))
  })
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'taken by another program',
  EACCES: 'not allowed to this user',
  EADDRNOTAVAIL: 'this machine has no such address',
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no such host',
  EHOSTUNREACH: 'no route to it',
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return reasons[error.code ?? ''] ?? error.message
}
