import { assert, type Clock, sleep } from '#src/core'
import type { BorrowedLine, ExchangeLimits, Line } from '../wire/index.ts'

const WAKE_UP = 0xfe

type Classifier = Parameters<BorrowedLine['send']>[0]
/** What finds the frames in a stream, as every protocol has it. */
type Finder = Classifier & { scanner(): { push(chunk: Uint8Array): readonly Uint8Array[] } }

/** What came back to a question that several may have answered at once. */
export interface Echoes {
  readonly frames: readonly { readonly bytes: Uint8Array; readonly roundTripMs: number }[]
  /** Bytes came that make no frame: answers that fell on each other, or noise. */
  readonly garbled: boolean
}

/** Asks on a line and takes whatever comes back, from whomever. */
export class Hearing {
  readonly #clock: Clock
  readonly #limits: ExchangeLimits
  readonly #borrowed: BorrowedLine
  #heard: Uint8Array[] = []
  #wake: () => void = () => {}
  #ended: boolean

  /** Holds the line until `giveBack`. */
  constructor(line: Line, clock: Clock, limits: ExchangeLimits) {
    this.#clock = clock
    this.#limits = limits
    this.#ended = !line.open
    this.#borrowed = line.borrow(
      (chunk) => {
        this.#heard.push(chunk)
        this.#wake()
      },
      () => {
        this.#ended = true
        this.#wake()
      },
    )
  }

  /** True once the line has ended by itself. */
  get ended(): boolean {
    return this.#ended
  }

  giveBack(): void {
    this.#borrowed.giveBack()
  }

  /** Asks once and takes every answer until the bus falls silent. */
  async ask(protocol: Finder, frame: Uint8Array, signal: AbortSignal): Promise<Echoes> {
    assert(frame.length > 0, 'nothing is no question')
    this.#heard = []
    const sentAt = this.#clock.now()
    const sent = await this.#borrowed.send(protocol, frame, signal)
    if (!sent.ok) this.#ended = true
    const scanner = protocol.scanner()
    const frames: { bytes: Uint8Array; roundTripMs: number }[] = []
    let strayBytes = 0
    const { firstByte, learned } = this.#limits
    let wait = learned?.wait(firstByte) ?? firstByte
    while (await this.#somethingWithin(wait, signal)) {
      wait = this.#limits.gap
      for (const chunk of this.#heard.splice(0)) {
        strayBytes += meant(chunk)
        for (const bytes of scanner.push(chunk)) {
          strayBytes -= meant(bytes)
          frames.push({ bytes, roundTripMs: this.#clock.now() - sentAt })
        }
      }
    }
    const [first] = frames
    if (first) learned?.answered(first.roundTripMs)
    return { frames, garbled: strayBytes > 0 }
  }

  /** False when nothing came in time, the channel ended, or the search was stopped. */
  async #somethingWithin(wait: ExchangeLimits['gap'], signal: AbortSignal): Promise<boolean> {
    if (this.#heard.length > 0) return true
    if (this.#ended || signal.aborted) return false
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await sleep(this.#clock, wait, AbortSignal.any([signal, woken.signal]))
    return this.#heard.length > 0
  }
}

/** Bytes that are not there to wake a meter. */
function meant(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte !== WAKE_UP).length
}
