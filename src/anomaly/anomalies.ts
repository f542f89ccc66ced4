import type { Cases } from '#src/cases'
import { type CivilTime, type Clock, fail, ok } from '#src/core'
import type { Database } from '#src/db'
import { parametersOf } from './conditions.ts'
import { selectCurve, selectDays, selectEvents, selectHits } from './context-queries.ts'
import { forgetDays } from './due-queries.ts'
import { follow } from './follow.ts'
import { decide, lockAnomaly, selectAnomalies, selectAnomaly } from './list-queries.ts'
import { putPrice, selectPrices } from './price-queries.ts'
import { putRule, selectRules } from './rule-queries.ts'
import type { Anomalies, Rule } from './types.ts'
import { sendToCase } from './work.ts'

/** Rules look back 90 days at most, and a day may be judged anew for a while after it. */
const UNRAISED_DAYS = 190
/** As long as the curves that the evidence rests on. */
const OVER_DAYS = 3 * 366

/** Days shown before and after what was found. */
const BEFORE_DAYS = 28
const AFTER_DAYS = 7

export interface AnomalyOptions {
  readonly db: Database
  readonly clock: Clock
  readonly cases: Cases
  readonly civil: CivilTime
}

/** What looks wrong with a usage point, by rules that are data (用电异常). */
export function createAnomalies({ db, clock, cases, civil }: AnomalyOptions): Anomalies {
  return {
    follow: (now, signal) => follow({ db, cases, civil }, now, signal),
    forget(now, signal) {
      const today = civil.dateOf(now)
      const unraised = civil.addDays(today, -UNRAISED_DAYS)
      return forgetDays(db, { unraised, over: civil.addDays(today, -OVER_DAYS) }, signal)
    },
    list: (filter, after, limit) => selectAnomalies(db, filter, after, limit, clock.now()),
    get: (id) => selectAnomaly(db, id),
    async context({ usagePointId, nodeId, code, beganOn, lastOn }) {
      const first = civil.addDays(beganOn, -BEFORE_DAYS)
      const last = civil.addDays(lastOn, AFTER_DAYS)
      const from = civil.startOf(first)
      const to = civil.startOf(civil.addDays(last, 1))
      return {
        days: await selectDays(db, usagePointId, nodeId, first, last),
        // The last day of it, and the evening before.
        curve: await selectCurve(
          db,
          usagePointId,
          civil.startOf(civil.addDays(lastOn, -1)),
          civil.startOf(civil.addDays(lastOn, 1)),
        ),
        events: await selectEvents(db, usagePointId, from, to),
        hits: await selectHits(db, usagePointId, code, beganOn, lastOn),
      }
    },
    move: (id, move, actor, now, also) =>
      db.transaction(async (tx) => {
        await lockAnomaly(tx, id)
        const known = await selectAnomaly(tx, id)
        if (known === undefined) {
          return fail({ kind: 'not-found', message: `there is no anomaly ${id}` } as const)
        }
        if (known.state !== 'open' && known.state !== 'confirmed') {
          return fail({ kind: 'not-now', message: `it is ${known.state} already` } as const)
        }
        switch (move.kind) {
          case 'confirm':
          case 'dismiss': {
            const quietUntil =
              move.kind === 'dismiss' ? civil.addDays(civil.dateOf(now), move.quietDays) : null
            const state = move.kind === 'dismiss' ? 'dismissed' : 'confirmed'
            await decide(tx, id, { state, by: actor, at: now, reason: move.reason, quietUntil })
            break
          }
          case 'ticket':
            if (known.caseId === null) await sendToCase(tx, cases, id)
            break
        }
        await also(tx)
        return ok((await selectAnomaly(tx, id)) ?? known)
      }),
    rules: () => selectRules(db),
    prices: () => selectPrices(db),
    setPrice: (price, by, now, also) =>
      db.transaction(async (tx) => {
        await putPrice(tx, price, by, now)
        await also(tx)
      }),
    setRule: (code, customerClass, change, by, also) =>
      db.transaction(async (tx) => {
        const rules = await selectRules(tx)
        const same = rules.filter((one) => one.code === code)
        const known = same.find((one) => one.customerClass === customerClass) ?? same[0]
        if (known === undefined) {
          return fail({ kind: 'not-found', message: `there is no rule ${code}` } as const)
        }
        const next: Rule = { ...known, ...change, customerClass }
        const checked = parametersOf(next.shape, next.parameters)
        if (!checked.ok) return fail({ kind: 'invalid', message: checked.error } as const)
        if (next.raiseWithin < next.raiseDays) {
          return fail({ kind: 'invalid', message: 'raiseWithin is below raiseDays' } as const)
        }
        const version = await putRule(tx, next, by)
        await also(tx)
        return ok({ ...next, version })
      }),
  }
}
