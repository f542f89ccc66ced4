import { type Clock, hours, type Instant } from '#src/core'
import type { Measured } from './rules.ts'
import type { ClockEar } from './types.ts'

/** Each clock is of interest once in so long, however often it is told. */
const INTEREST_EVERY = hours(24)
/** What came and was not written down yet; the database may be away for a while. */
const HEARD_MAX = 100_000

/** What visits told by the way, until it is written down; and whose turn has come to be asked. */
export class Heard implements ClockEar {
  readonly #clock: Clock
  #due: Set<number> = new Set()
  #told: Marks = new Marks()
  #toldSince: number
  #heard = new Map<number, Measured>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#toldSince = clock.now()
  }

  /** Replaces all. */
  load(due: readonly number[]): void {
    this.#forget(this.#clock.now())
    this.#due = new Set(due.filter((meter) => !this.#told.has(meter)))
  }

  isDue(meter: number): boolean {
    return this.#due.has(meter)
  }

  isWelcome(meter: number): boolean {
    this.#forget(this.#clock.now())
    return !this.#told.has(meter)
  }

  heard(meter: number, measured: Measured): void {
    this.missed(meter)
    if (this.#heard.size < HEARD_MAX) this.#heard.set(meter, measured)
  }

  /** Asked for or not, that was it for today. */
  missed(meter: number): void {
    this.#due.delete(meter)
    this.#told.add(meter)
  }

  /** At most so many, the oldest first; they are gone from here. */
  take(countMax: number): readonly (readonly [meter: number, measured: Measured])[] {
    const taken: (readonly [number, Measured])[] = []
    for (const entry of this.#heard) {
      if (taken.length >= countMax) break
      taken.push(entry)
    }
    for (const [meter] of taken) this.#heard.delete(meter)
    return taken
  }

  #forget(now: Instant): void {
    if (now - this.#toldSince < INTEREST_EVERY) return
    this.#told = new Marks()
    this.#toldSince = now
  }
}

/** A bit for each meter, so that a million of them cost little. */
class Marks {
  #bytes = new Uint8Array(1_024)

  has(id: number): boolean {
    return ((this.#bytes[id >> 3] ?? 0) & (1 << (id & 7))) !== 0
  }

  add(id: number): void {
    const at = id >> 3
    if (at >= this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (id & 7))
  }
}
