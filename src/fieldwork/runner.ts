import type { Cases } from '#src/cases'
import {
  type Duration,
  type Instant,
  instant,
  milliseconds,
  minutes,
  seconds,
  sleep,
} from '#src/core'
import type { Database, Db } from '#src/db'
import { stepsOf } from './kinds.ts'
import {
  type Claimed,
  claimOrders,
  holdOrder,
  releaseOrder,
  renewLease,
  updateOrder,
} from './queries.ts'
import type { Step, StepContext, StepOutcome, StepWorld } from './step.ts'
import { beginStep, endStep, insertEvent, selectHanging, selectSteps } from './step-queries.ts'
import { caseKeyOf, subjectOf } from './subjects.ts'
import type { Facts } from './types.ts'

export interface RunnerOptions extends StepWorld {
  readonly db: Database
  readonly cases: Pick<Cases, 'found' | 'settled'>
  readonly report: (event: { readonly event: string; readonly error: unknown }) => void
}

/** Carries orders on, step by step, from wherever they stand. */
export interface FieldRunner {
  /** One look at what is due; returns how many orders were carried on. */
  round(signal: AbortSignal): Promise<number>
  start(): void
  stop(): Promise<void>
}

const SYSTEM = 'system'
const LEASE = minutes(10)
/** Orders at the same time. */
const ORDERS_MAX = 20
const PAUSE = seconds(2)
const AGAIN_FIRST = seconds(1)
const AGAIN_MAX = minutes(15)

export function createFieldRunner(options: RunnerOptions): FieldRunner {
  const { db, clock, cases, report } = options
  const stopping = new AbortController()
  const working = new Set<Promise<void>>()
  let running: Promise<void> = Promise.resolve()

  /** Takes what is due, as far as there is room; each goes on by itself and keeps nobody waiting. */
  async function take(signal: AbortSignal): Promise<readonly Promise<void>[]> {
    const now = clock.now()
    const room = ORDERS_MAX - working.size
    const claimed = room > 0 ? await claimOrders(db, now, instant(now + LEASE), room) : []
    const taken = claimed.map((order) => carryOn(order, signal))
    for (const work of taken) {
      const ended = work
        .catch((error: unknown) => report({ event: 'fieldwork.order-failed', error }))
        .finally(() => working.delete(ended))
      working.add(ended)
    }
    return taken
  }

  async function round(signal: AbortSignal): Promise<number> {
    const taken = await take(signal)
    await Promise.all(taken)
    await tellHanging()
    return taken.length
  }

  /** Until the order ends, waits, or another process has it. */
  async function carryOn(order: Claimed, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && (await takeStep(order, signal)));
    } catch (error) {
      // A bug or the database: the step is tried again, ever later, and hangs where it goes on so.
      report({ event: 'fieldwork.step-failed', error })
      await putOff(order, error)
    } finally {
      await releaseOrder(db, order.id, order.turn)
    }
  }

  /** True where the next step can follow at once. */
  async function takeStep(claim: Claimed, signal: AbortSignal): Promise<boolean> {
    const begun = await db.transaction((tx) => begin(tx, claim))
    if (begun === null) return false
    const { step, context, attempts } = begun
    const whole: StepContext = { ...context, world: options, signal }
    if (step.kind === 'base') {
      return await db.transaction(async (tx) => {
        // Looked at again under its lock: what is written stands or falls with its record.
        if (!(await holdOrder(tx, claim.id, claim.turn))) return false
        return await record(tx, claim, step, await step.run(whole, tx), attempts)
      })
    }
    const outcome = await step.run(whole)
    return await db.transaction((tx) => record(tx, claim, step, outcome, attempts))
  }

  function putOff(claim: Claimed, error: unknown): Promise<void> {
    return db.transaction(async (tx) => {
      const order = await holdOrder(tx, claim.id, claim.turn)
      const step = order && stepsOf[order.kind][order.position]
      if (!order || !step) return
      const steps = await selectSteps(tx, order.id)
      const { attempts = 1 } = steps.find(({ position }) => position === order.position) ?? {}
      const reason = `it broke: ${error instanceof Error ? error.message : String(error)}`
      await record(tx, claim, step, { kind: 'again', reason }, attempts)
    })
  }

  async function begin(tx: Db, { id, turn }: Claimed) {
    const order = await holdOrder(tx, id, turn)
    const step = order && stepsOf[order.kind][order.position]
    if (!order || !step) return null
    const now = clock.now()
    await renewLease(tx, id, instant(now + LEASE))
    const place = { id, position: order.position, name: step.name }
    const attempts = await beginStep(tx, place, now, instant(now + step.patience))
    const steps = await selectSteps(tx, id)
    const found = new Map(steps.map(({ name, evidence }) => [name, evidence]))
    return { step, attempts, context: { order, report: order.report, found } }
  }

  async function record(
    tx: Db,
    claim: Claimed,
    step: Step,
    outcome: StepOutcome,
    attempts: number,
  ): Promise<boolean> {
    const order = await holdOrder(tx, claim.id, claim.turn)
    if (!order) return false
    const now = clock.now()
    const { position } = order
    const place = { id: order.id, position }
    const same = { position, endedAt: null, verdict: null }
    switch (outcome.kind) {
      case 'done': {
        const { evidence } = outcome
        await endStep(tx, place, { state: 'done', evidence, reason: null, endedAt: now })
        await note(tx, order, 'done', { step: step.name, ...evidence }, now)
        await cases.settled([{ key: caseKeyOf(order.id, step.name), evidence }], tx)
        const isLast = position + 1 === stepsOf[order.kind].length
        const verdict = typeof evidence.verdict === 'string' ? evidence.verdict : 'good'
        await updateOrder(tx, order.id, {
          state: isLast ? 'done' : 'running',
          position: position + 1,
          nextAt: isLast ? null : now,
          endedAt: isLast ? now : null,
          verdict: isLast ? verdict : null,
        })
        return !isLast
      }
      case 'waits': {
        const { reason, after } = outcome
        await endStep(tx, place, { state: 'waiting', evidence: {}, reason, endedAt: null })
        const nextAt = after === null ? null : instant(now + after)
        await updateOrder(tx, order.id, { ...same, state: 'waiting', nextAt })
        return false
      }
      case 'again': {
        const { reason, evidence = {} } = outcome
        await endStep(tx, place, { state: 'begun', evidence, reason, endedAt: null })
        const nextAt = instant(now + backOff(attempts))
        await updateOrder(tx, order.id, { ...same, state: 'running', nextAt })
        return false
      }
      case 'failed': {
        const { reason, evidence = {} } = outcome
        await endStep(tx, place, { state: 'failed', evidence, reason, endedAt: now })
        await note(tx, order, 'failed', { step: step.name, reason }, now)
        const change = { ...same, endedAt: now, verdict: reason }
        await updateOrder(tx, order.id, { ...change, state: 'failed', nextAt: null })
        await cases.found(
          [
            {
              kind: 'order.failed',
              key: caseKeyOf(order.id, step.name),
              subject: subjectOf(order),
              severity: 'high',
              evidence: { order: order.id, kind: order.kind, step: step.name, reason },
            },
          ],
          tx,
        )
        return false
      }
    }
  }

  function note(tx: Db, { id }: Claimed, event: string, detail: Facts, now: Instant) {
    return insertEvent(tx, id, { actor: SYSTEM, event, detail }, now)
  }

  /** Steps that take longer than they should are work for somebody. */
  async function tellHanging(): Promise<void> {
    const hanging = await selectHanging(db, clock.now())
    if (hanging.length === 0) return
    await cases.found(
      hanging.map((one) => ({
        kind: 'order.hanging',
        key: caseKeyOf(one.orderId, one.name),
        subject: subjectOf(one),
        severity: 'medium',
        evidence: {
          order: one.orderId,
          kind: one.kind,
          step: one.name,
          since: one.startedAt,
          reason: one.reason,
        },
      })),
    )
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      await take(signal)
        .then(tellHanging)
        .catch((error: unknown) => {
          // Leases run out, and the next look carries on from what is written.
          report({ event: 'fieldwork.round-failed', error })
        })
      await sleep(clock, PAUSE, signal)
    }
    await Promise.all(working)
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

function backOff(attempts: number): Duration {
  return milliseconds(Math.min(AGAIN_MAX, AGAIN_FIRST * 2 ** Math.min(attempts - 1, 20)))
}
