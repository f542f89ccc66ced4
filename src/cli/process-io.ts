import { readFileSync } from 'node:fs'
import type { Clock } from '#src/core'
import type { CliIo, TextSink } from './io.ts'

/** A second Ctrl-C sooner than this is the same one: shells and parents send it twice. */
const SECOND_SIGNAL_MS = 1_000
const EXIT_BY_SIGINT = 130

/** The terminal, pipes and signals of this process. */
export function processIo(clock: Clock, env: CliIo['env']): CliIo {
  return {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      chunks: () => process.stdin,
      ask,
    },
    env,
    readFile: (path) => readFileSync(path, 'utf8'),
    clock,
    signal: stopSignal(clock),
  }
}

function sink(stream: NodeJS.WriteStream): TextSink {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has gone (`hes … | head`): there is nobody left to write for.
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  return {
    write: (text) => {
      stream.write(text)
    },
    get isTerminal() {
      return stream.isTTY === true
    },
    get columns() {
      return stream.columns ?? 80
    },
  }
}

async function ask(question: string): Promise<string | null> {
  if (process.stdin.isTTY !== true) return null
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}

/** Aborts at the first Ctrl-C or SIGTERM; a later one ends the process at once. */
function stopSignal(clock: Clock): AbortSignal {
  const stop = new AbortController()
  let firstAt: number | null = null
  const onSignal = () => {
    if (firstAt !== null && clock.now() - firstAt > SECOND_SIGNAL_MS) process.exit(EXIT_BY_SIGINT)
    firstAt ??= clock.now()
    stop.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return stop.signal
}
