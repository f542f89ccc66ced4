import { type Clock, type Duration, seconds, sleep } from '#src/core'
import type { PointInbox } from './inbox.ts'
import type { createJudge } from './judge.ts'

/** How often one looks for delays that ended, and for points that others set. */
const LOOK_EVERY = seconds(1)
/** Where nothing is monitored. */
const LOOK_SELDOM = seconds(10)

export interface KeeperOptions {
  readonly judge: ReturnType<typeof createJudge>
  readonly inbox: Pick<PointInbox, 'refresh' | 'size'>
  readonly clock: Clock
  readonly failed: (error: unknown) => void
}

/** Judges what came, soon after it came, until it is stopped. */
export class PointKeeper {
  readonly #options: KeeperOptions
  readonly #stop = new AbortController()
  #wake = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Something may be there to do. */
  readonly stir = (): void => this.#wake.abort()

  async stop(): Promise<void> {
    this.#stop.abort()
    this.stir()
    await this.#running
  }

  /** Everything that is there now; for whoever cannot wait. */
  async once(): Promise<void> {
    const { judge, inbox } = this.#options
    await inbox.refresh()
    while (!this.#stop.signal.aborted && (await judge.judge()) > 0);
    while (!this.#stop.signal.aborted && (await judge.settleDue()) > 0);
  }

  async #run(): Promise<void> {
    const { inbox, clock, failed } = this.#options
    let isAway = false
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController()
      try {
        await this.once()
        isAway = false
      } catch (error) {
        // What came stays in the inbox; said once, not at every look.
        if (!isAway) failed(error)
        isAway = true
      }
      const rest: Duration = inbox.size === 0 ? LOOK_SELDOM : LOOK_EVERY
      if (!this.#stop.signal.aborted) await sleep(clock, rest, this.#wake.signal)
    }
  }
}
