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

/** What a connection said before its registration was understood. Bounded, and no timer of its own. */
export class Login {
  readonly acceptedAt: number
  lastByteAt: number
  /** The last byte before a sweep found it silent for too long. */
  silentAt: number | null = null
  heldBytes = 0
  /** Of its socket, which forgets it when it ends. */
  readonly address: string
  /** Takes the login's listeners off its socket. */
  detach: () => void = () => {}
  readonly #rules: CompiledRules
  readonly #bytesMax: number
  readonly #quietMs: number
  #bytes: Uint8Array = new Uint8Array(0)
  /** Where packets begin, as far as pauses tell: a registration may follow a greeting. */
  #starts: number[] = [0]

  constructor(
    rules: CompiledRules,
    limits: { readonly bytesMax: number; readonly quietMs: number },
    now: number,
    address: string,
  ) {
    this.address = address
    this.#rules = rules
    this.#bytesMax = limits.bytesMax
    this.#quietMs = limits.quietMs
    this.acceptedAt = now
    this.lastByteAt = now
  }

  push(chunk: Uint8Array, now: number): LoginStep {
    const paused = this.heldBytes > 0 && now - this.lastByteAt >= this.#quietMs
    this.lastByteAt = now
    if (paused && this.#starts.length < PACKETS_MAX) this.#starts.push(this.heldBytes)
    // A copy: a slice of the socket's buffer would keep all of it alive for a silent caller.
    this.#bytes = Uint8Array.from(Buffer.concat([this.#bytes, chunk]))
    this.heldBytes = this.#bytes.length
    const step = this.#look('moving')
    // What follows a registration is not the login's to limit.
    return step.kind !== 'done' && this.heldBytes > this.#bytesMax ? { kind: 'overflow' } : step
  }

  /** Called when nothing has come for the quiet time. */
  settle(): LoginStep {
    return this.#look('quiet')
  }

  /** Lets the caller in under a name of ours; what it said is left to whoever talks to it. */
  giveUp(rule: string, identity: string): LoginStep {
    const packet = new Uint8Array(0)
    const nothing = { reply: null, endsQuietly: true, repeats: 'frame' } as const
    const registration = { rule, identity, packet, ...nothing }
    return { kind: 'done', registration, rest: this.#bytes }
  }

  #look(line: 'moving' | 'quiet'): LoginStep {
    for (const packetStart of this.#starts) {
      // A heartbeat that names its sender is a registration, too: it is tried before it is skipped.
      const behind = this.#afterHeartbeats(packetStart)
      const step =
        this.#lookAt(packetStart, line) ??
        (behind > packetStart ? this.#lookAt(behind, line) : null)
      if (step) return step
    }
    return { kind: 'waiting' }
  }

  #lookAt(start: number, line: 'moving' | 'quiet'): LoginStep | null {
    for (const registrar of this.#rules.registrars) {
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
      for (const { pattern } of this.#rules.heartbeats) {
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
