/** A small seeded generator (xorshift32): the same seed gives the same inputs on every machine. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike, and zero is the one state it never leaves.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
    for (let turn = 0; turn < 4; turn++) this.below(2)
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) % limit
  }
}
