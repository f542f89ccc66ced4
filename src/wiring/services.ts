import type { Feed, Listener } from '#drivers/channel'
import { createAcquisition, loadPollPlans } from '#src/acquisition'
import { hearingClocks } from '#src/acquisition/control'
import { channelLocks } from '#src/acquisition/field'
import { createAnomalies } from '#src/anomaly'
import { createSuspects } from '#src/anomaly/suspects'
import { createCases } from '#src/cases'
import { createCollectionReports, createReadRequests, createTasks } from '#src/collection'
import { viewSettings } from '#src/config'
import { type CivilTime, systemRandom } from '#src/core'
import { patiently } from '#src/db'
import { createDiagnosis } from '#src/diagnosis'
import { createForecasts } from '#src/forecast'
import { createAudit, createIdentity, productionCost, scryptPasswords } from '#src/identity'
import { createLineLoss } from '#src/lineloss'
import { createMetering } from '#src/metering'
import { createPresenceBook } from '#src/presence'
import { createReadingDays } from '#src/reading-days'
import {
  createChannelWays,
  createPointHistory,
  createUsageGroups,
  type Registry,
} from '#src/registry'
import { createStatistics } from '#src/statistics'
import { archiveDesk } from './archive-desk.ts'
import { watchArchive } from './archive-watch.ts'
import { buildClocks } from './clocks.ts'
import { buildDailyWork } from './daily-work.ts'
import { dependenciesOf } from './dependencies.ts'
import { probesOver } from './diagnosis.ts'
import { heldDialerFor } from './dialers.ts'
import { explainFrame } from './explain.ts'
import { decodePush } from './feed.ts'
import { version } from './files.ts'
import { buildGate } from './gate.ts'
import { buildGrid } from './grid.ts'
import type { HeadEndOptions } from './head-end-options.ts'
import { nodeName } from './maintenance.ts'
import type { FieldStores, OpenOutbox } from './outbox.ts'
import { buildParameters } from './parameters.ts'
import { presenceDesk } from './presence.ts'
import { readers } from './readers.ts'
import type { KnownRegisterMaps } from './register-maps.ts'
import type { RoundLog } from './round-log.ts'
import { readProtocols } from './storage.ts'
import { terminals } from './terminals.ts'
import { buildUpkeep } from './upkeep.ts'
import { buildValidation } from './validation.ts'

/** Builds every part of the head-end over an open database, and joins them. */
export async function buildServices(
  options: HeadEndOptions & {
    readonly civil: CivilTime
    readonly registry: Registry
    readonly listener: Listener
    readonly feed: Feed
    readonly rounds: RoundLog
    readonly maps: KnownRegisterMaps
    readonly stores: FieldStores
    readonly outbox: OpenOutbox
  },
) {
  const { db, clock, log, metrics, civil, registry, listener, feed, rounds, loaded } = options
  const { maps, outbox, stores } = options
  const { readings, collection, evidence, deviceEvents } = stores
  const readRequests = createReadRequests(db)
  const channelWays = createChannelWays(db)
  const presenceBook = createPresenceBook({ db, registry })
  const identity = createIdentity({ db, clock, passwords: scryptPasswords(productionCost) })
  const audit = createAudit(db, clock)
  const cases = createCases(db, clock)
  const diagnosis = createDiagnosis({
    db,
    clock,
    civil,
    cases,
    probes: () => probesOver(acquisition, clocks.clocks),
  })
  const { dataDir } = loaded.settings
  const lockChannel = channelLocks(dataDir)
  const { gatekeeper, trips, office } = buildGate({ ...options, dataDir, identity })
  const clocks = buildClocks({
    ...{ db, clock, civil, cases, registry, office, readers, dataDir },
    log: log.child({ component: 'clocks' }),
    acquisition: () => acquisition,
  })
  const acquisition = createAcquisition({
    doubts: clocks.doubts,
    onVisit: (meterId, end) => diagnosis.visited(meterId, end),
    outbox,
    deviceEvents,
    channelWays,
    presenceBook,
    registry,
    collection,
    readRequests,
    plans: () => loadPollPlans(db, civil.dateOf(clock.now()), options.presentCycles),
    gatekeeper,
    readers: [...readers, maps.reader].map((one) => hearingClocks(one, clocks.ear, civil)),
    dialerOf: (channel) => heldDialerFor(channel, clock, lockChannel),
    listener,
    terminals,
    feeds: [{ feed, decode: decodePush }],
    clock,
    random: systemRandom,
    civil,
    log: log.child({ component: 'acquisition' }),
    metrics,
    onRound: (summary) => rounds.add(summary),
  })
  const archiveChanged = async () => {
    await maps.refresh()
    return acquisition.archiveChanged()
  }
  const archive = watchArchive({ registry, acquisition: { archiveChanged }, clock, log })
  const dailyWork = buildDailyWork({
    ...{ db, clock, civil, cases, readings, readRequests, acquisition, office },
    log: log.child({ component: 'daily work' }),
    settings: loaded.settings,
    archiveChanged: () => archive.look(),
  })
  const upkeep = buildUpkeep({
    ...{ db, clock, civil, cases, registry, readings, readRequests, acquisition, stores, log },
    archiveChanged: () => archive.look(),
  })
  const parameters = buildParameters({
    ...{ db, clock, civil, registry, office, readers, dataDir, acquisition },
    log: log.child({ component: 'parameters' }),
  })
  const protocols = async () => {
    await maps.refresh()
    return readProtocols(maps.names())
  }
  const startedAt = clock.now()
  const api = {
    clock,
    civil,
    log,
    metrics,
    identity,
    audit,
    registry,
    channelWays,
    readings,
    metering: createMetering(db, civil),
    evidence,
    outbox,
    deviceEvents,
    collection,
    collectionReports: createCollectionReports(db, civil, clock),
    tasks: createTasks(db),
    archiveMoved() {
      // The change stands; a look that fails comes again by itself.
      void archive.look().catch(() => {})
    },
    cases,
    presence: presenceDesk(presenceBook, {
      doorChanged: () => acquisition.doorChanged(),
      archiveChanged: () => archive.look(),
    }),
    explainFrame,
    ...dailyWork.api,
    clocks: clocks.clocks,
    parameters: parameters.parameters,
    ...upkeep.api,
    diagnosis,
    statistics: createStatistics({ db, civil, clock, readings }),
    ...buildGrid({ db, clock, civil }),
    validation: buildValidation({ db, civil, clock, dataDir }),
    anomalies: createAnomalies({ db, clock, cases, civil }),
    suspects: createSuspects({ db, civil }),
    lineLoss: createLineLoss({ db, cases, civil }),
    forecasts: createForecasts(db, civil, clock),
    readingDays: createReadingDays({ db: patiently(db), civil, clock }),
    reads: {
      get: readRequests.get,
      items: readRequests.items,
      resolve: readRequests.resolve,
      async request(...read: Parameters<typeof readRequests.create>) {
        const request = await readRequests.create(...read)
        acquisition.beginRead(request)
        return request
      },
      async cancel(...call: Parameters<typeof readRequests.cancel>) {
        const isCancelled = await readRequests.cancel(...call)
        acquisition.cancelRead(call[0])
        return isCancelled
      },
    },
    field: acquisition,
    archiveDesk: archiveDesk({ db, civil, clock, protocols }, () => archive.look()),
    pointHistory: createPointHistory(db),
    usageGroups: createUsageGroups(db, clock),
    trips,
    lastRound: () => rounds.last(),
    settings: () => viewSettings(loaded),
    nodes: async () => [
      {
        name: nodeName(),
        roles: loaded.settings.role,
        startedAt,
        version,
        channels: acquisition.status().channels,
      },
    ],
    dependencies: dependenciesOf(db, feed, acquisition, outbox),
    version,
  }
  return {
    api,
    stores: { ...stores, readRequests },
    clocks: clocks.runner,
    parameters: parameters.runner,
    acquisition,
    archive,
    diagnosis,
    dailyWork,
    upkeep,
  }
}
