import { type Clock, seconds, sleep } from '#src/core'
import type { Logger } from '#src/observe'

/** Longer than any part needs, the database's drain included; service managers kill at 90 s. */
const PATIENCE = seconds(20)

/** Something that runs, by the name that an operator knows it by. */
export interface Stopping {
  readonly part: string
  stop(): Promise<unknown>
}

/**
 * Stops parts one after the other. One that fails or does not end is named and left behind, so
 * that the others still end as they should.
 */
export async function stopInOrder(
  parts: readonly Stopping[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<void> {
  for (const { part, stop } of parts) {
    const ended = new AbortController()
    const stopping = stop()
      .catch((error: unknown) => log.error({ event: 'stop.failed', part, err: error }))
      .finally(() => ended.abort())
    const isStuck = sleep(clock, PATIENCE, ended.signal)
    if (await Promise.race([stopping.then(() => false), isStuck])) {
      log.error({ event: 'stop.stuck', part }, 'it does not end, and is left behind')
    }
  }
}
