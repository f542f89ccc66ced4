/** What `hes` ends with; the contract's numbers, everywhere. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  safeguard: 4,
  noAnswer: 5,
  notAllowed: 6,
  refused: 7,
  damaged: 8,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Why a command did not do what was asked, and what the person can do next. */
export interface CliFailure {
  readonly exit: ExitCode
  /** Stable, e.g. `exchange.timeout`. */
  readonly code: string
  readonly message: string
  /** The next step to try, as a sentence. */
  readonly next?: string
  /** Received bytes as hex, where the failure is about them. */
  readonly raw?: string
}
