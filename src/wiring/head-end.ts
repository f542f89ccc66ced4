import type { FastifyInstance } from 'fastify'
import { describeSystemError, type Feed, type Listener } from '#drivers/channel'
import type { ProtocolName } from '#protocols/model'
import { type Acquisition, createAcquisition, loadPollPlans } from '#src/acquisition'
import { channelLocks } from '#src/acquisition/field'
import { buildApi } from '#src/api'
import type { CliFailure } from '#src/cli'
import { createCollection, createReadRequests } from '#src/collection'
import { type LoadedSettings, viewSettings } from '#src/config'
import {
  type CivilTime,
  type Clock,
  civilTime,
  type Duration,
  fail,
  ok,
  type Result,
  systemRandom,
} from '#src/core'
import { type Database, migrate } from '#src/db'
import { createAudit, createIdentity, productionCost, scryptPasswords } from '#src/identity'
import type { Logger, Metrics } from '#src/observe'
import { createReadings } from '#src/readings'
import { createRegistry, type Registry } from '#src/registry'
import { reviewArchive } from './archive-review.ts'
import { watchArchive } from './archive-watch.ts'
import { dependenciesOf } from './dependencies.ts'
import { heldDialerFor } from './dialers.ts'
import { type Doors, openDoors } from './doors.ts'
import { migrationFailure, portFailure } from './failures.ts'
import { decodePush } from './feed.ts'
import { migrationsDirectory, version } from './files.ts'
import { buildGate, checkGateKey } from './gate.ts'
import { nodeName, startMaintenance } from './maintenance.ts'
import { readers } from './readers.ts'
import { type KnownRegisterMaps, knownRegisterMaps } from './register-maps.ts'
import { type RoundLog, roundLog } from './round-log.ts'
import { stopInOrder } from './stopping.ts'
import { type AlsoImported, importArchive, readProtocols } from './storage.ts'
import { terminals } from './terminals.ts'

export interface HeadEndOptions {
  readonly loaded: LoadedSettings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  readonly db: Database
  /** Replace the cycles of present-value plans, for a field that should be seen to move. */
  readonly presentCycles: Readonly<Partial<Record<ProtocolName, Duration>>>
  readonly say: (text: string) => void
  /** Puts meters into an empty archive before anything is polled. */
  readonly seed: (registry: Registry, ports: HeadEndPorts) => Promise<void>
}

/** Where the head-end listens. */
export interface HeadEndPorts {
  readonly http: number
  readonly dialin: number | null
  readonly mqttUrl: string
}

export interface HeadEnd {
  readonly ports: HeadEndPorts
  /** Where people look: `http://127.0.0.1:8080`. */
  readonly url: string
  /** Of the first user, when it was made at this start. */
  readonly adminPassword: string | null
  readonly acquisition: Acquisition
  readonly rounds: RoundLog
  stop(): Promise<void>
}

/** Builds the head-end over an open database, starts it, and says where it listens. */
export async function startHeadEnd(options: HeadEndOptions): Promise<Result<HeadEnd, CliFailure>> {
  const migrated = await migrate(options.db, migrationsDirectory)
  if (!migrated.ok) return fail(migrationFailure(migrated.error))
  const gateKey = checkGateKey(options.loaded.settings.dataDir)
  if (!gateKey.ok) return gateKey
  const listening = await openDoors(options)
  if (!listening.ok) return listening
  let isRunning = false
  try {
    const started = await startBehind(options, listening.value)
    isRunning = started.ok
    return started
  } finally {
    // Whatever kept it from starting, an open port would keep the process from ending.
    if (!isRunning) {
      await listening.value.listener.close()
      await listening.value.feed.close()
    }
  }
}

/** Starts everything else behind the doors that are open already. */
async function startBehind(
  options: HeadEndOptions,
  { listener, feed, mqttUrl }: Doors,
): Promise<Result<HeadEnd, CliFailure>> {
  const { loaded, clock, log, db } = options
  const { settings } = loaded
  const civil = civilTime(settings.timezone)
  const registry = createRegistry(db)
  const rounds = roundLog(clock, civil, options.say)
  await options.seed(registry, {
    http: settings.httpPort,
    dialin: listener.port,
    mqttUrl,
  })
  const maps = await knownRegisterMaps({ ...options, dataDir: settings.dataDir })
  const parts = { civil, registry, listener, feed, rounds, maps }
  const services = await buildServices({ ...options, ...parts })
  const app = await buildApi(services.api)
  const bound = await bind(app, settings.httpHost, settings.httpPort)
  if (!bound.ok) {
    await app.close()
    return bound
  }
  await reviewArchive(registry, readProtocols(maps.names()), log)
  await services.archive.start()
  await services.acquisition.start()
  const stopMaintenance = startMaintenance({ ...options, civil, ...services.stores })
  // Last of all: a password that is made here is told once, so nothing may fail behind it.
  const admin = await services.api.identity.ensureAdmin(settings.adminPassword)
  log.info({ event: 'started', url: bound.value.url, dialin: listener.port, mqtt: mqttUrl })
  return ok({
    ports: { http: bound.value.port, dialin: listener.port, mqttUrl },
    url: bound.value.url,
    adminPassword: admin.password,
    acquisition: services.acquisition,
    rounds,
    stop: () =>
      stopInOrder(
        [
          { part: 'api', stop: async () => app.close() },
          { part: 'maintenance', stop: stopMaintenance },
          { part: 'archive', stop: () => services.archive.stop() },
          { part: 'acquisition', stop: () => services.acquisition.stop() },
        ],
        options,
      ),
  })
}

async function buildServices(
  options: HeadEndOptions & {
    readonly civil: CivilTime
    readonly registry: Registry
    readonly listener: Listener
    readonly feed: Feed
    readonly rounds: RoundLog
    readonly maps: KnownRegisterMaps
  },
) {
  const { db, clock, log, metrics, civil, registry, listener, feed, rounds, loaded } = options
  const { maps } = options
  const readings = createReadings(db, civil)
  const collection = createCollection(db, civil)
  const readRequests = createReadRequests(db)
  const identity = createIdentity({ db, clock, passwords: scryptPasswords(productionCost) })
  const audit = createAudit(db, clock)
  const plans = (await loadPollPlans(db)).map((plan) => {
    const cycle = plan.dataClass === 'current' ? options.presentCycles[plan.protocol] : undefined
    return cycle === undefined ? plan : { ...plan, cycle }
  })
  const { dataDir } = loaded.settings
  const lockChannel = channelLocks(dataDir)
  const { gatekeeper, trips } = buildGate({ ...options, dataDir, identity })
  const acquisition = createAcquisition({
    registry,
    readings,
    collection,
    readRequests,
    plans,
    gatekeeper,
    readers: [...readers, maps.reader],
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
  const startedAt = clock.now()
  const api = {
    clock,
    civil,
    log,
    metrics,
    identity,
    audit,
    registry,
    readings,
    collection,
    reads: {
      get: (id: Parameters<typeof readRequests.get>[0]) => readRequests.get(id),
      async request(...read: Parameters<typeof readRequests.create>) {
        const request = await readRequests.create(...read)
        acquisition.beginRead(request)
        return request
      },
    },
    field: acquisition,
    async importArchive(file: Uint8Array, also: AlsoImported) {
      await maps.refresh()
      const known = { civil, read: readProtocols(maps.names()) }
      const imported = await importArchive(registry, file, known, also)
      if (imported.ok) await archive.look()
      return imported
    },
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
    dependencies: dependenciesOf(db, feed, acquisition),
    version,
  }
  const stores = { collection, readRequests }
  return { api, stores, acquisition, archive }
}

async function bind(
  app: FastifyInstance,
  host: string,
  port: number,
): Promise<Result<{ readonly url: string; readonly port: number }, CliFailure>> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    // A taken or forbidden port is the person's to settle, so it is an answer and not a crash.
    return fail(portFailure('HES_HTTP_PORT', describeSystemError(error, `HTTP on ${host}:${port}`)))
  }
  const address = app.server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return ok({ url: `http://${shown}:${bound}`, port: bound })
}
