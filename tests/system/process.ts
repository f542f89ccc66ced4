import { spawn } from 'node:child_process'
import { hesCall } from '#tests/support'

export interface Ended {
  readonly exit: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** `hes` in a process of its own. */
export interface Running {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** What the pattern finds on stderr, as soon as it is there. */
  told(pattern: RegExp): Promise<RegExpExecArray>
  /** The same on stdout. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
}

/** Starts `hes` as a user does, with only the settings given here. */
export function startHes(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const call = hesCall(argv, env)
  const child = spawn(call.command, call.args, {
    env: call.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  const looks = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece
      for (const look of looks) look()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exit, signal) => resolve({ exit, signal, ...text }))
  })
  const seenOn = (name: keyof typeof text, pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(text[name])
        if (!found) return
        looks.delete(look)
        resolve(found)
      }
      looks.add(look)
      child.on('close', () => reject(new Error(`ended without ${pattern}:\n${text.stderr}`)))
      look()
    })
  return {
    pid: child.pid ?? 0,
    ended,
    told: (pattern) => seenOn('stderr', pattern),
    printed: (pattern) => seenOn('stdout', pattern),
    kill: (signal) => child.kill(signal),
  }
}
