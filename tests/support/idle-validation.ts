import { fail, ok } from '#src/core'
import type { Validation } from '#src/validation'

const missing = { kind: 'not-found', message: 'there is none' } as const

/** Nothing was found, and nothing is kept. */
export const idleValidation: Omit<Validation, 'run'> = {
  rules: async () => [],
  endRule: async () => fail({ kind: 'no-such-rule', message: 'there is none' }),
  changeRule: async () => fail({ kind: 'no-such-rule', message: 'there is none' }),
  limits: async () => [],
  changeLimit: async () => false,
  findings: async () => ok({ items: [], next: null }),
  finding: async () => undefined,
  decide: async ({ ids }) => ok({ done: [], left: ids }),
  values: async () => [],
  edit: async () => fail(missing),
  settleValue: async () => fail(missing),
  bring: async () => [],
  readHandheld: async () => fail(missing),
  keepPhoto: async () => fail('not-a-photo'),
  photo: async () => undefined,
  proposals: async () => [],
  endProposal: async () => false,
  figures: async () => ({ meters: 0, brought: 0, values: [], findings: [] }),
}
