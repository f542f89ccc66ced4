import { type Clock, seconds } from '#src/core'
import type { Logger } from '#src/observe'
import type { ChannelChange, ChannelWays } from '#src/registry'

const RETRY = seconds(30)
/** Changes that wait for a database that is away; beyond it the oldest stay in the log only. */
const WAITING_MAX = 10_000

/** Keeps which way each channel went and why; what the database does not take is tried again. */
export class ChannelChanges {
  readonly #options: ChannelChangesOptions
  #waiting: ChannelChange[] = []
  #isWriting = false

  constructor(options: ChannelChangesOptions) {
    this.#options = options
  }

  note(change: ChannelChange): void {
    const { channelId: channel, used, reason, message } = change
    this.#options.log.warn({ event: 'channel.way', channel, used, reason }, message)
    this.#waiting = [...this.#waiting, change].slice(-WAITING_MAX)
    if (!this.#isWriting) void this.#write()
  }

  async #write(): Promise<void> {
    const { channelWays, clock, log } = this.#options
    this.#isWriting = true
    const changes = this.#waiting
    try {
      await channelWays.changed(changes)
      this.#waiting = this.#waiting.filter((change) => !changes.includes(change))
    } catch (error) {
      log.error({ event: 'channel.way-unwritten', err: error }, 'will be tried again')
      clock.after(RETRY, () => void this.#write())
      return
    }
    this.#isWriting = false
    if (this.#waiting.length > 0) void this.#write()
  }
}

export interface ChannelChangesOptions {
  readonly channelWays: Pick<ChannelWays, 'changed'>
  readonly clock: Clock
  readonly log: Logger
}
