import type { Acquisition } from '#src/acquisition'
import type { FoundDevice } from '#src/acquisition/field'
import type { Clocks } from '#src/clocks'
import { type CivilTime, type Clock, minutes, sleep } from '#src/core'
import type { Diagnosis, ProbePort } from '#src/diagnosis'
import type { Logger } from '#src/observe'

const FLUSH_EVERY = minutes(1)
/** Runs come every so many flushes. */
const FLUSHES_A_RUN = 15
/** Meters and lines at which one run looks closer, each. */
const LOOKS_MAX = 200

/** How the diagnosis looks closer: through the engine, between its own reads. */
export function probesOver(
  acquisition: Pick<Acquisition, 'speaks' | 'search'>,
  clocks: Pick<Clocks, 'measureNow'>,
): ProbePort {
  return {
    async measureClocks(meters, concentrators) {
      await clocks.measureNow([
        ...meters.map((id) => ({ kind: 'meter', id }) as const),
        ...concentrators.map((id) => ({ kind: 'terminal', id }) as const),
      ])
    },
    speaks: (meterId, at) => acquisition.speaks(meterId, at),
    async search({ channelId, protocol, terminal }, signal) {
      const heard = new Map<string, { address: string; protocol: string }>()
      const watcher = {
        found: ({ address, protocol = 'dlt645-2007' }: FoundDevice) => {
          heard.set(address, { address, protocol })
        },
        trying: () => {},
      }
      // Behind a terminal of 698.45 nobody hears who calls everybody: the terminal knows them.
      const way =
        protocol === 'dlt698' && terminal !== null
          ? ({ kind: 'dlt698', terminal } as const)
          : undefined
      const ended = await acquisition.search(channelId, watcher, signal, way)
      if (!ended.ok && heard.size === 0) return null
      return { heard: [...heard.values()], isWhole: ended.ok }
    },
  }
}

/**
 * Keeps the diagnosis of today and yesterday up to date until it is stopped. What fails is tried
 * again with the next turn: nothing waits for it.
 */
export function keepDiagnosis(
  diagnosis: Diagnosis,
  { clock, civil, log }: { clock: Clock; civil: CivilTime; log: Logger },
): () => Promise<void> {
  const stop = new AbortController()
  let looking: Promise<unknown> = Promise.resolve()
  let isLooking = false
  const tried = async (work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      log.error({ event: 'diagnosis.failed', err: error }, 'will be tried again')
    }
  }
  const look = (date: Parameters<Diagnosis['run']>[0]) => {
    if (isLooking) return
    isLooking = true
    looking = tried(() => diagnosis.lookCloser(date, LOOKS_MAX, stop.signal)).finally(() => {
      isLooking = false
    })
  }
  const turn = async () => {
    const today = civil.dateOf(clock.now())
    await diagnosis.run(civil.addDays(today, -1))
    await diagnosis.run(today)
    await diagnosis.offer(today)
    look(today)
  }
  const keep = async () => {
    for (let count = 1; await sleep(clock, FLUSH_EVERY, stop.signal); count++) {
      await tried(() => diagnosis.flush())
      if (count % FLUSHES_A_RUN === 0) await tried(turn)
    }
    await tried(() => diagnosis.flush())
  }
  const keeping = keep()
  return async () => {
    stop.abort()
    await keeping
    await looking
  }
}
