import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '#tests/support'
import { Program, type ProgramOptions } from './program.ts'

/** Conditions on a fresh machine with two cores may take a while; nothing is timed by this. */
export const patience = { timeout: 60_000, interval: 20 }

/** Each Debian package, and the file by which it is known to be there. */
const proofs = {
  chromium: '/usr/bin/chromium',
  mosquitto: '/usr/sbin/mosquitto',
  'mosquitto-clients': '/usr/bin/mosquitto_pub',
  mbpoll: '/usr/bin/mbpoll',
  socat: '/usr/bin/socat',
  'postgresql-15': '/usr/lib/postgresql/15/bin/initdb',
  'python3-pymodbus': '/usr/lib/python3/dist-packages/pymodbus/__init__.py',
  'python3-serial': '/usr/lib/python3/dist-packages/serial/__init__.py',
  'python3-serial-asyncio': '/usr/lib/python3/dist-packages/serial_asyncio/__init__.py',
} as const

export type DebianPackage = keyof typeof proofs

/** Debian's own Python: it is the one that sees Debian's packages. */
export const python = '/usr/bin/python3'

/** Tests that need Debian's packages: skipped with a word without them, but failed where CI=true. */
export function describeWith(
  packages: readonly DebianPackage[],
  name: string,
  body: () => void,
): void {
  const missing = packages.filter((wanted) => !existsSync(proofs[wanted]))
  if (missing.length === 0) {
    describe(name, body)
    return
  }
  const advice = `apt-get install ${missing.join(' ')}`
  if (process.env.CI === 'true') {
    describe(name, () => {
      it('finds the packages it needs', () => {
        throw new Error(advice)
      })
    })
    return
  }
  console.warn(`skipped: ${name} (${advice})`)
  describe.skip(`${name} (${advice})`, body)
}

/** Starts a program that the running test ends, and shows what it said if the test fails. */
export function start(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  const program = new Program(command, args, options)
  onTestFinished(async ({ task }) => {
    await program.stop('SIGKILL')
    if (task.result?.state === 'fail') console.error(program.story())
  })
  return program
}

/** Our own Python beside these tests. */
export function startScript(script: string, args: readonly string[]): Program {
  return start(python, ['-u', path.join(import.meta.dirname, script), ...args])
}

const root = path.resolve(import.meta.dirname, '../..')

/** The command line as people start it, without settings of the person who runs the tests. */
export function hesCommand(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): readonly [string, readonly string[], ProgramOptions] {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HES_'))
  const env = { ...Object.fromEntries(inherited), HES_LOG_LEVEL: 'info', ...settings }
  return [process.execPath, [path.join(root, 'src/hes.js'), ...args], { env }]
}

/** Starts `hes` and leaves it running. */
export function startHes(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Program {
  return start(...hesCommand(args, settings))
}

/** Runs `hes` to its end. */
export async function hes(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return ended(startHes(args, settings))
}

export interface Ended {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** Waits until a program ends by itself. */
export async function ended(program: Program): Promise<Ended> {
  const exit = await program.ended
  return { exit, stdout: program.stdout, stderr: program.stderr }
}

/** JSON documents, one a line. */
export function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line))
}

/** What `hes read --json` printed: value by register. */
export function valuesOf({ stdout }: Ended): Readonly<Record<string, unknown>> {
  return Object.fromEntries(jsonLines(stdout).map(({ register, value }) => [register, value]))
}

/** A folder of the running test. */
export function testFolder(): string {
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  return folder.path
}

/** Outside the range from which the kernel takes the ports of outgoing connections. */
const PORTS = { first: 20_000, last: 32_000 } as const
const PORT_TRIES_MAX = 50

/** A port for a program that cannot tell which one it was given. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES_MAX; tries++) {
    const port = PORTS.first + Math.floor(Math.random() * (PORTS.last - PORTS.first))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${PORTS.first} to ${PORTS.last}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    )
  })
}
