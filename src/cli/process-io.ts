import { readFileSync } from 'node:fs'
import type { CliIo, TextSink } from './io.ts'

/** Shells and parents may send one Ctrl-C twice; the third is meant. */
const SIGNALS_MAX = 2
const EXIT_BY_SIGINT = 130

/** The terminal, pipes and signals of this process. */
export function processIo(clock: CliIo['clock'], env: CliIo['env']): CliIo {
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
    readBytes: (path) => readFileSync(path),
    clock,
    signal: stopSignal(),
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

/** Aborts at the first Ctrl-C or SIGTERM; whoever insists ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  let signals = 0
  const onSignal = () => {
    signals++
    if (signals > SIGNALS_MAX) process.exit(EXIT_BY_SIGINT)
    stop.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return stop.signal
}
