import {
  type CivilTime,
  type Clock,
  hours,
  type Instant,
  instant,
  milliseconds,
  minutes,
  seconds,
  sleep,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { settleByReceipts } from './messages.ts'
import { type Claimed, claimDue, finishTurn, insertEvents, markSending } from './queries.ts'
import { selectPolicy } from './rule-queries.ts'
import { afterAsking, afterSending, dutyOf, type Turned } from './rules.ts'
import type { Provider } from './types.ts'

export interface PostOfficeOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly provider: Provider
  readonly report: (event: {
    readonly event: string
    readonly error?: unknown
    readonly count?: number
  }) => void
}

/** What sends the messages of the outbox. */
export interface PostOffice {
  /** One look at what is due; returns how many messages had their turn. */
  round(signal: AbortSignal): Promise<number>
  start(): void
  stop(): Promise<void>
}

const LEASE = minutes(2)
const BATCH = 50
const AT_ONCE = 8
const PAUSE = seconds(5)
const OTHER_LOOK = minutes(30)

export function createPostOffice(options: PostOfficeOptions): PostOffice {
  const { db, clock, civil, provider, report } = options
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()

  async function round(signal: AbortSignal): Promise<number> {
    const now = clock.now()
    const { claimed, duties } = await db.transaction((tx) => take(tx, now))
    const work = [
      ...(duties.get('send') ?? []).map((one) => () => send(one, signal)),
      ...(duties.get('ask') ?? []).map((one) => () => ask(one, signal)),
      ...(duties.get('expire') ?? []).map((one) => () => finish(one, expired)),
      ...(duties.get('wait') ?? []).map((one) => () => wait(one)),
    ]
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let next = work.shift(); next; next = work.shift()) await next()
      }),
    )
    return claimed.length
  }

  /** What is sent is written down as being sent before it is, and counts for its person at once. */
  async function take(tx: Db, now: Instant) {
    const { quiet, personHourMax } = await selectPolicy(tx)
    const claimed = await claimDue(tx, {
      now,
      leaseUntil: instant(now + LEASE),
      hour: civil.toWall(now).hour,
      quiet,
      personMax: personHourMax,
      countedSince: instant(now - hours(1)),
      limit: BATCH,
    })
    const duties = Map.groupBy(claimed, (one) => dutyOf(one, provider, now))
    const leaving = duties.get('send') ?? []
    if (leaving.length > 0) await markSending(tx, leaving, now)
    return { claimed, duties }
  }

  async function send(one: Claimed, signal: AbortSignal): Promise<void> {
    const tried = { ...one, tries: one.tries + 1 }
    const outcome = await provider.send(one, signal)
    await finish(one, afterSending(tried, outcome, clock.now()))
  }

  async function ask(one: Claimed, signal: AbortSignal): Promise<void> {
    const outcome = (await provider.query?.(one, signal)) ?? {
      kind: 'unknown' as const,
      reason: 'the provider cannot be asked',
    }
    await finish(one, afterAsking(one, one.state, outcome, clock.now()))
  }

  /** Nothing more can be done but to wait for a receipt, or for a person. */
  async function wait(one: Claimed): Promise<void> {
    const isInDoubt = one.state === 'sending' || one.state === 'unknown'
    const state = isInDoubt ? 'unknown' : one.state
    const reason = isInDoubt ? (one.reason ?? 'nobody knows whether it left') : one.reason
    const isYoung = clock.now() < one.expiresAt
    const nextAt = isYoung ? instant(clock.now() + OTHER_LOOK) : null
    await finish(one, { state, nextAt, event: 'waits', reason, ref: null })
  }

  async function finish(one: Claimed, turned: Turned): Promise<void> {
    const now = clock.now()
    await db.transaction(async (tx) => {
      if (!(await finishTurn(tx, one, turned, now))) return
      const { event, reason, ref } = turned
      if (event !== 'waits' || one.state !== turned.state) {
        await insertEvents(tx, [{ id: one.id, event, detail: reason ?? ref ?? '' }], now)
      }
      // A receipt may have come before the answer that it is the receipt of.
      await settleByReceipts(tx, ref === null ? [one.id] : [one.id, ref], now)
    })
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      const count = await round(signal).catch((error: unknown) => {
        // The database may be away: the leases run out, and the next round looks again.
        report({ event: 'messages.round-failed', error })
        return 0
      })
      if (count > 0) report({ event: 'messages.round', count })
      if (count < BATCH) await sleep(clock, milliseconds(PAUSE), signal)
    }
  }

  return {
    round,
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

const expired: Turned = {
  state: 'expired',
  nextAt: null,
  event: 'expired',
  reason: 'its time was over before it could leave',
  ref: null,
}
