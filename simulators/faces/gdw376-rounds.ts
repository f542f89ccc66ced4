import type { MeteringPoint } from './gdw376-memory.ts'

/** Rounds that a terminal can switch (控制轮次). */
const ROUNDS = 8
const MINUTE_MS = 60_000
const HALF_HOUR_MS = 30 * MINUTE_MS

interface Due {
  readonly round: number
  readonly atMs: number
  readonly what: 'open' | 'allow'
}

/**
 * The outputs of a terminal: round N switches the supply of the meter at metering point N. A trip
 * may wait for an alarm to end and last for a time (05 F1); somebody closes what may be closed.
 */
export class Rounds {
  readonly #points: readonly MeteringPoint[]
  readonly #tripped = new Set<number>()
  #due: readonly Due[] = []

  constructor(points: readonly MeteringPoint[]) {
    this.#points = points
  }

  has(round: number): boolean {
    return round >= 1 && round <= ROUNDS && this.#meterOf(round) !== undefined
  }

  /** The byte of 05 F1: minutes of alarm before it, half hours after which it may be closed. */
  trip(round: number, settings: number, nowMs: number): void {
    this.#forget(round)
    const atMs = nowMs + (settings >> 4) * MINUTE_MS
    const halfHours = settings & 0x0f
    const after: readonly Due[] =
      halfHours === 0 ? [] : [{ round, atMs: atMs + halfHours * HALF_HOUR_MS, what: 'allow' }]
    this.#due = [...this.#due, { round, atMs, what: 'open' }, ...after]
    this.settle(nowMs)
  }

  allowClosing(round: number, nowMs: number): void {
    this.#forget(round)
    this.#carryOut({ round, atMs: nowMs, what: 'allow' })
  }

  /** One bit a round, the first lowest (0C F6). */
  stateAt(nowMs: number): number {
    this.settle(nowMs)
    return [...this.#tripped].reduce((bits, round) => bits | (1 << (round - 1)), 0)
  }

  /** What was to happen until now has happened. */
  settle(nowMs: number): void {
    const come = this.#due.filter(({ atMs }) => atMs <= nowMs)
    if (come.length === 0) return
    this.#due = this.#due.filter(({ atMs }) => atMs > nowMs)
    for (const due of come.toSorted((a, b) => a.atMs - b.atMs)) this.#carryOut(due)
  }

  #carryOut({ round, atMs, what }: Due): void {
    const meter = this.#meterOf(round)
    if (what === 'open') {
      this.#tripped.add(round)
      meter?.openRelay(atMs)
    } else if (this.#tripped.delete(round)) meter?.closeRelay(atMs)
  }

  #forget(round: number): void {
    this.#due = this.#due.filter((due) => due.round !== round)
  }

  #meterOf(round: number) {
    return this.#points.find(({ point }) => point === round)?.meter
  }
}
