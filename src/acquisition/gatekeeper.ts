import type { FrameEffect, ProtocolName } from '#protocols/model'
import type { Clock, Instant } from '#src/core'

/** Leave to send one frame that does more than read. Single use, short-lived. */
export interface Permit {
  readonly id: string
  readonly effect: 'clock'
  readonly expiresAt: Instant
}

/** Why a frame was kept off the wire. */
export interface GateRefusal {
  readonly code: 'gate.no-permit' | 'gate.expired' | 'gate.used' | 'gate.never'
  readonly message: string
}

/** The part of a protocol that the gate asks. */
interface Classifier {
  readonly name: ProtocolName
  effect(frame: Uint8Array): FrameEffect
}

/**
 * The last look at every outgoing frame, in the only module that puts frames on a wire: what only
 * reads passes, a clock needs a permit, everything else is refused whoever asks.
 */
export class Gatekeeper {
  readonly #clock: Clock
  readonly #usedIds = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Null when the frame may be sent; a permit that let it pass is then spent. */
  refusal(protocol: Classifier, frame: Uint8Array, permit: Permit | null): GateRefusal | null {
    const effect = protocol.effect(frame)
    switch (effect) {
      case 'read':
        return null
      case 'clock':
        return this.#spend(permit)
      default:
        return {
          code: 'gate.never',
          message: `a ${protocol.name} frame classified '${effect}' may not be sent`,
        }
    }
  }

  #spend(permit: Permit | null): GateRefusal | null {
    if (!permit) {
      return { code: 'gate.no-permit', message: 'setting a clock needs a permit; none was given' }
    }
    if (this.#clock.now() > permit.expiresAt) {
      return { code: 'gate.expired', message: `permit ${permit.id} has expired` }
    }
    if (this.#usedIds.has(permit.id)) {
      return { code: 'gate.used', message: `permit ${permit.id} was used before` }
    }
    this.#usedIds.add(permit.id)
    return null
  }
}
