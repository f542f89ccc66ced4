import type { Caller } from '#drivers/channel'
import type { ProtocolName } from '#protocols/model'
import type { ChannelId, Clock, ConcentratorId } from '#src/core'
import type { Logger } from '#src/observe'
import type { DoorBook, QuarantineReason } from '#src/presence'
import type { PresenceBuffer } from './presence-buffer.ts'
import type { Quarantine } from './quarantine.ts'
import type { Rendezvous } from './sessions.ts'
import { type FlappingEvidence, TakeoverWatch } from './takeovers.ts'

/** Where a worker meets its device, and what the door has to know of it. */
export interface Berth {
  readonly meeting: Rendezvous
  readonly channelId: ChannelId
  readonly concentratorId: ConcentratorId | undefined
  /** By which it has to log in; null where any will do. */
  readonly protocol: string | null
}

export interface DoormanOptions {
  readonly berths: ReadonlyMap<string, Berth>
  readonly quarantine: Pick<Quarantine, 'isBlocked' | 'hasRoom'>
  readonly buffer: PresenceBuffer
  /** Whose devices log in by a frame of their own. */
  readonly protocols: readonly ProtocolName[]
  readonly clock: Clock
  readonly log: Logger
}

/** Decides who comes in, and writes down who does not and who pushes whom out. */
export class Doorman {
  readonly #options: DoormanOptions
  readonly #takeovers = new TakeoverWatch()
  #flapping = new Map<ConcentratorId, FlappingEvidence>()
  #fixed: ReadonlyMap<ConcentratorId, string> = new Map()

  constructor(options: DoormanOptions) {
    this.#options = options
  }

  follow({ fixedAddresses, flapping }: DoorBook): void {
    this.#fixed = new Map(fixedAddresses.map((one) => [one.concentratorId, one.address]))
    this.#flapping = new Map(flapping.map((one) => [one.concentratorId, one]))
  }

  sweep(): void {
    this.#takeovers.sweep(this.#options.clock.now())
  }

  /** Before anything is said to a caller, and before an older connection ends for it. */
  judge(caller: Caller): boolean {
    const berth = this.#options.berths.get(caller.identity)
    const reason = berth ? this.#mismatch(berth, caller) : this.#unwanted(caller)
    if (reason !== null) {
      this.note(caller, reason)
      return false
    }
    const { identity, remoteAddress: from, heldFrom } = caller
    if (heldFrom === null) return true
    const now = this.#options.clock.now()
    const id = berth?.concentratorId
    const known = id === undefined ? undefined : this.#flapping.get(id)
    if (known) this.#takeovers.recall(identity, known, now)
    const isAdmitted = this.#takeovers.admits(identity, now)
    const evidence = isAdmitted ? this.#takeovers.took(identity, { from, heldFrom }, now) : null
    if (id === undefined) return isAdmitted
    const kind = isAdmitted ? 'takeover' : 'held-off'
    const places = { remoteAddress: from, otherAddress: heldFrom }
    this.#options.buffer.event({ concentratorId: id, at: now, kind, ...places, times: 1 })
    if (evidence) this.#raise(id, evidence, places)
    return isAdmitted
  }

  #mismatch(berth: Berth, { rule, remoteAddress }: Caller): QuarantineReason | null {
    const own: readonly string[] = this.#options.protocols
    const spoken = own.includes(rule) ? rule : null
    const isOther = spoken !== null && berth.protocol !== spoken
    const isMute = spoken === null && own.includes(berth.protocol ?? '')
    if (berth.protocol !== null && (isOther || isMute)) return 'wrong-protocol'
    const { concentratorId: id } = berth
    const fixed = id === undefined ? undefined : this.#fixed.get(id)
    return fixed === undefined || isSameHost(fixed, remoteAddress) ? null : 'address-mismatch'
  }

  #unwanted({ identity }: Caller): QuarantineReason | null {
    if (this.#options.quarantine.isBlocked(identity)) return 'blocked'
    return this.#options.quarantine.hasRoom ? null : 'unknown'
  }

  #raise(
    concentratorId: ConcentratorId,
    evidence: FlappingEvidence,
    places: { readonly remoteAddress: string; readonly otherAddress: string },
  ): void {
    const { log, buffer } = this.#options
    buffer.flapping({ concentratorId, ...evidence })
    if (this.#flapping.has(concentratorId)) return
    this.#flapping.set(concentratorId, evidence)
    const { lastAt: at, takeovers } = evidence
    buffer.event({ concentratorId, at, kind: 'flapping', ...places, times: takeovers })
    log.error(
      { event: 'dialin.flapping', concentrator: concentratorId, ...evidence },
      'two devices call under one identity; each keeps its place for a while, one must be found',
    )
  }

  /** A call of a device that has no place here. */
  note(
    { identity, rule, remoteAddress }: Omit<Caller, 'heldFrom'>,
    reason: QuarantineReason,
  ): void {
    const { clock, log, protocols, buffer } = this.#options
    const now = clock.now()
    const protocol: ProtocolName | null = protocols.find((name) => name === rule) ?? null
    const seen = { firstAt: now, lastAt: now, calls: 1 }
    buffer.call({ identity, reason, rule, protocol, remoteAddress, ...seen })
    log.info({ event: 'dialin.quarantined', identity, remoteAddress, reason, rule })
  }
}

/** IPv4 may come written as IPv6. */
function isSameHost(one: string, other: string): boolean {
  return other.replace(/^::ffff:/, '') === one
}
