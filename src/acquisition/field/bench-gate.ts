import { randomBytes } from 'node:crypto'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { CivilTime, Clock } from '#src/core'
import { createGatekeeper, fileLedger, gateKey, permitOffice, stopFile } from '../gate/index.ts'
import { knownProtocols } from '../known-protocols.ts'
import { counterShelf } from './counter-shelf.ts'
import { channelLocks } from './exclusive.ts'
import type { FieldGate } from './types.ts'

const KEY_BYTES = 32

/** Work at the bench (现场调试) keeps its journal in a file of this machine's data folder. */
export function benchGate(dataDir: string, clock: Clock, civil: CivilTime): FieldGate {
  // Permits of the bench are used by the process that gives them, so their key dies with it.
  const key = gateKey(randomBytes(KEY_BYTES))
  const ledger = fileLedger(join(dataDir, 'bench-journal.jsonl'))
  const keeper = createGatekeeper({
    clock,
    civil,
    key,
    ledger,
    protocols: knownProtocols,
    stopFile: stopFile(dataDir),
    log: silent,
  })
  const office = permitOffice(key, clock, () => ledger.epoch())
  const person = `bench/${userInfo().username}`
  const counters = counterShelf(join(dataDir, 'counters'))
  return { keeper, office, person, counters, lockChannel: channelLocks(dataDir) }
}

/** The person at the bench reads the refusal itself. */
const silent = { warn: () => {}, error: () => {} }
