import { type CivilTime, type Clock, fail, instant, milliseconds, ok, type Result } from '#src/core'
import { actsOf, type Classifier, cuts, type FrameAct } from './acts.ts'
import {
  type GateCode,
  type GateReason,
  type Interlock,
  isDryRun,
  reasonsAgainst,
} from './judge.ts'
import type { Asked, GateLedger } from './ledger.ts'
import { maskedFrame } from './masked.ts'
import { type GateKey, isGenuine, type Permit } from './permit.ts'
import type { StopFile } from './stop-file.ts'

/** A verdict holds this long: what was pressed or ran out meanwhile is looked at again. */
const VERDICT_LIFE = milliseconds(500)

/** Why a frame was kept off the wire: the first reason's code, all of them as a sentence. */
export interface GateRefusal {
  readonly code: GateCode
  readonly message: string
}

/** Leave for one frame, to be used at once. */
export interface Passage {
  /** The last look, right before the bytes leave; null where they still may. */
  lastLook(): GateRefusal | null
  /** What came of it, for the journal. */
  ended(outcome: string): void
}

/**
 * The last look at every outgoing frame, in the only module that puts frames on a wire: what only
 * reads passes, everything else needs a permit that the gate checks by itself.
 */
export interface Gatekeeper {
  /** True for a frame that changes nothing, nor any that it carries. */
  reads(protocol: Classifier, frame: Uint8Array): boolean
  /** Judges a frame that does more, writes verdict and permit's use down, and only then answers. */
  admit(
    protocol: Classifier,
    frame: Uint8Array,
    permit: Permit | null,
    via: string,
  ): Promise<Result<Passage, GateRefusal>>
}

interface GateLog {
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

export interface GatekeeperOptions {
  readonly clock: Clock
  readonly civil: CivilTime
  /** What a carried frame may be of. */
  readonly protocols: readonly Classifier[]
  readonly key: GateKey
  readonly ledger: GateLedger
  readonly stopFile: Pick<StopFile, 'pressed'>
  readonly log: GateLog
  /** All of them, unless a test takes one away. */
  readonly interlocks?: readonly Interlock[]
}

export function createGatekeeper(options: GatekeeperOptions): Gatekeeper {
  return new Keeper(options)
}

/** For work that only reads: it needs no ledger, and lets nothing else pass. */
export function readingGatekeeper(protocols: readonly Classifier[]): Gatekeeper {
  return {
    reads: (protocol, frame) => actsOf(protocol, frame, protocols).length === 0,
    admit: async () => fail({ code: 'gate.no-permit', message: 'only reads pass here' }),
  }
}

class Keeper implements Gatekeeper {
  readonly #options: GatekeeperOptions

  constructor(options: GatekeeperOptions) {
    this.#options = options
  }

  reads(protocol: Classifier, frame: Uint8Array): boolean {
    return actsOf(protocol, frame, this.#options.protocols).length === 0
  }

  async admit(
    protocol: Classifier,
    frame: Uint8Array,
    permit: Permit | null,
    via: string,
  ): Promise<Result<Passage, GateRefusal>> {
    const { ledger, clock, log } = this.#options
    const acts = actsOf(protocol, frame, this.#options.protocols)
    const asked = this.#entry(protocol, frame, acts, permit, via)
    let judgedAt = asked.at
    const reasons = await ledger
      .decide(asked, (record) => {
        judgedAt = clock.now()
        return this.#judge(asked, acts, permit, record)
      })
      .catch((error: unknown): readonly GateReason[] => {
        // Nothing is written, so nothing leaves: a crash now could let a permit be used twice.
        log.error({ event: 'gate.ledger', err: error })
        return [{ code: 'gate.ledger', message: 'the gate could not write down what it would do' }]
      })
    const refusal = refusalOf(reasons)
    if (!refusal) return ok(this.#passage(asked, acts, judgedAt))
    const { protocol: name, effect, address } = asked
    const event = isDryRun(reasons) ? 'gate.dry-run' : 'gate.refused'
    const codes = reasons.map(({ code }) => code)
    log.warn({ event, protocol: name, effect, address, via, codes }, refusal.message)
    return fail(refusal)
  }

  #judge(
    { at, via }: Asked,
    acts: readonly FrameAct[],
    permit: Permit | null,
    record: Parameters<Parameters<GateLedger['decide']>[1]>[0],
  ): readonly GateReason[] {
    const { civil, key, stopFile, interlocks } = this.#options
    const genuine = permit !== null && isGenuine(permit, key)
    const stopped = stopFile.pressed()
    const question = { acts, permit, genuine, now: at, civil, via, record, stopFile: stopped }
    return reasonsAgainst(question, interlocks)
  }

  #passage(asked: Asked, acts: readonly FrameAct[], judgedAt: number): Passage {
    const { clock, stopFile, ledger, log } = this.#options
    const { permit } = asked
    return {
      lastLook() {
        const now = clock.now()
        if (now - judgedAt > VERDICT_LIFE || now < judgedAt) {
          return { code: 'gate.stale', message: 'the verdict is older than half a second' }
        }
        if (permit && now >= permit.expiresAt) {
          return { code: 'gate.expired', message: `permit ${permit.id} has expired` }
        }
        if (acts.some(cuts) && stopFile.pressed()) {
          return { code: 'gate.stopped', message: 'the file TRIP_STOP is there' }
        }
        return null
      },
      ended(outcome) {
        ledger.ended({ ...asked, at: clock.now() }, outcome).catch((error: unknown) => {
          // That it left stands written already; what came of it can be read from the device.
          log.error({ event: 'gate.unwritten', err: error, permit: permit?.id, outcome })
        })
      },
    }
  }

  #entry(
    protocol: Classifier,
    frame: Uint8Array,
    acts: readonly FrameAct[],
    permit: Permit | null,
    via: string,
  ): Asked {
    const [act] = acts
    return {
      at: instant(this.#options.clock.now()),
      via,
      protocol: act?.protocol ?? protocol.name,
      effect: act?.effect ?? 'unknown',
      action: act?.aim?.action ?? null,
      address: act?.aim?.address ?? null,
      frame: maskedFrame(frame, acts),
      permit,
      cuts: acts.some(cuts),
    }
  }
}

function refusalOf(reasons: readonly GateReason[]): GateRefusal | null {
  const [first] = reasons
  if (!first) return null
  return { code: first.code, message: reasons.map(({ message }) => message).join('; ') }
}
