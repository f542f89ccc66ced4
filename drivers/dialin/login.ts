import { matchAt } from './pattern.ts'
import type { CompiledRules, Registration } from './rules.ts'

/** Packets looked at before a device has said who it is. */
const PACKETS_MAX = 16

export type LoginStep =
  | { readonly kind: 'waiting' }
  /** Understood, but more could still belong to it: a pause ends it. */
  | { readonly kind: 'settling' }
  | { readonly kind: 'done'; readonly registration: Registration; readonly rest: Uint8Array }
  | { readonly kind: 'overflow' }

const NOTHING = new Uint8Array(0)

export interface LoginLimits {
  readonly rules: CompiledRules
  readonly bytesMax: number
  /** A pause this long ends a packet. */
  readonly quietMs: number
}

/** What a connection said before its registration was understood. Bounded, and no timer of its own. */
export class Login {
  readonly acceptedAt: number
  lastByteAt: number
  /** The last byte before a sweep found it silent for too long. */
  silentAt: number | null = null
  heldBytes = 0
  /** Of its socket, which forgets it when it ends. */
  readonly address: string
  readonly #limits: LoginLimits
  #bytes: Uint8Array = NOTHING
  /** Where packets begin, as far as pauses tell: a registration may follow a greeting. */
  #starts: number[] = [0]

  constructor(limits: LoginLimits, now: number, address: string) {
    this.address = address
    this.#limits = limits
    this.acceptedAt = now
    this.lastByteAt = now
  }

  push(chunk: Uint8Array, now: number): LoginStep {
    const paused = this.heldBytes > 0 && now - this.lastByteAt >= this.#limits.quietMs
    this.lastByteAt = now
    if (paused && this.#starts.length < PACKETS_MAX) this.#starts.push(this.heldBytes)
    // A copy: a slice of the socket's buffer would keep all of it alive for a silent caller.
    const bytes = new Uint8Array(this.heldBytes + chunk.length)
    bytes.set(this.#bytes)
    bytes.set(chunk, this.heldBytes)
    this.#bytes = bytes
    this.heldBytes = bytes.length
    const step = this.#look('moving')
    // What follows a registration is not the login's to limit.
    return step.kind !== 'done' && this.heldBytes > this.#limits.bytesMax
      ? { kind: 'overflow' }
      : step
  }

  /** Called when nothing has come for the quiet time. */
  settle(): LoginStep {
    return this.#look('quiet')
  }

  /** Lets the caller in under a name of ours; what it said is left to whoever talks to it. */
  giveUp(rule: string, identity: string): LoginStep {
    const nothing = { reply: null, endsQuietly: true, repeats: 'frame' } as const
    const registration = { rule, identity, packet: NOTHING, ...nothing }
    return { kind: 'done', registration, rest: this.#bytes }
  }

  #look(line: 'moving' | 'quiet'): LoginStep {
    for (const packetStart of this.#starts) {
      // A heartbeat that names its sender is a registration, too: it is tried before it is skipped.
      const behind = this.#afterHeartbeats(packetStart)
      const step =
        this.#lookAt(packetStart, line) ??
        (behind > packetStart && behind < this.heldBytes ? this.#lookAt(behind, line) : null)
      if (step) return step
    }
    return { kind: 'waiting' }
  }

  #lookAt(start: number, line: 'moving' | 'quiet'): LoginStep | null {
    for (const registrar of this.#limits.rules.registrars) {
      const registration = registrar(this.#bytes, start)
      if (!registration) continue
      const end = start + registration.packet.length
      if (registration.endsQuietly && end === this.heldBytes && line === 'moving') {
        return { kind: 'settling' }
      }
      return { kind: 'done', registration, rest: this.#bytes.slice(end) }
    }
    return null
  }

  #afterHeartbeats(packetStart: number): number {
    let start = packetStart
    for (let again = true; again && start < this.heldBytes; ) {
      again = false
      for (const { pattern } of this.#limits.rules.heartbeats) {
        const found = matchAt(pattern, this.#bytes, start)
        if (found.kind !== 'full') continue
        start += found.lengthBytes
        again = true
        break
      }
    }
    return start
  }
}
