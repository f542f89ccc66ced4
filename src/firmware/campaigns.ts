import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Cases } from '#src/cases'
import { assert, type Clock, fail, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { cancelDevices, insertEvent, selectDevices } from './device-queries.ts'
import {
  approveCampaign,
  insertCampaign,
  insertDevices,
  insertFirmware,
  lockCampaign,
  selectCampaign,
  selectCampaignByKey,
  selectCampaigns,
  selectFirmware,
  selectFirmwareBySum,
  selectFirmwares,
  updateCampaign,
} from './queries.ts'
import { caseKeyOf } from './rules.ts'
import {
  type Also,
  type Campaign,
  type CampaignId,
  type FirmwareDesk,
  type FirmwareRefusal,
  firmwareBytesMax,
  type NewCampaign,
} from './types.ts'

/** Both protocols number blocks in two bytes. */
const BLOCKS_MAX = 65_535

type Answered = Result<Campaign, FirmwareRefusal>

export function createFirmware(
  db: Database,
  clock: Clock,
  cases: Pick<Cases, 'settled'>,
): FirmwareDesk {
  const nothing: Also = async () => {}

  /** One campaign under its lock; what the work does is kept with its audit record. */
  function change(
    id: CampaignId,
    by: string,
    event: string,
    also: Also,
    work: (tx: Db, campaign: Campaign) => Promise<Result<object, FirmwareRefusal>>,
  ): Promise<Answered> {
    return db.transaction(async (tx): Promise<Answered> => {
      const campaign = await lockCampaign(tx, id)
      if (!campaign) return refused('not-found', `there is no campaign ${id}`)
      const worked = await work(tx, campaign)
      if (!worked.ok) return worked
      const detail = { ...worked.value }
      const place = { campaignId: id, concentratorId: null }
      await insertEvent(tx, { ...place, actor: by, event, detail }, clock.now())
      await also(tx)
      const after = await selectCampaign(tx, id)
      assert(after !== undefined, 'a campaign that was changed is there')
      return ok(after)
    })
  }

  return {
    upload: (file, by, also = nothing) =>
      db.transaction(async (tx) => {
        const { bytes } = file
        if (bytes.length === 0) return refused('wrong', 'the file is empty')
        if (bytes.length > firmwareBytesMax) return refused('wrong', 'the file is too long')
        const sha256 = createHash('sha256').update(bytes).digest('hex')
        const md5 = createHash('md5').update(bytes).digest()
        const isNew = await insertFirmware(tx, file, { sha256, md5 }, by, clock.now())
        const kept = await selectFirmwareBySum(tx, sha256, file)
        assert(kept !== undefined, 'a file that was stored is there')
        if (isNew) await also(tx)
        return ok(kept)
      }),
    files: (before, limit) => selectFirmwares(db, before, limit),
    file: (id) => selectFirmware(db, id),
    request: (wanted, also = nothing) =>
      db
        .transaction(async (tx): Promise<Answered> => {
          const known = await selectCampaignByKey(tx, wanted.key)
          if (known) return sameAs(known, wanted)
          const file = await selectFirmware(tx, wanted.firmwareId)
          if (!file) return refused('not-found', `there is no firmware ${wanted.firmwareId}`)
          const blocks = Math.ceil(file.size / wanted.blockBytes)
          if (blocks > BLOCKS_MAX) return refused('wrong', `${blocks} blocks: take longer ones`)
          const now = clock.now()
          const id = await insertCampaign(tx, wanted, now)
          const kept = await selectCampaignByKey(tx, wanted.key)
          assert(kept !== undefined, 'a campaign that was written is there')
          if (id === null) return sameAs(kept, wanted)
          const devices = await insertDevices(tx, id, wanted, blocks)
          // What was written for it goes with the transaction.
          if (devices === 0) throw new NoDevices()
          const place = { campaignId: id, concentratorId: null, actor: wanted.requestedBy }
          await insertEvent(tx, { ...place, event: 'requested', detail: { devices, blocks } }, now)
          await also(tx)
          const whole = await selectCampaign(tx, id)
          assert(whole !== undefined, 'a campaign that was written is there')
          return ok(whole)
        })
        .catch((error: unknown) => {
          if (error instanceof NoDevices)
            return refused('wrong', 'the target names no concentrator')
          throw error
        }),
    approve: (id, by, also = nothing) =>
      change(id, by, 'approved', also, async (tx, { state, requestedBy }) => {
        if (state !== 'requested') return refused('not-now', `it is ${state}`)
        if (requestedBy === by) return refused('second-person', 'somebody else has to approve it')
        await approveCampaign(tx, id, by, clock.now())
        return ok({})
      }),
    pause: (id, by, also = nothing) =>
      change(id, by, 'paused', also, async (tx, { state }) => {
        if (state !== 'running') return refused('not-now', `it is ${state}`)
        await updateCampaign(tx, id, { state: 'paused', reason: null, endedAt: null })
        return ok({})
      }),
    resume: (id, by, also = nothing) =>
      change(id, by, 'resumed', also, async (tx, { state }) => {
        if (state !== 'paused' && state !== 'stopped') return refused('not-now', `it is ${state}`)
        await updateCampaign(tx, id, { state: 'running', reason: null, endedAt: null })
        await cases.settled([{ key: caseKeyOf(id), evidence: { resumedBy: by } }], tx)
        return ok({})
      }),
    cancel: (id, reason, by, also = nothing) =>
      change(id, by, 'cancelled', also, async (tx, { state }) => {
        if (state === 'done' || state === 'cancelled') return refused('not-now', `it is ${state}`)
        const now = clock.now()
        await updateCampaign(tx, id, { state: 'cancelled', reason, endedAt: now })
        const devices = await cancelDevices(tx, id, reason, now)
        await cases.settled([{ key: caseKeyOf(id), evidence: { cancelledBy: by } }], tx)
        return ok({ reason, devices })
      }),
    campaign: (id) => selectCampaign(db, id),
    campaigns: (before, limit) => selectCampaigns(db, before, limit),
    devices: (id, state, after, limit) => selectDevices(db, id, state, after, limit),
  }
}

class NoDevices extends Error {}

function sameAs(known: Campaign, wanted: NewCampaign): Answered {
  const { key: _, requestedBy: __, ...terms } = wanted
  const isSame = isDeepStrictEqual({ ...known, ...terms }, known)
  return isSame ? ok(known) : refused('key-reused', 'this key stands for another campaign')
}

function refused(kind: FirmwareRefusal['kind'], message: string): Result<never, FirmwareRefusal> {
  return fail({ kind, message })
}
