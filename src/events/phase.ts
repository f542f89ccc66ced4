import type { EventPhase } from '#protocols/model'

/** The phase in its column, where '' is none. */
export function phaseOf(phase: string): EventPhase | null {
  return phase === 'A' || phase === 'B' || phase === 'C' ? phase : null
}
