import type { Clocks } from '#src/clocks'
import { fail } from '#src/core'

/** Clocks of an archive without devices. */
export const idleClocks: Clocks = {
  list: async () => [],
  get: async () => undefined,
  series: async () => [],
  measureNow: async () => 0,
  measure: async () => fail('not-found'),
  correction: async () => undefined,
  propose: async () => fail('not-found'),
  approve: async () => fail('not-found'),
  reject: async () => fail('not-found'),
  corrections: async () => [],
  policy: async () => ({ autoCorrect: false, trustHost: false }),
  setPolicy: async () => {},
}
