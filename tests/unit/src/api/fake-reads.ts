import type { ApiServices } from '#src/api'
import { digestOf, type ReadRequest, type ReadRequestId } from '#src/collection'
import { idOf, ok } from '#src/core'
import type { ManualClock } from '#tests/support'

/**
 * On-demand reads that nobody answers: each fails a second after it was asked for. Meters are
 * numbered up to `meters`, and their addresses end in their numbers.
 */
export function fakeReads(clock: ManualClock, meters: number): ApiServices['reads'] {
  const kept = new Map<ReadRequestId, ReadRequest>()
  return {
    request: async (read) => {
      const before = kept.get(read.id)
      if (before) return before
      const total = read.meterIds.length * read.items.length
      const made: ReadRequest = {
        id: read.id,
        state: 'requested',
        requestedBy: read.requestedBy,
        requestedAt: read.requestedAt,
        startedAt: null,
        lastAt: null,
        finishedAt: null,
        deadline: read.deadline ?? null,
        cancelledBy: null,
        meters: read.meterIds.length,
        counts: { total, waiting: total, running: 0, answered: 0, failed: 0, cancelled: 0 },
        digest: digestOf(read),
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
    resolve: async ({ devices = [] }) => {
      const known = (device: number | string) => {
        const number = Number(device) % 1_000
        return number >= 1 && number <= meters ? idOf<'meter'>(number) : undefined
      }
      return ok({
        meterIds: devices.flatMap((device) => known(device) ?? []),
        bad: devices.flatMap((device, index) =>
          known(device) === undefined
            ? [{ index, device: String(device), why: 'unknown' as const }]
            : [],
        ),
      })
    },
    get: async (id) => kept.get(id),
    items: async (id) => ({ items: kept.get(id)?.items ?? [], next: null }),
    cancel: async (id, by) => {
      const read = kept.get(id)
      if (read) kept.set(id, { ...read, state: 'cancelled', cancelledBy: by })
      return read !== undefined
    },
  }
}
