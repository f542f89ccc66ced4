import { knownProtocols } from '#src/acquisition'
import {
  createGatekeeper,
  createTripControl,
  databaseLedger,
  type Gatekeeper,
  loadGateKey,
  type PermitOffice,
  permitOffice,
  stopFile,
  type TripControl,
} from '#src/acquisition/gate'
import { confirmingRoles } from '#src/api'
import { type CliFailure, exitCodes } from '#src/cli'
import { type CivilTime, type Clock, fail, ok, type Result } from '#src/core'
import type { Database } from '#src/db'
import { type Identity, mayAct } from '#src/identity'
import type { Logger } from '#src/observe'

const PAGE_USERS = 200

export interface GateWiring {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly dataDir: string
  readonly identity: Pick<Identity, 'users'>
  readonly log: Logger
}

/** Makes sure that the key of the gate can be had, before anything is started that needs it. */
export function checkGateKey(dataDir: string): Result<void, CliFailure> {
  try {
    loadGateKey(dataDir)
    return ok(undefined)
  } catch (error) {
    return fail({
      exit: exitCodes.failed,
      code: 'gate.key',
      message: `the key of the gate: ${error instanceof Error ? error.message : String(error)}`,
      next: 'give the process the right to write to HES_DATA_DIR, or restore secrets/gate.key',
    })
  }
}

/** The gate at the wire over this head-end's database and data folder, and what stops and arms it. */
export function buildGate(wiring: GateWiring): {
  readonly gatekeeper: Gatekeeper
  readonly trips: TripControl
  /** Gives leave for upkeep; the gate checks each by itself. */
  readonly office: PermitOffice
} {
  const { db, clock, civil, dataDir, identity, log } = wiring
  const common = { clock, key: loadGateKey(dataDir), stopFile: stopFile(dataDir) }
  const ledger = databaseLedger(db, common.key)
  return {
    office: permitOffice(common.key, clock, () => ledger.epoch()),
    gatekeeper: createGatekeeper({
      ...common,
      civil,
      protocols: knownProtocols,
      ledger,
      log: log.child({ component: 'gate' }),
    }),
    trips: createTripControl({
      ...common,
      db,
      othersWhoMayConfirm: (id) => countOthers(identity, id),
    }),
  }
}

async function countOthers(identity: Pick<Identity, 'users'>, id: string): Promise<number> {
  let [count, after] = [0, 0]
  for (;;) {
    const page = await identity.users(after, PAGE_USERS)
    count += page.filter(
      (user) => !user.disabled && `user/${user.id}` !== id && mayConfirm(user),
    ).length
    const last = page.at(-1)
    if (!last || page.length < PAGE_USERS) return count
    after = last.id
  }
}

function mayConfirm({ id, username, roles }: Awaited<ReturnType<Identity['users']>>[number]) {
  return mayAct({ kind: 'user', id, name: username, roles, session: null }, confirmingRoles)
}
