import { frameEncoder, frameTools } from '#src/acquisition/frames'
import { chooseRegisterMap, lintRegisterMap } from '#src/acquisition/register-maps'
import { type CliActions, type CliIo, type ExitCode, runCli } from '#src/cli'
import { fail } from '#src/core'
import { ManualClock } from '#tests/support'

const columns = 80

export interface Outcome {
  readonly exit: ExitCode
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly stdin?: readonly (string | Uint8Array)[]
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly actions?: Partial<CliActions>
  /** What is typed when the command asks. */
  readonly typed?: string
  readonly signal?: AbortSignal
  readonly clock?: ManualClock
}

const never = async () =>
  fail({ exit: 1 as const, code: 'test.not-given', message: 'no such action in this test' })

/** Real protocols, and nothing that reaches outside the test. */
const actions: CliActions = {
  frameTools,
  frameEncoder,
  registerMap: (given) => chooseRegisterMap(given, '/there-is-no-such-folder'),
  lintRegisterMap,
  openBench: async () =>
    fail({ code: 'transport.refused', message: 'nobody listens', raw: new Uint8Array(0) }),
  openRelayBench: async () =>
    fail({ code: 'transport.refused', message: 'nobody listens', raw: new Uint8Array(0) }),
  openTap: async () =>
    fail({ code: 'transport.refused', message: 'nobody listens', raw: new Uint8Array(0) }),
  serve: never,
  demo: never,
  simulate: never,
  migrate: never,
  migrationStatus: never,
  importArchive: never,
  resetPassword: never,
  exportAll: never,
  importAll: never,
  inspect: async () => {
    throw new Error('no inspection in this test')
  },
}

/** Runs `hes` with these words in a world of the test's own. */
export async function hes(
  argv: readonly string[],
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const stdout: string[] = []
  const stderr: string[] = []
  const clock = surroundings.clock ?? new ManualClock()
  const io: CliIo = {
    stdout: { write: (text) => void stdout.push(text), isTerminal: false, columns },
    stderr: { write: (text) => void stderr.push(text), isTerminal: false, columns },
    stdin: {
      isTerminal: surroundings.stdin === undefined,
      async *chunks() {
        for (const chunk of surroundings.stdin ?? []) {
          yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
        }
      },
      ask: async () => surroundings.typed ?? null,
    },
    env: surroundings.env ?? {},
    readFile: (path) => {
      const text = surroundings.files?.[path]
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      return text
    },
    readBytes: (path) => {
      const text = surroundings.files?.[path]
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      return new TextEncoder().encode(text)
    },
    clock: async () => clock,
    signal: surroundings.signal ?? new AbortController().signal,
  }
  const exit = await runCli(argv, io, { ...actions, ...surroundings.actions })
  return { exit, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** The JSON documents of an output, one a line. */
export const documents = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
