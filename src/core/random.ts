/** Numbers in [0, 1) for jitter and choice, never for secrets. The simulator passes a seeded one. */
export interface Random {
  next(): number
}

export const systemRandom: Random = { next: () => Math.random() }
