import type { Line } from './line.ts'

/** Work on a whole line that is neither a visit nor a round: a search for meters. */
export interface Loan {
  /**
   * Ends at the latest when the signal aborts, which it does when the head-end stops. Between two
   * frames it may let those through that wait: `giveWay` is null where nobody does.
   */
  use(line: Line, signal: AbortSignal, giveWay: () => Promise<void> | null): Promise<void>
  /** There is no connection to work on, or the head-end stops. */
  refuse(): void
}

/** Where one piece of work waits for its turn on a channel. */
export class LoanDesk {
  #waiting: Loan | null = null

  /** False when somebody waits already. */
  ask(loan: Loan): boolean {
    if (this.#waiting) return false
    this.#waiting = loan
    return true
  }

  get waits(): boolean {
    return this.#waiting !== null
  }

  next(): Loan | null {
    const loan = this.#waiting
    this.#waiting = null
    return loan
  }

  refuse(): void {
    this.next()?.refuse()
  }
}
