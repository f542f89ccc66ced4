import { type CivilTime, type Clock, minutes, sleep } from '#src/core'
import { type Database, patiently } from '#src/db'
import type { Logger } from '#src/observe'
import { createStatisticsFollower } from '#src/statistics'

const LOOK_EVERY = minutes(1)

/**
 * Keeps statistics true to what changed until it is stopped. What fails is tried again with the
 * next turn: the changes are still on their list.
 */
export function keepStatistics(
  db: Database,
  { clock, civil, log }: { clock: Clock; civil: CivilTime; log: Logger },
): () => Promise<void> {
  const stop = new AbortController()
  const follower = createStatisticsFollower(patiently(db), civil)
  const keep = async () => {
    while (await sleep(clock, LOOK_EVERY, stop.signal)) {
      try {
        await follower.follow(stop.signal)
      } catch (error) {
        log.error({ event: 'statistics.failed', err: error }, 'will be tried again')
      }
    }
  }
  const keeping = keep()
  return async () => {
    stop.abort()
    await keeping
  }
}
