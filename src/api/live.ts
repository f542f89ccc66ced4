import { instant, type MeterId, minutes, seconds } from '#src/core'
import type { KeptReading } from '#src/readings'
import type { ApiServices } from './services.ts'

const LOOK_EVERY = seconds(2)
const NEWEST_MAX = 20
/** One poll brings many values of a meter; this many are looked at to show several meters. */
const LOOKED_AT_MAX = 400
/** What tells most of a meter, best first; other values show only where these are missing. */
const TELLING: readonly string[] = ['16.7.0', '1.8.0', '32.7.0']
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
    readonly channel: string
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
  const names = new Map<MeterId, { address: string; channel: string }>()

  async function nameOf(id: MeterId) {
    const known = names.get(id)
    if (known !== undefined) return known
    const meter = await registry.meter(id)
    const name = { address: meter?.address ?? '', channel: meter?.channelName ?? '' }
    if (names.size >= NAMES_MAX) names.clear()
    names.set(id, name)
    return name
  }

  async function newestView(reading: KeptReading) {
    const { meterId, register, value, unit } = reading
    return {
      meter: meterId,
      ...(await nameOf(meterId)),
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
    const newest = onePerMeter(await readings.newest(LOOKED_AT_MAX))
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

/** The most telling of each meter's newest values, in the order in which they came. */
function onePerMeter(newestFirst: readonly KeptReading[]): readonly KeptReading[] {
  const chosen = new Map<MeterId, KeptReading>()
  for (const reading of newestFirst) {
    const before = chosen.get(reading.meterId)
    if (!before || (rank(reading) < rank(before) && reading.at === before.at)) {
      chosen.set(reading.meterId, reading)
    }
  }
  return [...chosen.values()].slice(0, NEWEST_MAX)
}

function rank({ register }: KeptReading): number {
  const place = TELLING.indexOf(register)
  return place === -1 ? TELLING.length : place
}
