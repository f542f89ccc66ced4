import { instant, type MeterId, minutes, seconds } from '#src/core'
import type { KeptReading } from '#src/readings'
import type { ApiServices } from './services.ts'

const LOOK_EVERY = seconds(2)
const NEWEST_MAX = 20
const NAMES_MAX = 5_000

/** What the live page shows, as it is now. */
export interface LiveView {
  readonly at: string
  readonly concentrators: { readonly online: number; readonly total: number }
  readonly readingsPerMinute: number
  readonly round: {
    readonly startedAt: string
    readonly finishedAt: string
    readonly expected: number
    readonly answered: number
  } | null
  readonly newest: readonly {
    readonly meter: MeterId
    readonly address: string
    readonly register: string
    readonly value: string
    readonly unit: string
    readonly at: string
    readonly receivedAt: string
  }[]
}

/** Looks once for all listeners, and only while there is one. */
export interface LiveFeed {
  /** Calls back now and at every look; the returned function ends it. */
  listen(hear: (view: LiveView) => void): () => void
  readonly listeners: number
}

type Parts = Pick<
  ApiServices,
  'clock' | 'civil' | 'log' | 'registry' | 'readings' | 'lastRound' | 'metrics'
>

export function createLiveFeed(services: Parts): LiveFeed {
  const { clock, log } = services
  const hearers = new Set<(view: LiveView) => void>()
  const view = viewer(services)
  let looking = false
  let cancelWait: (() => void) | undefined

  async function look() {
    cancelWait = undefined
    looking = true
    try {
      const seen = await view()
      for (const hear of hearers) hear(seen)
    } catch (error) {
      // The page shows the age of what it has; the next look may succeed again.
      log.warn({ component: 'api', event: 'live-look-failed', err: error })
    }
    looking = false
    if (hearers.size > 0) cancelWait = clock.after(LOOK_EVERY, () => void look())
  }

  return {
    listen(hear) {
      hearers.add(hear)
      if (!looking) {
        cancelWait?.()
        void look()
      }
      return () => {
        hearers.delete(hear)
        if (hearers.size > 0) return
        cancelWait?.()
        cancelWait = undefined
      }
    },
    get listeners() {
      return hearers.size
    },
  }
}

function viewer(services: Parts): () => Promise<LiveView> {
  const { clock, civil, registry, readings, lastRound } = services
  const addresses = new Map<MeterId, string>()

  async function addressOf(id: MeterId): Promise<string> {
    const known = addresses.get(id)
    if (known !== undefined) return known
    const address = (await registry.meter(id))?.address ?? ''
    if (addresses.size >= NAMES_MAX) addresses.clear()
    addresses.set(id, address)
    return address
  }

  async function newestView(reading: KeptReading) {
    const { meterId, register, value, unit } = reading
    return {
      meter: meterId,
      address: await addressOf(meterId),
      register,
      value,
      unit,
      at: civil.iso(reading.at),
      receivedAt: civil.iso(reading.receivedAt),
    }
  }

  return async () => {
    const now = clock.now()
    const concentrators = await registry.allConcentrators()
    const readingsPerMinute = await readings.countSince(instant(now - minutes(1)))
    const newest = await readings.newest(NEWEST_MAX)
    const round = lastRound()
    return {
      at: civil.iso(now),
      concentrators: {
        online: concentrators.filter((one) => one.online).length,
        total: concentrators.length,
      },
      readingsPerMinute,
      round: round && {
        startedAt: civil.iso(round.startedAt),
        finishedAt: civil.iso(round.finishedAt),
        expected: round.expected,
        answered: round.answered,
      },
      newest: await Promise.all(newest.map(newestView)),
    }
  }
}
