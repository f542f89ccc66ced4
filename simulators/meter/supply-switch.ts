import {
  closedRelay,
  orderRelay,
  passTime,
  pressButton,
  type Relay,
  type RelayAnswer,
  type RelayCommand,
  type RelayPlace,
  type RelayStep,
  relayBits,
} from './relay.ts'

/** A time without supply: what passes then is not counted. `toMs` null: still open. */
export interface OpenPeriod {
  readonly fromMs: number
  readonly toMs: number | null
  /** Codes of who ordered it (操作者代码); absent where nobody did. */
  readonly openedBy?: string
  readonly closedBy?: string
}

const BUTTON_MS = 3_000

/**
 * The relay of one meter and what it did. Its time passes when it is looked at: whatever was due
 * until then happens first, at the moment at which it was due.
 */
export class SupplySwitch {
  readonly #place: () => RelayPlace
  #periods: readonly OpenPeriod[]
  #relay: Relay
  #orderedBy: string | null = null
  #moves = 0

  constructor(periods: readonly OpenPeriod[], relay: Relay | undefined, place: () => RelayPlace) {
    this.#periods = periods
    const isCut = this.#periods.at(-1)?.toMs === null
    this.#relay = relay ?? (isCut ? { ...closedRelay, phase: 'tripped' } : closedRelay)
    this.#place = place
  }

  get relay(): Relay {
    return this.#relay
  }

  get periods(): readonly OpenPeriod[] {
    return this.#periods
  }

  /** How often the contact moved: what was worked out before the last time may be wrong. */
  get moves(): number {
    return this.#moves
  }

  /** Times without supply that began after `sinceMs`, the latest first. */
  since(sinceMs: number, nowMs: number): readonly OpenPeriod[] {
    this.settle(nowMs)
    return this.#periods.filter(({ fromMs }) => fromMs >= sinceMs).toReversed()
  }

  isClosedAt(ms: number): boolean {
    this.settle(ms)
    return !this.#periods.some(({ fromMs, toMs }) => fromMs <= ms && (toMs === null || ms < toMs))
  }

  /** Only the answer says whether the relay obeys, and when. `by` is an operator's code. */
  order(command: RelayCommand, by: string, nowMs: number, returnMs = 0): RelayAnswer {
    this.settle(nowMs)
    const ordered = orderRelay(this.#relay, { command, nowMs, returnMs }, this.#place())
    this.#orderedBy = by
    this.#take(ordered)
    return ordered.answer
  }

  /** The button at the meter (按键), held for three seconds. */
  pressButton(nowMs: number): void {
    this.settle(nowMs)
    this.#orderedBy = null
    this.#take(pressButton(this.#relay, BUTTON_MS, nowMs))
  }

  /** Of run status word 3. */
  bitsAt(nowMs: number): number {
    this.settle(nowMs)
    return relayBits(this.#relay, nowMs)
  }

  /** Thrown by hand: no delay, no answer. */
  throwOpen(ms: number): void {
    if (!this.isClosedAt(ms)) return
    this.#take({ relay: { ...closedRelay, phase: 'tripped' }, moves: [{ ms, isOpen: true }] })
  }

  throwClosed(ms: number): void {
    if (this.isClosedAt(ms)) return
    this.#take({ relay: closedRelay, moves: [{ ms, isOpen: false }] })
  }

  settle(ms: number): void {
    if (this.#relay.untilMs !== null) this.#take(passTime(this.#relay, ms, this.#place()))
  }

  #take({ relay, moves }: RelayStep): void {
    this.#relay = relay
    for (const { ms, isOpen } of moves) {
      this.#moves++
      const by = this.#orderedBy
      const last = this.#periods.at(-1)
      if (isOpen) {
        const opened = { fromMs: ms, toMs: null, ...(by ? { openedBy: by } : {}) }
        this.#periods = [...this.#periods, opened]
      } else if (last) {
        const closed = { ...last, toMs: ms, ...(by ? { closedBy: by } : {}) }
        this.#periods = this.#periods.with(-1, closed)
      }
    }
  }
}
