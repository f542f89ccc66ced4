import type { Acquisition } from '#src/acquisition'
import { type Clock, seconds, sleep } from '#src/core'
import type { Logger } from '#src/observe'
import type { Registry } from '#src/registry'

const LOOK_EVERY = seconds(3)

export interface ArchiveWatchOptions {
  readonly registry: Pick<Registry, 'revision' | 'turn'>
  readonly acquisition: Pick<Acquisition, 'archiveChanged'>
  readonly clock: Clock
  readonly log: Logger
}

export interface ArchiveWatch {
  /** To be called before acquisition reads the archive: what comes after is seen as a change. */
  start(): Promise<void>
  /** Takes a change in at once, for whoever made it here. */
  look(): Promise<void>
  stop(): Promise<void>
}

/**
 * Notices archives that other processes imported, such as `hes import archive` on the same server.
 * It asks for one row now and then: that needs no connection of its own, and a database that was
 * away is asked again like one that never was.
 */
export function watchArchive(options: ArchiveWatchOptions): ArchiveWatch {
  const { registry, acquisition, clock, log } = options
  const stopping = new AbortController()
  /** Null until the start, which reads the archive anyway. */
  let served: bigint | null = null
  let looking: Promise<void> = Promise.resolve()
  let isAway = false

  async function look(): Promise<void> {
    if (served === null) return
    // What was entered for today holds from today on; what came while nobody looked, from now.
    await registry.turn()
    const revision = await registry.revision()
    if (revision === served) return
    if (await acquisition.archiveChanged()) served = revision
  }

  async function keepLooking(): Promise<void> {
    while (await sleep(clock, LOOK_EVERY, stopping.signal)) {
      try {
        await look()
        isAway = false
      } catch (error) {
        // The next look sees what this one missed; said once, not at every look.
        if (!isAway) log.warn({ event: 'archive.unseen', err: error }, 'the archive cannot be seen')
        isAway = true
      }
    }
  }

  return {
    async start() {
      await registry.turn()
      served = await registry.revision()
      looking = keepLooking()
    },
    look,
    async stop() {
      stopping.abort()
      await looking
    },
  }
}
