import type { Cases } from '#src/cases'
import { type Instant, instant, seconds, sleep } from '#src/core'
import type { Db } from '#src/db'
import {
  type ClaimedDevice,
  claimDevices,
  insertEvent,
  putOff,
  releaseDevice,
  selectMd5,
  unfinishedStage,
} from './device-queries.ts'
import {
  lockCampaign,
  selectFirmware,
  selectRunning,
  updateCampaign,
  updateStage,
} from './queries.ts'
import { backOff, caseKeyOf, isOpen, isTooMuch } from './rules.ts'
import type { Campaign, CampaignId, FileToSend, Firmware } from './types.ts'
import { type End, LEASE, type UpgradeOptions, upgrade } from './upgrade.ts'

export interface RunnerOptions extends Omit<UpgradeOptions, 'ended'> {
  readonly cases: Pick<Cases, 'found' | 'settled'>
  readonly report: (event: { readonly event: string; readonly error: unknown }) => void
}

/** Carries campaigns on, each device by itself, from wherever they stand. */
export interface FirmwareRunner {
  /** Takes what is due and carries it as far as it goes; returns how many devices. */
  round(signal: AbortSignal): Promise<number>
  start(): void
  stop(): Promise<void>
}

interface Job {
  readonly campaign: Campaign
  readonly firmware: Firmware
  readonly file: FileToSend
}

const PAUSE = seconds(1)
/** Devices at the same time; each sends one block and waits for its answer. */
const DEVICES_MAX = 100
const SYSTEM = 'system'

export function createFirmwareRunner(options: RunnerOptions): FirmwareRunner {
  const { db, clock, civil, cases, report } = options
  const stopping = new AbortController()
  const working = new Set<Promise<void>>()
  let running: Promise<void> = Promise.resolve()

  /** The device's end is counted where it is written: no process stops too late. */
  async function ended(tx: Db, device: ClaimedDevice, { state, reason }: End, now: Instant) {
    const campaign = await lockCampaign(tx, device.campaignId)
    if (!campaign || state !== 'failed' || campaign.state !== 'running') return
    if (!isTooMuch(campaign)) return
    const { id, counts, failurePercentMax } = campaign
    const { done, failed } = counts
    const why = `${failed} of ${done + failed} failed; ${failurePercentMax} % may`
    await updateCampaign(tx, id, { state: 'stopped', reason: why, endedAt: null })
    const place = { campaignId: id, concentratorId: null, actor: SYSTEM }
    await insertEvent(tx, { ...place, event: 'stopped', detail: { done, failed } }, now)
    await cases.found(
      [
        {
          kind: 'firmware.stopped',
          key: caseKeyOf(id),
          subject: { kind: 'concentrator', id: device.concentratorId },
          severity: 'high',
          evidence: { campaign: id, done, failed, last: reason },
        },
      ],
      tx,
    )
  }

  /** The next stage, once nothing of those before is under way; the end after the last. */
  function moveOn(id: CampaignId): Promise<void> {
    return db.transaction(async (tx) => {
      const campaign = await lockCampaign(tx, id)
      if (campaign?.state !== 'running') return
      const next = await unfinishedStage(tx, id)
      if (next !== null && next <= campaign.stage) return
      const now = clock.now()
      const place = { campaignId: id, concentratorId: null, actor: SYSTEM }
      if (next !== null) {
        await updateStage(tx, id, next)
        await insertEvent(tx, { ...place, event: 'stage', detail: { stage: next } }, now)
        return
      }
      await updateCampaign(tx, id, { state: 'done', reason: null, endedAt: now })
      await insertEvent(tx, { ...place, event: 'done', detail: { ...campaign.counts } }, now)
      await cases.settled([{ key: caseKeyOf(id), evidence: { ended: 'done' } }], tx)
    })
  }

  async function jobOf(campaign: Campaign): Promise<Job | null> {
    const firmware = await selectFirmware(db, campaign.firmwareId)
    const { approvedBy } = campaign
    if (!firmware || approvedBy === null) return null
    const { id, blockBytes, requestedBy } = campaign
    const { protocol, name, version, size } = firmware
    const file = {
      ...{ campaignId: id, protocol, name, version, size, blockBytes, requestedBy, approvedBy },
      md5: await selectMd5(db, id),
      blocks: Math.ceil(size / blockBytes),
    }
    return { campaign, firmware, file }
  }

  /** Takes what is due; each goes on by itself, and a slow one keeps nobody waiting. */
  async function take(signal: AbortSignal): Promise<number> {
    const campaigns = await selectRunning(db)
    for (const { id } of campaigns) await moveOn(id)
    const now = clock.now()
    const open = campaigns.filter((campaign) => isOpen(campaign, civil, now))
    const room = DEVICES_MAX - working.size
    if (open.length === 0 || room <= 0) return 0
    const jobs = new Map<CampaignId, Job>()
    for (const campaign of open) {
      const job = await jobOf(campaign)
      if (job) jobs.set(campaign.id, job)
    }
    const claimed = await claimDevices(db, [...jobs.keys()], now, instant(now + LEASE), room)
    for (const device of claimed) {
      const job = jobs.get(device.campaignId)
      if (!job) continue
      const work = carryOn(device, job, signal).finally(() => working.delete(work))
      working.add(work)
    }
    return claimed.length
  }

  async function carryOn(device: ClaimedDevice, job: Job, signal: AbortSignal): Promise<void> {
    const { campaign, firmware, file } = job
    try {
      await upgrade({ ...options, ended }, device, campaign, firmware, file, signal)
    } catch (error) {
      report({ event: 'firmware.device-failed', error })
      await putOff(db, device, instant(clock.now() + backOff(device.tries + 1))).catch(
        (again: unknown) => {
          // The lease runs out, and the next look takes it up from what is written.
          report({ event: 'firmware.device-failed', error: again })
        },
      )
    } finally {
      await releaseDevice(db, device).catch((error: unknown) => {
        report({ event: 'firmware.not-released', error })
      })
    }
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      await take(signal).catch((error: unknown) => {
        report({ event: 'firmware.round-failed', error })
      })
      await sleep(clock, PAUSE, signal)
    }
    await Promise.all(working)
  }

  return {
    async round(signal) {
      const taken = await take(signal)
      await Promise.all(working)
      return taken
    },
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
