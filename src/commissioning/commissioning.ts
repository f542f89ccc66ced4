import type { ReadRequestId } from '#src/collection'
import { type CivilTime, type Clock, fail, ok, type Result, seconds, sleep } from '#src/core'
import type { Database } from '#src/db'
import type { Logger } from '#src/observe'
import type { Registry } from '#src/registry'
import { adopted } from './adopt.ts'
import { insertJob, lockJob, moveJob, selectJob, selectJobs, selectUnfinished } from './queries.ts'
import { JobRun, type RunOptions } from './run.ts'
import type {
  Commission,
  CommissionId,
  Commissioning,
  CommissionRefusal,
  CommissionWay,
} from './types.ts'
import { waysOf } from './ways.ts'

export interface CommissioningOptions extends Omit<RunOptions, 'adopt'> {
  readonly db: Database
  readonly registry: Pick<
    Registry,
    'channel' | 'concentrator' | 'metersOfChannel' | 'metersByAddresses' | 'importArchive'
  >
  readonly clock: Clock
  readonly civil: CivilTime
  readonly log: Logger
  /** The archive changed; resolves once it is served. */
  readonly archiveChanged: () => Promise<void>
}

const RETRY_AFTER = seconds(10)

/** Takes channels into use; each job goes on where it was after a restart. */
export function createCommissioning(options: CommissioningOptions): Commissioning {
  const { db, registry, clock, log } = options
  const stopping = new AbortController()
  const running = new Map<
    CommissionId,
    { readonly end: Promise<void>; readonly abort: AbortController }
  >()

  return {
    async start(given, also) {
      const channel = await registry.channel(given.channelId)
      if (channel === undefined) return fail(noChannel)
      const ways = given.ways.length > 0 ? given.ways : await usualWays(given.channelId)
      if (ways.length === 0) return fail(noWay)
      const isModbus = ways.some(({ kind }) => kind === 'modbus')
      if (isModbus && given.adoptsAll && given.profile === null) return fail(noProfile)
      const id = await db.transaction(async (tx) => {
        const made = await insertJob(tx, { ...given, ways }, clock.now())
        if (made !== undefined) await also(tx)
        return made
      })
      if (id === undefined) return fail(underWay)
      begin(id)
      return await told(id)
    },
    get: (id) => selectJob(db, id),
    list: (before, limit) => selectJobs(db, before, limit),
    async adopt(id, adoption, also) {
      const job = await selectJob(db, id)
      if (job === undefined) return fail(notFound)
      if (job.state !== 'done') return fail(notDone)
      // In one transaction with the archive: what was adopted is read, whatever dies in between.
      const outcome = await adopted(options, job, adoption, async (tx) => {
        await moveJob(tx, id, 'reading', undefined, ['done'])
        await also(tx)
      })
      if (!outcome.ok) return outcome
      if (outcome.value > 0) begin(id)
      return await told(id)
    },
    async cancel(id, also) {
      const cancelled = await db.transaction(async (tx) => {
        await lockJob(tx, id)
        const job = await selectJob(tx, id)
        if (job === undefined) return fail(notFound)
        const end = { at: clock.now(), failure: null, verdict: null }
        if (!(await moveJob(tx, id, 'cancelled', end))) return fail(ended)
        await also(tx)
        return ok(job)
      })
      if (!cancelled.ok) return cancelled
      running.get(id)?.abort.abort()
      // What it asked meters and was not answered yet is asked no more.
      const reads = new Set(cancelled.value.meters.flatMap(({ readId }) => readId ?? []))
      for (const read of reads) await options.reads.cancel(read as ReadRequestId)
      return await told(id)
    },
    async resume() {
      for (const id of await selectUnfinished(db)) begin(id)
    },
    async stop() {
      stopping.abort()
      await Promise.all([...running.values()].map(({ end }) => end))
    },
  }

  async function usualWays(channelId: Commission['channelId']): Promise<readonly CommissionWay[]> {
    const channel = await registry.channel(channelId)
    return channel === undefined ? [] : waysOf(channel, await registry.metersOfChannel(channelId))
  }

  async function told(id: CommissionId): Promise<Result<Commission, CommissionRefusal>> {
    const job = await selectJob(db, id)
    return job === undefined ? fail(notFound) : ok(job)
  }

  function begin(id: CommissionId): void {
    const abort = new AbortController()
    const before = running.get(id)?.end ?? Promise.resolve()
    const end = before
      .then(() => carryOut(id, AbortSignal.any([abort.signal, stopping.signal])))
      .finally(() => {
        if (running.get(id)?.abort === abort) running.delete(id)
      })
    running.set(id, { end, abort })
  }

  /** A database that is away ends no job: it is tried again until the head-end stops. */
  async function carryOut(id: CommissionId, signal: AbortSignal): Promise<void> {
    const run = new JobRun(id, {
      ...options,
      adopt: async (job) => {
        const all = { addresses: null, usagePoints: {}, profile: job.profile }
        const outcome = await adopted(options, job, all, async () => {})
        return outcome.ok ? null : outcome.error.message
      },
    })
    while (!signal.aborted) {
      try {
        await run.goOn(signal)
        return
      } catch (error) {
        log.error({ event: 'commissioning.failed', err: error, job: id }, 'tried again')
        await sleep(clock, RETRY_AFTER, signal)
      }
    }
  }
}

const notFound: CommissionRefusal = { kind: 'not-found', message: 'there is no such job' }
const noChannel: CommissionRefusal = { kind: 'no-channel', message: 'there is no such channel' }
const noWay: CommissionRefusal = {
  kind: 'wrong',
  message: 'nothing can be searched for on this channel: its devices push',
}
const noProfile: CommissionRefusal = {
  kind: 'wrong',
  message: 'what a Modbus unit has where is said by a register map: name its profile to adopt it',
}
const underWay: CommissionRefusal = {
  kind: 'not-now',
  message: 'this channel is being commissioned already',
}
const notDone: CommissionRefusal = {
  kind: 'not-now',
  message: 'the job is not at its end yet; meters are adopted then',
}
const ended: CommissionRefusal = { kind: 'not-now', message: 'the job has ended' }
