import {
  type CivilTime,
  type Clock,
  hours,
  type Instant,
  instant,
  minutes,
  seconds,
} from '#src/core'
import type { Database, Db } from '#src/db'
import {
  type ClaimedDevice,
  type DeviceChange,
  insertEvent,
  updateDevice,
} from './device-queries.ts'
import { selectBlock } from './queries.ts'
import { backOff, isOpen, whyNotFor } from './rules.ts'
import type { Campaign, FileToSend, Firmware, FirmwareTalk, TalkFailure } from './types.ts'

/** Nobody heard of it for so long: it is given up. */
const PATIENCE = hours(72)
/** A device that has the whole file puts it in force and starts anew. */
const LOOK_FIRST = seconds(5)
const LOOK_AGAIN = seconds(20)
const VERIFY_MAX = minutes(30)
const RESTARTS_MAX = 3
export const LEASE = minutes(5)

export interface UpgradeOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly talk: FirmwareTalk
  /** In the transaction that ends a device: counts it, and stops the campaign where it is too much. */
  readonly ended: (tx: Db, device: ClaimedDevice, end: End, now: Instant) => Promise<void>
}

export interface End {
  readonly state: 'done' | 'failed' | 'skipped'
  readonly reason: string | null
}

type Said = Pick<DeviceChange, 'before' | 'after'>

/** One device, from wherever it stands until it ends, waits, or its campaign does. */
export async function upgrade(
  options: UpgradeOptions,
  claim: ClaimedDevice,
  campaign: Campaign,
  firmware: Firmware,
  file: FileToSend,
  signal: AbortSignal,
): Promise<void> {
  const { db, clock, civil, talk } = options
  const { channelId } = claim
  let device = claim
  let hasWritten = false

  async function keep(change: Partial<ClaimedDevice>, more: Partial<DeviceChange> = {}) {
    const now = clock.now()
    const next = { ...device, ...change }
    const kept = { ...next, reason: null, nextAt: now, endedAt: null, ...more }
    const state = await updateDevice(db, device, kept, instant(now + LEASE))
    device = next
    return state === 'running' && !signal.aborted && isOpen(campaign, civil, clock.now())
  }

  function end(state: End['state'], reason: string | null, said: Said = {}): Promise<void> {
    return db.transaction(async (tx) => {
      const now = clock.now()
      const change = { ...device, ...said, state, reason, nextAt: null, endedAt: now }
      if ((await updateDevice(tx, device, change, now)) === null) return
      const { campaignId, concentratorId } = device
      const place = { campaignId, concentratorId, actor: 'system' }
      await insertEvent(tx, { ...place, event: state, detail: { reason, ...said } }, now)
      await options.ended(tx, device, { state, reason }, now)
    })
  }

  async function later({ kind, message }: TalkFailure): Promise<void> {
    if (kind === 'unsupported') return end('failed', message)
    const now = clock.now()
    if (now > device.startedAt + PATIENCE) return end('failed', `no end for three days: ${message}`)
    const tries = device.tries + 1
    await keep({ tries }, { reason: message, nextAt: instant(now + backOff(tries)) })
  }

  async function again(reason: string): Promise<void> {
    const restarts = device.restarts + 1
    if (restarts > RESTARTS_MAX) return end('failed', reason)
    const change = { state: 'sending', block: 0, begun: false, doubt: false, restarts } as const
    const nextAt = instant(clock.now() + backOff(restarts))
    await keep({ ...change, sentAt: null }, { reason, nextAt })
  }

  async function sent(doubt: boolean): Promise<void> {
    const now = clock.now()
    const change = { state: 'sent', block: file.blocks, doubt, sentAt: now, tries: 0 } as const
    await keep(change, { nextAt: instant(now + LOOK_FIRST) })
  }

  /** True once all of the file is there; else whatever follows was arranged. */
  async function send(): Promise<boolean> {
    const begun = await talk.begin(channelId, file, device.begun ? device.block : null, signal)
    if (!begun.ok) {
      await later(begun.error)
      return false
    }
    let mayGoOn = await keep({ begun: true, block: Math.min(begun.value, file.blocks) })
    while (mayGoOn && device.block < file.blocks) {
      const { block } = device
      const data = await selectBlock(db, firmware.id, block, file.blockBytes)
      const written = await talk.write(channelId, file, block, data, signal)
      if (!written.ok) {
        await later(written.error)
        return false
      }
      if (written.value === 'lost') {
        // Taken before a death perhaps, and put in force: only its version can tell.
        const isLast = block === file.blocks - 1 && !hasWritten
        await (isLast ? sent(true) : again('the device lost or refused the file'))
        return false
      }
      hasWritten = true
      mayGoOn = await keep({ block: block + 1, tries: 0 })
    }
    return mayGoOn
  }

  async function verify(said: Said): Promise<void> {
    const now = clock.now()
    if (now <= (device.sentAt ?? now) + VERIFY_MAX) {
      const nextAt = instant(now + LOOK_AGAIN)
      await keep({ state: 'verifying', tries: 0 }, { nextAt, ...said })
      return
    }
    const reason = `it still says ${said.after ?? 'nothing'}`
    await (device.doubt ? again(reason) : end('failed', reason, said))
  }

  const asked = await talk.version(channelId, signal)
  if (!asked.ok) return later(asked.error)
  const { version } = asked.value
  const isWaiting = device.state === 'waiting'
  if (version === file.version) {
    if (isWaiting) return end('skipped', 'it has it already', { before: version, after: version })
    return end('done', null, { after: version })
  }
  if (isWaiting) {
    const why = whyNotFor(firmware, asked.value)
    if (why !== null) return end('skipped', why, { before: version })
    if (!(await keep({ state: 'sending', tries: 0 }, { before: version }))) return
  }
  if (device.state !== 'sending') return verify({ after: version })
  if (!(await send())) return
  const verdict = await talk.verdict(channelId, signal)
  // Whoever puts a file in force may be silent; its version tells in the end.
  if (verdict.ok && verdict.value !== null) return again(verdict.value)
  await sent(false)
}
