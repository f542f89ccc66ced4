import { instant } from '#src/core'
import type { Database, Db } from '#src/db'
import { budgetMemory } from './budgets.ts'
import { stateAfter } from './gate-acts.ts'
import { type GateReason, type GateRecord, isDryRun } from './judge.ts'
import type { Asked, GateLedger } from './ledger.ts'
import type { GateKey } from './permit.ts'
import {
  allActs,
  cutsSince,
  fleetSize,
  insertJournal,
  insertUse,
  isUsed,
  lockGate,
} from './queries.ts'

/** The head-end's ledger: one budget for all its processes, counted from its own table. */
export function databaseLedger(db: Database, key: GateKey): GateLedger {
  return {
    decide: (asked, judge) =>
      db.transaction(async (tx) => {
        if (asked.cuts) await lockGate(tx)
        let reasons = judge(await recordFor(tx, asked, key))
        if (reasons.length === 0 && !(await insertUse(tx, asked))) reasons = [usedMeanwhile]
        const event = reasons.length === 0 ? 'passed' : isDryRun(reasons) ? 'dry-run' : 'refused'
        const codes = reasons.map(({ code }) => code)
        await insertJournal(tx, event, asked, codes)
        return reasons
      }),
    ended: (entry, outcome) => insertJournal(db, 'ended', entry, [outcome]),
    epoch: async () => stateAfter(await allActs(db), key).epoch,
  }
}

const usedMeanwhile: GateReason = {
  code: 'gate.used',
  message: 'the permit was used at the same moment by somebody else',
}

/** What only matters to cutting supply is read only then. */
async function recordFor(tx: Db, asked: Asked, key: GateKey): Promise<GateRecord> {
  const used = asked.permit !== null && (await isUsed(tx, asked.permit.id))
  if (!asked.cuts) return { used, armed: false, stopped: true, epoch: -1, cuts: [], fleet: 0 }
  const state = stateAfter(await allActs(tx), key)
  const cuts = await cutsSince(tx, instant(asked.at - budgetMemory))
  return { ...state, used, cuts, fleet: await fleetSize(tx) }
}
