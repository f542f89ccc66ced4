import { matchAt } from './pattern.ts'
import { type Heartbeat, type Registration, type RepeatedPacket, repeatOf } from './rules.ts'

/**
 * How long the message at the start of these bytes is; null while they are too few to tell, 0 if
 * no message starts here. Knowledge of a protocol, lent to a driver that has none of its own.
 */
export type MeasureMessage = (bytes: Uint8Array) => number | null

export interface UplinkFilterOptions {
  /** After this much silence no answer can still be on its way. */
  readonly answerGapMs: number
  /** Bytes the gateway puts before each packet. */
  readonly packetPrefix: Uint8Array
  readonly measure: MeasureMessage | null
}

/** Told of each heartbeat. */
export interface HeartbeatSink {
  heartbeat(heartbeat: Pick<Heartbeat, 'answer'>, packet: Uint8Array): void
}

const NOTHING = new Uint8Array(0)
/** A start that is still too short to be judged is handed on as it is beyond this. */
const HELD_BYTES_MAX = 512

/**
 * Takes heartbeats (心跳包) and prefixes out of what a gateway sends.
 *
 * A heartbeat's bytes may also stand inside an answer, so it is only looked for between messages:
 * before the first byte that is not a heartbeat since we last sent, or after a silence that no
 * answer outlasts. From the first other byte on, everything is passed untouched. With `measure`
 * the ends of messages are known, and heartbeats glued behind them are found as well; without it
 * such a heartbeat reaches the reader, whose scanner skips it.
 */
export class UplinkFilter {
  readonly #heartbeats: readonly Heartbeat[]
  /** A registration that counts as a heartbeat when it comes again; null where it does not. */
  readonly #repeat: RepeatedPacket | null
  readonly #options: UplinkFilterOptions
  readonly #sink: HeartbeatSink
  #held: Uint8Array = NOTHING
  #inside = false
  #remainingBytes = 0
  #lastByteAt = 0

  constructor(
    heartbeats: readonly Heartbeat[],
    registration: Registration,
    options: UplinkFilterOptions,
    sink: HeartbeatSink,
  ) {
    this.#heartbeats = heartbeats
    this.#repeat = repeatOf(registration)
    this.#options = options
    this.#sink = sink
  }

  get holding(): boolean {
    return this.#held.length > 0
  }

  get lastByteAt(): number {
    return this.#lastByteAt
  }

  /** An answer to what came before is complete or dead once we send again. */
  sent(): void {
    this.#inside = false
    this.#remainingBytes = 0
  }

  /** Returns what is meant for the reader. */
  push(chunk: Uint8Array, now: number): Uint8Array {
    if (now - this.#lastByteAt >= this.#options.answerGapMs) this.sent()
    this.#lastByteAt = now
    if (this.#inside && this.#remainingBytes === 0) return chunk
    const bytes = this.holding ? Buffer.concat([this.#held, chunk]) : chunk
    this.#held = NOTHING
    return this.#options.measure ? this.#measured(bytes, this.#options.measure) : this.#lead(bytes)
  }

  /** What was held back as a possible heartbeat, once the rest of it stays away. */
  flush(): Uint8Array {
    const held = this.#held
    this.#held = NOTHING
    this.#inside = true
    return held
  }

  #lead(bytes: Uint8Array): Uint8Array {
    const start = this.#skip(bytes, 0)
    if (start === null) return NOTHING
    this.#inside = start < bytes.length
    return bytes.subarray(start)
  }

  #measured(bytes: Uint8Array, measure: MeasureMessage): Uint8Array {
    const parts: Uint8Array[] = []
    let at = 0
    while (at < bytes.length) {
      if (this.#remainingBytes > 0) {
        const count = Math.min(this.#remainingBytes, bytes.length - at)
        parts.push(bytes.subarray(at, at + count))
        this.#remainingBytes -= count
        this.#inside = this.#remainingBytes > 0
        at += count
        continue
      }
      const start = this.#skip(bytes, at)
      if (start === null) break
      at = start
      if (at === bytes.length) break
      const length = measure(bytes.subarray(at))
      if (length === null && bytes.length - at < HELD_BYTES_MAX) {
        this.#held = bytes.slice(at)
        break
      }
      this.#remainingBytes = Math.max(length ?? 0, 1)
    }
    const only = parts[0]
    return parts.length === 1 && only ? only : Buffer.concat(parts)
  }

  /** Where the first byte that is no heartbeat or prefix stands; null if more must arrive first. */
  #skip(bytes: Uint8Array, from: number): number | null {
    let at = from
    while (at < bytes.length) {
      const length = this.#heartbeatAt(bytes, at) ?? this.#prefixAt(bytes, at)
      if (length === 'partial') {
        this.#held = bytes.slice(at)
        return null
      }
      if (length === null) return at
      at += length
    }
    return at
  }

  #heartbeatAt(bytes: Uint8Array, at: number): number | 'partial' | null {
    let result: 'partial' | null = null
    for (const heartbeat of this.#heartbeats) {
      const found = matchAt(heartbeat.pattern, bytes, at)
      if (found.kind === 'full') {
        this.#sink.heartbeat(heartbeat, bytes.subarray(at, at + found.lengthBytes))
        return found.lengthBytes
      }
      if (found.kind === 'partial') result = 'partial'
    }
    const repeated = this.#repeat === null ? null : this.#repeatedAt(this.#repeat, bytes, at)
    return repeated ?? result
  }

  #repeatedAt(
    { text, heartbeat }: RepeatedPacket,
    bytes: Uint8Array,
    at: number,
  ): number | 'partial' | null {
    const count = Math.min(text.length, bytes.length - at)
    for (let i = 0; i < count; i++) if (bytes[at + i] !== text.charCodeAt(i)) return null
    if (count < text.length) return 'partial'
    this.#sink.heartbeat(heartbeat, bytes.subarray(at, at + count))
    return count
  }

  #prefixAt(bytes: Uint8Array, at: number): number | 'partial' | null {
    const prefix = this.#options.packetPrefix
    if (prefix.length === 0) return null
    const count = Math.min(prefix.length, bytes.length - at)
    for (let i = 0; i < count; i++) if (bytes[at + i] !== prefix[i]) return null
    return count === prefix.length ? count : 'partial'
  }
}
