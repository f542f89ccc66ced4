import { fail } from '#src/core'
import type { ParameterRefusal, Parameters } from '#src/parameters'

const gone: ParameterRefusal = { kind: 'not-found', message: 'there is none' }

/** Settings of an archive without devices. */
export const idleParameters: Parameters = {
  rules: async () => [],
  read: async () => fail(gone),
  order: async () => fail(gone),
  decide: async () => fail(gone),
  list: async () => [],
  write: async () => undefined,
  run: async () => undefined,
  runs: async () => [],
}
