import type { CliFailure, ExitCode } from './exit.ts'
import type { CliIo } from './io.ts'

/** Tells a person on stderr; stdout is for what was asked for. */
export function say(io: CliIo, text: string): void {
  io.stderr.write(`${text}\n`)
}

/** Prints one JSON document on its own line of stdout. */
export function printJson(io: CliIo, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Cause, bytes and next step, in that order; gives the exit code. */
export function reportFailure(io: CliIo, failure: CliFailure): ExitCode {
  say(io, `hes: ${failure.message} [${failure.code}]`)
  if (failure.raw !== undefined) say(io, `     received: ${failure.raw}`)
  if (failure.next !== undefined) say(io, `     next: ${failure.next}`)
  return failure.exit
}

/** A line that is written over itself on a terminal and not at all elsewhere. */
export interface Progress {
  show(text: string): void
  clear(): void
}

export function progress(io: CliIo): Progress {
  const { stderr } = io
  if (!stderr.isTerminal) return { show: () => {}, clear: () => {} }
  return {
    show: (text) => stderr.write(`\r\x1b[2K${text.slice(0, stderr.columns - 1)}`),
    clear: () => stderr.write('\r\x1b[2K'),
  }
}
