import type { Clock } from '#src/core'

/** One of the two places text goes to. */
export interface TextSink {
  write(text: string): void
  readonly isTerminal: boolean
  /** Of the terminal; 80 where there is none. */
  readonly columns: number
}

/** Everything of the outside world a command touches; tests pass their own. */
export interface CliIo {
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly stdin: {
    readonly isTerminal: boolean
    chunks(): AsyncIterable<Uint8Array>
    /** One typed line, or null when there is nobody to type one. */
    ask(question: string): Promise<string | null>
  }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string
  /** A whole file as it is; rejects with the system's error. */
  readonly readBytes: (path: string) => Uint8Array
  /** Loaded when it is needed: commands that know no time start faster. */
  readonly clock: () => Promise<Clock>
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}
