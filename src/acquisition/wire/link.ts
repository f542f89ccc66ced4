import type { Channel, TransportError } from '#drivers/channel'
import { type Clock, type Duration, milliseconds, type Random, seconds, sleep } from '#src/core'

const REDIAL_FIRST: Duration = seconds(1)
const REDIAL_MAX: Duration = seconds(60)
/** Share of a pause that chance may add, so that a thousand channels do not redial at once. */
const REDIAL_JITTER = 0.5

export interface LinkOptions {
  /** Dials the channel; waits for the device where it is the one that calls. */
  readonly open: (signal: AbortSignal) => Promise<Channel | TransportError>
  readonly clock: Clock
  readonly random: Random
  /** Uses an open channel; resolves when it has ended, with the reason where there is one. */
  readonly use: (channel: Channel) => Promise<TransportError | null>
  readonly offline: (reason: TransportError | null) => void
}

/** Keeps a channel open until the signal aborts, with growing pauses between failed attempts. */
export async function keepOpen(options: LinkOptions, signal: AbortSignal): Promise<void> {
  const { open, clock, random, use, offline } = options
  let pause: Duration = REDIAL_FIRST
  while (!signal.aborted) {
    const opened = await open(signal)
    if (signal.aborted) {
      if ('send' in opened) await opened.close()
      return
    }
    if ('send' in opened) {
      pause = REDIAL_FIRST
      const close = () => void opened.close()
      signal.addEventListener('abort', close, { once: true })
      const reason = await use(opened)
      signal.removeEventListener('abort', close)
      offline(reason)
    } else {
      offline(opened)
      const jittered = pause * (1 + REDIAL_JITTER * random.next())
      await sleep(clock, milliseconds(jittered), signal)
      pause = milliseconds(Math.min(2 * pause, REDIAL_MAX))
    }
  }
}
