import { createHash } from 'node:crypto'
import { assert, idOf } from '#src/core'
import type { Database } from '#src/db'
import { pageOfItems } from './read-items.ts'
import {
  cancelWaiting,
  channelsWaiting,
  insertItems,
  insertRequest,
  isOpen,
  lockRequest,
  markCancelled,
  resetRunning,
  selectRequest,
  settle,
  startIf,
  takeMeters,
  writeOutcomes,
} from './read-request-queries.ts'
import type { NewReadRequest, ReadHead, ReadRequests } from './read-request-types.ts'
import { resolveSources } from './read-sources.ts'

const cancelled = { code: 'read.cancelled', message: 'the read was cancelled before its turn came' }
const expired = { code: 'read.expired', message: 'its turn did not come before the deadline' }

export function createReadRequests(db: Database): ReadRequests {
  return {
    async create(request, also = async () => {}) {
      assert(request.meterIds.length > 0 && request.items.length > 0, 'a request asks something')
      return await db.transaction(async (tx) => {
        if (await insertRequest(tx, request, digestOf(request))) await insertItems(tx, request)
        const created = await selectRequest(tx, request.id)
        assert(created !== undefined, 'a request that was written is there')
        await also(tx)
        return created
      })
    },
    resolve: (sources) => resolveSources(db, sources),
    get: (id) => selectRequest(db, id),
    items: (id, filter) => pageOfItems(db, id, filter),
    async unfinished() {
      return await db.query<ReadHead>(
        `select id, meters, deadline from read_request
         where state in ('requested', 'running') order by requested_at, id`,
      )
    },
    async reopen(id) {
      await resetRunning(db, id)
      return (await channelsWaiting(db, id)).map((channel) => idOf(channel))
    },
    take: (id, channel, metersMax, now) =>
      db.transaction(async (tx) => {
        await lockRequest(tx, id)
        const taken = await takeMeters(tx, id, channel, metersMax)
        if (taken.length > 0) await startIf(tx, id, now)
        return taken
      }),
    async record(id, outcomes) {
      if (outcomes.length === 0) return
      await db.transaction(async (tx) => {
        await lockRequest(tx, id)
        const written = await writeOutcomes(tx, id, outcomes)
        await settle(tx, id, written)
      })
    },
    cancel: (id, by, now, also = async () => {}) =>
      db.transaction(async (tx) => {
        await lockRequest(tx, id)
        await also(tx)
        if (!(await isOpen(tx, id))) return false
        await markCancelled(tx, id, by, now)
        await settle(tx, id, await cancelWaiting(tx, id, 'cancelled', cancelled, now))
        return true
      }),
    expire: (id, now) =>
      db.transaction(async (tx) => {
        await lockRequest(tx, id)
        if (!(await isOpen(tx, id))) return
        await settle(tx, id, await cancelWaiting(tx, id, 'failed', expired, now))
      }),
    async retain(before) {
      const rows = await db.query(
        `delete from read_request where finished_at < to_timestamp($1::float8 / 1000) returning 1`,
        [before],
      )
      return rows.length
    },
  }
}

/** The same meters and items have the same, in whatever order they were named. */
export function digestOf({ meterIds, items }: Pick<NewReadRequest, 'meterIds' | 'items'>): string {
  const meters = [...new Set(meterIds)].sort((a, b) => a - b)
  const words = [...new Set(items)].sort()
  return createHash('sha256')
    .update(JSON.stringify([meters, words]))
    .digest('hex')
}
