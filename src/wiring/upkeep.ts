import type { Acquisition } from '#src/acquisition'
import type { Cases } from '#src/cases'
import type { NewReadRequest, ReadRequests } from '#src/collection'
import { createCommissioning, createMeterCheck } from '#src/commissioning'
import type { CivilTime, Clock } from '#src/core'
import type { Database } from '#src/db'
import type { Logger } from '#src/observe'
import { createJudge, createPoints, PointKeeper } from '#src/points'
import type { Readings } from '#src/readings'
import type { Registry } from '#src/registry'
import type { FieldStores } from './outbox.ts'

export interface UpkeepWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  readonly cases: Cases
  readonly registry: Registry
  readonly readings: Readings
  readonly readRequests: Pick<ReadRequests, 'create' | 'get' | 'items' | 'cancel'>
  readonly acquisition: Pick<Acquisition, 'search' | 'beginRead'>
  readonly stores: Pick<FieldStores, 'watch' | 'points'>
  readonly archiveChanged: () => Promise<void>
}

/** Commissioning, wiring checks and monitored points, and what carries them on. */
export function buildUpkeep(wiring: UpkeepWiring) {
  const { db, clock, civil, cases, readings, readRequests, acquisition, stores } = wiring
  const log = wiring.log.child({ component: 'upkeep' })
  const keeper = new PointKeeper({
    judge: createJudge({ db, clock, readings, cases, iso: (at) => civil.iso(at) }),
    inbox: stores.watch,
    clock,
    failed: (error) => log.error({ event: 'points.failed', err: error }, 'judged later'),
  })
  stores.points.stir = keeper.stir
  const reads = {
    async request(read: NewReadRequest) {
      const request = await readRequests.create(read)
      acquisition.beginRead(request)
      return request
    },
    get: readRequests.get,
    items: readRequests.items,
    async cancel(id: NewReadRequest['id']) {
      await readRequests.cancel(id, 'commissioning', clock.now())
    },
  }
  const commissioning = createCommissioning({
    ...wiring,
    log,
    reads,
    search: (channel, way, told, signal) =>
      acquisition.search(
        channel,
        {
          trying: (text) => told.trying(text),
          found: ({ address, protocol, place }) =>
            told.found({ address, protocol: protocol ?? spokenIn(way.kind), place: place ?? '' }),
        },
        signal,
        way,
      ),
  })
  return {
    api: {
      commissioning,
      checkMeter: createMeterCheck({ clock, readings, reads }),
      points: createPoints({ db, clock, readings, changed: keeper.stir }),
    },
    async start() {
      await stores.watch.refresh()
      keeper.start()
      await commissioning.resume()
    },
    async stop() {
      await commissioning.stop()
      await keeper.stop()
    },
  }
}

const spokenIn = (kind: 'dlt645' | 'gdw376' | 'dlt698' | 'modbus') =>
  kind === 'dlt645' ? 'dlt645-2007' : kind
