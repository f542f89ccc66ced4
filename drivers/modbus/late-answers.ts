import { couldBeConfused, findAnswer, type ModbusRequest, sameRequest } from './request.ts'

interface Unanswered {
  readonly request: ModbusRequest
  readonly until: number
}

/** More lines of doubt than this on one bus: the oldest are past their time anyway. */
const UNANSWERED_MAX = 256

/**
 * RTU has no transaction id, so an answer that comes after its request was given up looks exactly
 * like the answer to the next request to the same unit and function. This remembers what may still
 * be answered and says how long a new request has to wait for that doubt to pass. Repeating the
 * same request needs no wait: whichever answer comes, it answers the question asked.
 */
export class LateAnswers {
  readonly #lateMs: number
  #unanswered: Unanswered[] = []

  constructor(lateMs: number) {
    this.#lateMs = lateMs
  }

  /** `sawDamaged`: an answer that came damaged will not come again. */
  gaveUp(request: ModbusRequest, sawDamaged: boolean, now: number): void {
    if (sawDamaged) {
      this.#oneOfEqualsSettled(request, now)
      return
    }
    this.#unanswered.push({ request, until: now + this.#lateMs })
    if (this.#unanswered.length > UNANSWERED_MAX) this.#unanswered.shift()
  }

  /** Units answer in order: one that answered a later question owes nothing for an earlier one. */
  answered(request: ModbusRequest, now: number): void {
    this.#unanswered = this.#unanswered.filter(
      (old) => old.request.unit !== request.unit || sameRequest(old.request, request),
    )
    this.#oneOfEqualsSettled(request, now)
  }

  /** Which of several equal requests was answered cannot be told: the last may still be open. */
  #oneOfEqualsSettled(request: ModbusRequest, now: number): void {
    this.#unanswered = this.#unanswered.map((old) =>
      sameRequest(old.request, request) ? { request, until: now + this.#lateMs } : old,
    )
  }

  /** A stray message settles the request it answers. True if it did. */
  arrived(bytes: Uint8Array): boolean {
    const settled = this.#unanswered.findIndex(({ request }) => findAnswer(bytes, request) !== null)
    if (settled >= 0) this.#unanswered.splice(settled, 1)
    return settled >= 0
  }

  /** When the request may go out without its answer being in doubt. */
  clearAt(request: ModbusRequest, now: number): number {
    this.#unanswered = this.#unanswered.filter(({ until }) => until > now)
    let clearAt = now
    for (const { request: old, until } of this.#unanswered) {
      if (couldBeConfused(old, request) && !sameRequest(old, request)) {
        clearAt = Math.max(clearAt, until)
      }
    }
    return clearAt
  }
}
