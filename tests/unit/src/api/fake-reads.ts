import type { ApiServices } from '#src/api'
import type { ReadRequest, ReadRequestId } from '#src/collection'
import type { ManualClock } from '#tests/support'

/** On-demand reads that nobody answers: each fails a second after it was asked for. */
export function fakeReads(clock: ManualClock): ApiServices['reads'] {
  const kept = new Map<ReadRequestId, ReadRequest>()
  return {
    request: async (read) => {
      const before = kept.get(read.id)
      if (before) return before
      const made: ReadRequest = {
        id: read.id,
        state: 'requested',
        requestedBy: read.requestedBy,
        requestedAt: read.requestedAt,
        finishedAt: null,
        items: read.meterIds.flatMap((meterId) =>
          read.items.map((item) => ({
            meterId,
            item,
            state: 'waiting' as const,
            readings: [],
            value: null,
            unit: null,
            at: null,
            answeredAt: null,
            reason: null,
          })),
        ),
      }
      kept.set(read.id, made)
      clock.after(1_000, () => {
        kept.set(read.id, { ...made, state: 'failed', finishedAt: clock.now() })
      })
      return made
    },
    get: async (id) => kept.get(id),
  }
}
