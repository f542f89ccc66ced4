import { spawn } from 'node:child_process'
import { hesCall } from '#tests/support'

export interface Ended {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly ended: Promise<Ended>
  /** Resolves once this much text has appeared on stdout. */
  printed(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** Stops reading its output, as `| head` does. */
  hangUp(): void
}

/** Starts `hes` as a user does: a process of its own, with only the settings given here. */
export function startHes(
  argv: readonly string[],
  input: string | Uint8Array = '',
  env: Readonly<Record<string, string>> = {},
): Running {
  const call = hesCall(argv, env)
  const child = spawn(call.command, call.args, {
    env: call.env,
  })
  const text = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece
      for (const look of waiting) look()
    })
  }
  // It may end before it has read everything; what it makes of that is what is tested.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve({ exit, ...text }))
    }),
    printed: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!text.stdout.includes(wanted)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        child.on('close', () => reject(new Error(`ended without "${wanted}": ${text.stderr}`)))
        look()
      }),
    kill: (signal) => child.kill(signal),
    hangUp: () => child.stdout.destroy(),
  }
}

/** Runs `hes` to its end. */
export const runHes = (...call: Parameters<typeof startHes>): Promise<Ended> =>
  startHes(...call).ended
