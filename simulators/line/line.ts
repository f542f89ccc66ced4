import type { DriverClock } from '#drivers/channel'
import {
  type Delivery,
  type Disguise,
  fateOf,
  type LineCounts,
  type LineFaults,
  noCounts,
} from './faults.ts'
import { type SeededRandom, seededRandom } from './random.ts'

const BITS_PER_BYTE = 11
/** A UART hands over what it has about this often. */
const PACE_MS = 16
const PIECE_GAP_MS = 30
const MERGE_WAIT_MS = 200

/** What stands behind the line. */
export interface Answering {
  receive(chunk: Uint8Array, nowMs: number): readonly Uint8Array[]
  reset(): void
}

export interface LineOptions {
  readonly face: Answering
  readonly faults: LineFaults
  readonly seed: number
  readonly clock: DriverClock
  readonly send: (bytes: Uint8Array) => void
  readonly disguise?: Disguise
  /** Shared by the lines of one device, so that a reconnect goes on counting. */
  readonly counts?: LineCounts
}

interface Outgoing {
  readonly atMs: number
  readonly bytes: Uint8Array
  /** To be held for what is sent next. */
  readonly joinsNext: boolean
}

/** One connection to a face, with everything that may happen between the two. */
export class Line {
  readonly counts: LineCounts
  readonly #options: LineOptions
  readonly #random: SeededRandom
  readonly #waiting = new Set<() => void>()
  /** What is still to go over the wire, in its order: no timer may put a byte before another. */
  readonly #outgoing: Outgoing[] = []
  /** When the wire is free again. */
  #freeAtMs = 0
  #silentUntilMs = 0
  #isPumping = false
  #held: Uint8Array | null = null
  #open = true

  constructor(options: LineOptions) {
    this.#options = options
    this.counts = options.counts ?? noCounts()
    this.#random = seededRandom(options.seed)
  }

  receive(chunk: Uint8Array): void {
    const { face, faults, clock, disguise = (answer) => answer } = this.#options
    const nowMs = clock.now()
    if (!this.#open) return
    if (nowMs < this.#silentUntilMs) {
      this.counts.silenced++
      return
    }
    if (faults.echo) this.#place([chunk.slice()], nowMs, false)
    const answers = face.receive(chunk, nowMs)
    if (answers.length === 0) return
    this.counts.requests++
    if (this.#fallsSilent(nowMs)) return
    const requestMs = this.#timeOf(chunk.length)
    for (const answer of answers) {
      const fate = fateOf(answer, faults, this.#random, disguise, this.counts)
      if (fate) this.#schedule(fate, nowMs + requestMs)
    }
  }

  /** Nothing is sent from now on. */
  close(): void {
    this.#open = false
    for (const cancel of this.#waiting) cancel()
    this.#waiting.clear()
    this.#options.face.reset()
  }

  #fallsSilent(nowMs: number): boolean {
    const { halfOpen, silence, silenceMs } = this.#options.faults
    if (this.#random.chance(halfOpen)) this.#silentUntilMs = Number.POSITIVE_INFINITY
    else if (this.#random.chance(silence)) this.#silentUntilMs = nowMs + silenceMs
    else return false
    this.counts.silenced++
    return true
  }

  #schedule({ pieces, afterMs, isLate, joinsNext }: Delivery, askedMs: number): void {
    const atMs = askedMs + afterMs
    if (isLate) this.#at(atMs, () => this.#place(pieces, atMs, joinsNext))
    else this.#place(pieces, atMs, joinsNext)
  }

  /** Gives the wire to pieces that belong together; nothing comes between them. */
  #place(pieces: readonly Uint8Array[], earliestMs: number, joinsNext: boolean): void {
    let atMs = Math.max(earliestMs, this.#freeAtMs)
    for (const [index, piece] of pieces.entries()) {
      const isLast = index === pieces.length - 1
      if (joinsNext && isLast) this.#outgoing.push({ atMs, bytes: piece, joinsNext })
      else this.#pace(piece, atMs)
      atMs += this.#timeOf(piece.length) + (isLast ? 0 : PIECE_GAP_MS)
    }
    this.#freeAtMs = atMs
    this.#pump()
  }

  /** At a baud rate, the bytes that a UART would have by then, each time. */
  #pace(bytes: Uint8Array, fromMs: number): void {
    const { baud } = this.#options.faults
    if (baud === null) {
      this.#outgoing.push({ atMs: fromMs, bytes, joinsNext: false })
      return
    }
    const step = Math.max(1, Math.floor((PACE_MS * baud) / (BITS_PER_BYTE * 1_000)))
    for (let from = 0; from < bytes.length; from += step) {
      const part = bytes.subarray(from, from + step)
      const atMs = fromMs + this.#timeOf(from + part.length)
      this.#outgoing.push({ atMs, bytes: part, joinsNext: false })
    }
  }

  /** Sends what is due and comes back for the next: one timer, so that nothing overtakes. */
  #pump(): void {
    if (this.#isPumping) return
    const nowMs = this.#options.clock.now()
    for (;;) {
      const next = this.#outgoing[0]
      if (!next) return
      if (next.atMs > nowMs) {
        this.#isPumping = true
        this.#at(next.atMs, () => {
          this.#isPumping = false
          this.#pump()
        })
        return
      }
      this.#outgoing.shift()
      if (next.joinsNext) this.#hold(next.bytes)
      else this.#flush(next.bytes)
    }
  }

  #hold(piece: Uint8Array): void {
    this.#flush(new Uint8Array(0))
    this.#held = piece
    this.#at(this.#options.clock.now() + MERGE_WAIT_MS, () => {
      if (this.#held === piece) this.#flush(new Uint8Array(0))
    })
  }

  #flush(bytes: Uint8Array): void {
    const all = this.#held ? Uint8Array.from([...this.#held, ...bytes]) : bytes
    this.#held = null
    if (all.length > 0) this.#options.send(all)
  }

  #timeOf(bytes: number): number {
    const { baud } = this.#options.faults
    return baud === null ? 0 : (bytes * BITS_PER_BYTE * 1_000) / baud
  }

  #at(ms: number, run: () => void): void {
    const { clock } = this.#options
    const waitMs = ms - clock.now()
    if (waitMs <= 0) {
      run()
      return
    }
    const cancel = clock.after(waitMs, () => {
      this.#waiting.delete(cancel)
      if (this.#open) run()
    })
    this.#waiting.add(cancel)
  }
}
