import { fail, hours, type Instant, instant, ok } from '#src/core'
import type { Database } from '#src/db'
import type { Registry } from '#src/registry'
import {
  deleteSwitch,
  dropOldChunks,
  insertFrames,
  selectFrames,
  selectSwitch,
  selectSwitches,
  upsertSwitch,
} from './frame-queries.ts'
import {
  addTraffic,
  closeOpenIntervals,
  deleteFlapping,
  insertEvents,
  selectEvents,
  selectFlapping,
  selectIntervals,
  selectTraffic,
  upsertFlapping,
  upsertIntervals,
} from './link-queries.ts'
import {
  addCalls,
  decideQuarantined,
  lockQuarantined,
  selectBlocked,
  selectQuarantine,
  trimQuarantine,
} from './quarantine-queries.ts'
import {
  assignSim,
  selectFixedAddresses,
  selectSimOf,
  selectSimPools,
  upsertSim,
} from './sim-queries.ts'
import type { PresenceBatch, PresenceBook } from './types.ts'

/** Devices in quarantine; those beyond that were heard the longest ago make room. */
const QUARANTINED_MAX = 10_000
/** What nothing that keeps a name of ours is called by. */
const nameless = /^(?:unregistered-|from )/

export interface PresenceBookOptions {
  readonly db: Database
  readonly registry: Pick<Registry, 'adoptIn'>
}

export function createPresenceBook({ db, registry }: PresenceBookOptions): PresenceBook {
  return {
    resume: () => closeOpenIntervals(db),
    record: (batch) => record(db, batch),
    async door(now) {
      return {
        blocked: await selectBlocked(db),
        fixedAddresses: await selectFixedAddresses(db),
        flapping: await selectFlapping(db, null),
        frameLogs: await selectSwitches(db, now),
      }
    },
    intervals: (...query) => selectIntervals(db, ...query),
    events: (...query) => selectEvents(db, ...query),
    flappingOf: (ids) => selectFlapping(db, ids),
    clearFlapping: (concentratorId, at, also) =>
      db.transaction(async (tx) => {
        const isCleared = await deleteFlapping(tx, concentratorId)
        if (!isCleared) return false
        const nowhere = { remoteAddress: '', otherAddress: '', times: 1 }
        await insertEvents(tx, [{ concentratorId, at, kind: 'flapping-cleared', ...nowhere }])
        await also(tx, `concentrator/${concentratorId}`)
        return true
      }),
    quarantine: (...query) => selectQuarantine(db, ...query),
    adopt: (id, adoption, by, at, also) =>
      db.transaction(async (tx) => {
        const found = await lockQuarantined(tx, id)
        if (!found) return fail('not-found')
        if (found.state === 'adopted') return fail('decided')
        if (nameless.test(found.identity)) return fail('unnamed')
        const protocol = adoption.protocol ?? found.protocol
        const adopted = await registry.adoptIn(tx, {
          identity: found.identity,
          name: adoption.name ?? '',
          transformer: adoption.transformer,
          protocol,
        })
        if (!adopted.ok) return adopted
        const { concentratorId } = adopted.value
        await decideQuarantined(tx, id, { state: 'adopted', by, at, concentratorId })
        await also(tx, `concentrator/${concentratorId}`)
        return ok(adopted.value)
      }),
    block: (id, by, at, also) =>
      db.transaction(async (tx) => {
        const found = await lockQuarantined(tx, id)
        if (!found) return undefined
        const concentratorId = found.concentratorId
        await decideQuarantined(tx, id, { state: 'blocked', by, at, concentratorId })
        await also(tx, `quarantine/${id}`)
        return { ...found, state: 'blocked', decidedBy: by, decidedAt: at }
      }),
    traffic: (...query) => selectTraffic(db, ...query),
    simOf: (...query) => selectSimOf(db, ...query),
    placeSim: (id, card, from, also) =>
      db.transaction(async (tx) => {
        await assignSim(tx, id, await upsertSim(tx, card), from)
        await also(tx, `concentrator/${id}`)
      }),
    simPools: (from, to) => selectSimPools(db, from, to),
    frameLog: (id) => selectSwitch(db, id),
    switchFrameLog: (logSwitch, also) =>
      db.transaction(async (tx) => {
        await upsertSwitch(tx, logSwitch)
        await also(tx, `concentrator/${logSwitch.concentratorId}`)
      }),
    endFrameLog: (id, also) =>
      db.transaction(async (tx) => {
        if (!(await deleteSwitch(tx, id))) return false
        await also(tx, `concentrator/${id}`)
        return true
      }),
    frames: (id, query) => selectFrames(db, id, query),
    async retain(now, { linkDays, frameDays }) {
      await dropOldChunks(db, 'connection_event', daysBefore(now, linkDays))
      await dropOldChunks(db, 'frame_log', daysBefore(now, frameDays))
    },
  }
}

const daysBefore = (now: Instant, days: number): Instant => instant(now - hours(days * 24))

async function record(db: Database, batch: PresenceBatch): Promise<void> {
  const { intervals, traffic, events, flapping, calls, frames } = batch
  await db.transaction(async (tx) => {
    if (intervals.length > 0) await upsertIntervals(tx, intervals)
    if (traffic.length > 0) await addTraffic(tx, traffic)
    if (events.length > 0) await insertEvents(tx, events)
    if (flapping.length > 0) await upsertFlapping(tx, flapping)
    if (frames.length > 0) await insertFrames(tx, frames)
    if (calls.length === 0) return
    await addCalls(tx, calls)
    await trimQuarantine(tx, QUARANTINED_MAX)
  })
}
