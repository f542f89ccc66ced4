import type { TripControl, TripState } from '#src/acquisition/gate'
import { fail, instant, ok } from '#src/core'

export const REQUEST = '00000000-0000-4000-8000-000000000001'

/** Trips that are stopped, and one request that may be confirmed. */
export function fakeTrips(): TripControl {
  const at = instant(0)
  const state: TripState = {
    armed: false,
    stopped: true,
    stopFile: false,
    epoch: 1,
    lastAct: { kind: 'stop', at, by: 'user/1', reason: 'a test' },
    requests: [],
  }
  return {
    state: async () => state,
    stop: async () => state,
    disarm: async () => state,
    request: async (kind, by, reason) => ({
      ...{ id: REQUEST, kind, requestedBy: by.name, reason },
      requestedAt: at,
      expiresAt: at,
    }),
    confirm: async (id) => (id === REQUEST ? ok(state) : fail('same-person')),
  }
}
