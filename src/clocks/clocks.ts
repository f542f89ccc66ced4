import type { Cases } from '#src/cases'
import { type CivilTime, type Clock, fail, instant, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { Doubts } from './book.ts'
import {
  endCorrection,
  insertCorrection,
  joinCorrection,
  lockCorrection,
  selectCorrection,
  selectCorrections,
  updateApproval,
} from './correction-queries.ts'
import { Heard } from './heard.ts'
import {
  bringForward,
  selectDoubts,
  selectPolicy,
  selectSeries,
  selectState,
  selectStates,
  updatePolicy,
} from './queries.ts'
import { atOnce, clockRules, peopleNeeded, suitsBroadcast, verdictOf } from './rules.ts'
import { Runner } from './runner.ts'
import type {
  Also,
  ClockDevice,
  ClockEar,
  ClockPerson,
  ClockRefusal,
  Clocks,
  ClockTalk,
  Correction,
  DoubtBook,
} from './types.ts'

export interface ClockOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly talk: ClockTalk
  readonly cases: Pick<Cases, 'found'>
  /** Whether this machine's own clock is known to be right. */
  readonly isHostRight: () => Promise<boolean>
  readonly report: (event: { readonly event: string; readonly error?: unknown }) => void
}

/** What measures and corrects, until it is stopped. */
export interface ClockRunner {
  start(): Promise<void>
  stop(): Promise<void>
  /** Does once what is due now; resolves when it is done. */
  once(): Promise<void>
}

/** Clocks, who corrects them, and whose readings are in doubt. */
export function createClocks(options: ClockOptions): {
  readonly clocks: Clocks
  readonly runner: ClockRunner
  readonly doubts: DoubtBook
  readonly ear: ClockEar
} {
  const { db, clock } = options
  const doubts = new Doubts()
  const heard = new Heard(clock)
  const runner = new Runner({
    ...options,
    doubts,
    heard,
    propose: (device, at) => propose(db, device, 'system', at),
  })

  /** By a person, or by this system: nobody stands behind that. */
  async function propose(
    tx: Db,
    device: ClockDevice,
    by: string,
    at = clock.now(),
  ): Promise<Result<Correction, ClockRefusal>> {
    const state = await selectState(tx, device)
    if (!state) return fail('not-found')
    const { offsetMs, uncertaintyMs, measuredAt, protocol, channelId } = state
    if (measuredAt === null || uncertaintyMs === null) return fail('not-measured')
    const verdict = verdictOf(device.kind, { offsetMs, uncertaintyMs })
    const isPerson = by !== 'system'
    if (verdict === 'good' || (verdict === 'watched' && !isPerson)) return fail('not-needed')
    const { autoCorrect } = await selectPolicy(tx)
    const inserted = await insertCorrection(tx, {
      device,
      channelId,
      how: suitsBroadcast(protocol, offsetMs) ? 'broadcast' : 'own',
      requestedBy: by,
      at,
      approvers: isPerson ? [by] : [],
      peopleNeeded: peopleNeeded(verdict, autoCorrect && !isPerson),
      offsetMs: offsetMs === null ? null : Math.round(offsetMs),
      uncertaintyMs,
    })
    const id = inserted ?? (isPerson ? await joinCorrection(tx, device, by) : null)
    const made = id === null ? undefined : await selectCorrection(tx, id)
    return made ? ok(made) : fail('not-now')
  }

  async function decide(
    id: number,
    { name }: ClockPerson,
    also: Also,
    act: 'approve' | 'reject',
  ): Promise<Result<Correction, ClockRefusal>> {
    return await db.transaction(async (tx) => {
      await lockCorrection(tx, id)
      const known = await selectCorrection(tx, id)
      if (!known) return fail('not-found' as const)
      const isOpen = known.state === 'proposed' || (act === 'reject' && known.state === 'approved')
      if (!isOpen) return fail('not-now' as const)
      if (act === 'reject') {
        const reason = { code: 'clock.rejected', message: `rejected by ${name}` }
        await endCorrection(tx, id, 'rejected', reason, null, clock.now())
      } else {
        if (known.approvers.includes(name)) return fail('second-person' as const)
        await updateApproval(tx, id, name)
      }
      await also(tx)
      const after = await selectCorrection(tx, id)
      return after ? ok(after) : fail('not-found' as const)
    })
  }

  const nothingElse: Also = async () => {}
  const clocks: Clocks = {
    list: (filter, offset, limit) => selectStates(db, filter, offset, limit),
    get: (device) => selectState(db, device),
    series: (device, limit) => selectSeries(db, device, limit),
    async measureNow(devices, also = nothingElse) {
      const count = await db.transaction(async (tx) => {
        await also(tx)
        return await bringForward(tx, devices, atOnce(clock.now()))
      })
      runner.stir()
      return count
    },
    measure: (device) => runner.measureFor(device),
    async propose(device, by, also = nothingElse) {
      const proposed = await db.transaction(async (tx) => {
        const made = await propose(tx, device, by.name)
        if (made.ok) await also(tx)
        return made
      })
      runner.stir()
      return proposed
    },
    async approve(id, by, also = nothingElse) {
      const decided = await decide(id, by, also, 'approve')
      runner.stir()
      return decided
    },
    correction: (id) => selectCorrection(db, id),
    reject: (id, by, also = nothingElse) => decide(id, by, also, 'reject'),
    corrections: (filter, before, limit) => selectCorrections(db, filter, before, limit),
    policy: () => selectPolicy(db),
    setPolicy: (policy, also = nothingElse) =>
      db.transaction(async (tx) => {
        await updatePolicy(tx, policy)
        await also(tx)
      }),
  }
  return {
    clocks,
    doubts,
    ear: heard,
    runner: {
      async start() {
        doubts.load(await selectDoubts(db, instant(clock.now() - clockRules.month)))
        runner.start()
      },
      stop: () => runner.stop(),
      once: () => runner.once(),
    },
  }
}
