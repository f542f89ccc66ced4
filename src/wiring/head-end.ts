import type { FastifyInstance } from 'fastify'
import { describeSystemError } from '#drivers/channel'
import type { Acquisition } from '#src/acquisition'
import { buildApi } from '#src/api'
import type { CliFailure } from '#src/cli'
import { civilTime, fail, ok, type Result } from '#src/core'
import { migrate } from '#src/db'
import { createRegistry } from '#src/registry'
import { reviewArchive } from './archive-review.ts'
import { keepDiagnosis } from './diagnosis.ts'
import { type Doors, openDoors } from './doors.ts'
import { migrationFailure, portFailure } from './failures.ts'
import { migrationsDirectory } from './files.ts'
import { checkGateKey } from './gate.ts'
import type { HeadEndOptions, HeadEndPorts } from './head-end-options.ts'
import { startMaintenance } from './maintenance.ts'
import { type FieldStores, fieldStores, type OpenOutbox, openOutbox } from './outbox.ts'
import { knownRegisterMaps } from './register-maps.ts'
import { type RoundLog, roundLog } from './round-log.ts'
import { buildServices } from './services.ts'
import { stopInOrder } from './stopping.ts'
import { readProtocols } from './storage.ts'

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
  const { timezone, dataDir, outboxMaxMib: maxMib, evidenceDays } = options.loaded.settings
  const stores = fieldStores({ ...options, evidenceDays }, civilTime(timezone))
  const outbox = await openOutbox({ ...options, dataDir, maxMib, stores })
  if (!outbox.ok) return outbox
  const listening = await openDoors(options)
  if (!listening.ok) {
    await outbox.value.close()
    return listening
  }
  let isRunning = false
  try {
    const started = await startBehind(options, listening.value, stores, outbox.value)
    isRunning = started.ok
    return started
  } finally {
    // Whatever kept it from starting, an open port would keep the process from ending.
    if (!isRunning) {
      await listening.value.listener.close()
      await listening.value.feed.close()
      await outbox.value.close()
    }
  }
}

/** Starts everything else behind the doors that are open already. */
async function startBehind(
  options: HeadEndOptions,
  { listener, feed, mqttUrl }: Doors,
  stores: FieldStores,
  outbox: OpenOutbox,
): Promise<Result<HeadEnd, CliFailure>> {
  const { loaded, clock, log, db } = options
  const { settings } = loaded
  const civil = civilTime(settings.timezone)
  const registry = createRegistry(db, clock)
  const rounds = roundLog(clock, civil, options.say)
  await options.seed(registry, {
    http: settings.httpPort,
    dialin: listener.port,
    mqttUrl,
  })
  const maps = await knownRegisterMaps({ ...options, dataDir: settings.dataDir })
  const parts = { civil, registry, listener, feed, rounds, maps, stores, outbox }
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
  services.dailyWork.start()
  await services.clocks.start()
  await services.parameters.start()
  await services.upkeep.start()
  const stopDiagnosis = keepDiagnosis(services.diagnosis, { clock, civil, log })
  const stopMaintenance = startMaintenance({
    ...options,
    civil,
    ...services.stores,
    diagnosis: services.diagnosis,
    kept: settings,
  })
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
          { part: 'upkeep', stop: () => services.upkeep.stop() },
          { part: 'parameters', stop: () => services.parameters.stop() },
          { part: 'clocks', stop: () => services.clocks.stop() },
          { part: 'daily work', stop: () => services.dailyWork.stop() },
          { part: 'maintenance', stop: stopMaintenance },
          { part: 'diagnosis', stop: stopDiagnosis },
          { part: 'archive', stop: () => services.archive.stop() },
          { part: 'acquisition', stop: () => services.acquisition.stop() },
          { part: 'outbox', stop: () => outbox.close() },
        ],
        options,
      ),
  })
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
