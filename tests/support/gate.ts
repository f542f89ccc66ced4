import {
  allInterlocks,
  type Classifier,
  type Cut,
  createGatekeeper,
  type FileLock,
  type GateKey,
  type Gatekeeper,
  type GateLedger,
  type GateRecord,
  gateKey,
  type Interlock,
  type PermitOffice,
  permitOffice,
} from '#src/acquisition/gate'
import { type Clock, civilTime, fail, ok, type Result } from '#src/core'

export type LedgerAsk = Parameters<GateLedger['decide']>[0]

/** A ledger in memory, open to be looked into and broken by a test. */
export class MemoryLedger implements GateLedger {
  armed = true
  stopped = false
  epochNow = 0
  fleet = 0
  /** Rejects from now on, as a database that is away does. */
  broken = false
  readonly verdicts: { readonly asked: LedgerAsk; readonly codes: readonly string[] }[] = []
  readonly outcomes: string[] = []
  readonly #used = new Set<string>()
  readonly #cuts: Cut[] = []

  async decide(
    asked: LedgerAsk,
    judge: Parameters<GateLedger['decide']>[1],
  ): ReturnType<GateLedger['decide']> {
    if (this.broken) throw new Error('the ledger is away')
    const { permit, at, via, cuts } = asked
    const record: GateRecord = {
      armed: this.armed,
      stopped: this.stopped,
      epoch: this.epochNow,
      used: permit !== null && this.#used.has(permit.id),
      cuts: [...this.#cuts],
      fleet: this.fleet,
    }
    const reasons = judge(record)
    this.verdicts.push({ asked, codes: reasons.map(({ code }) => code) })
    if (reasons.length > 0) return reasons
    if (permit) this.#used.add(permit.id)
    if (cuts) this.#cuts.push({ at, via })
    return []
  }

  async ended(_entry: object, outcome: string): Promise<void> {
    this.outcomes.push(outcome)
  }

  async epoch(): Promise<number> {
    return this.epochNow
  }
}

/** A gate with everything around it in memory. */
export interface TestGate {
  readonly keeper: Gatekeeper
  readonly office: PermitOffice
  readonly key: GateKey
  readonly ledger: MemoryLedger
  readonly file: { isThere: boolean }
  readonly person: string
  readonly counters: {
    ready(name: string, floor: number): void
    next(name: string, floor: number): number
  }
  lockChannel(name: string): Result<FileLock, number>
}

export function testGate(
  clock: Clock,
  protocols: readonly Classifier[] = [],
  interlocks: readonly Interlock[] = allInterlocks,
): TestGate {
  const ledger = new MemoryLedger()
  const key = gateKey(new TextEncoder().encode('a key of tests, known to everybody'))
  const file = { isThere: false }
  const keeper = createGatekeeper({
    clock,
    key,
    ledger,
    protocols,
    interlocks,
    civil: civilTime('Asia/Shanghai'),
    stopFile: { pressed: () => file.isThere },
    log: { warn: () => {}, error: () => {} },
  })
  const office = permitOffice(key, clock, () => ledger.epoch())
  const locked = new Set<string>()
  const lockChannel = (name: string): Result<FileLock, number> => {
    if (locked.has(name)) return fail(4711)
    locked.add(name)
    return ok({ release: () => locked.delete(name) })
  }
  let counter = 0
  const counters = {
    ready: () => {},
    next: (_name: string, floor: number) => {
      counter = Math.max(counter, floor) + 1
      return counter
    },
  }
  return { keeper, office, key, ledger, file, person: 'user/1', counters, lockChannel }
}
