/** A slot as far as outcomes change it. */
export interface State {
  readonly state: 'due' | 'received' | 'late' | 'given-up' | 'not-expected' | 'estimated'
  readonly attempts: number
  readonly reason: string | null
}

export const states = ['due', 'received', 'late', 'given-up', 'not-expected', 'estimated'] as const

/** What a slot may be before, each way in which it may have become so. */
export const befores = {
  due: { state: 'due', attempts: 0, reason: null },
  'due, made up': { state: 'due', attempts: 0, reason: 'not-asked' },
  'due again': { state: 'due', attempts: 0, reason: 'timeout' },
  received: { state: 'received', attempts: 1, reason: null },
  late: { state: 'late', attempts: 2, reason: 'timeout' },
  'given up': { state: 'given-up', attempts: 2, reason: 'timeout' },
  'given up, unasked': { state: 'given-up', attempts: 0, reason: 'expired' },
  'not expected': { state: 'not-expected', attempts: 0, reason: 'removed' },
  estimated: { state: 'estimated', attempts: 1, reason: 'linear' },
} as const satisfies Record<string, State>

export const happenings = [
  'answered',
  'answered late',
  'missing',
  'found',
  'found late',
  'estimate',
] as const
export type Happening = (typeof happenings)[number]
export const names = Object.keys(befores) as (keyof typeof befores)[]

const as = (state: State['state'], attempts: number, reason: string | null): State => ({
  state,
  attempts,
  reason,
})

/** What is to become of each; a row that is not here leaves the slot as it is. */
export const table: Readonly<
  Record<keyof typeof befores, Readonly<Partial<Record<Happening, State>>>>
> = {
  due: {
    answered: as('received', 1, null),
    'answered late': as('late', 1, null),
    missing: as('given-up', 1, 'refused'),
    found: as('received', 0, null),
    'found late': as('late', 0, null),
    estimate: as('estimated', 0, 'mean'),
  },
  'due, made up': {
    answered: as('received', 1, null),
    'answered late': as('late', 1, null),
    missing: as('given-up', 1, 'refused'),
    found: as('received', 0, null),
    'found late': as('late', 0, null),
    estimate: as('estimated', 0, 'mean'),
  },
  // It failed once: whatever comes is no first success.
  'due again': {
    answered: as('received', 1, 'timeout'),
    'answered late': as('late', 1, 'timeout'),
    missing: as('given-up', 1, 'refused'),
    found: as('received', 0, 'timeout'),
    'found late': as('late', 0, 'timeout'),
    estimate: as('estimated', 0, 'mean'),
  },
  received: {},
  late: {},
  'given up': {
    answered: as('received', 3, 'timeout'),
    'answered late': as('late', 3, 'timeout'),
    missing: as('given-up', 3, 'refused'),
    found: as('received', 2, 'timeout'),
    'found late': as('late', 2, 'timeout'),
    estimate: as('estimated', 2, 'mean'),
  },
  'given up, unasked': {
    answered: as('received', 1, null),
    'answered late': as('late', 1, null),
    missing: as('given-up', 1, 'refused'),
    found: as('received', 0, 'expired'),
    'found late': as('late', 0, 'expired'),
    estimate: as('estimated', 0, 'mean'),
  },
  // A meter that is gone owes nothing; what it says all the same is a value.
  'not expected': {
    answered: as('received', 1, 'removed'),
    'answered late': as('late', 1, 'removed'),
  },
  // Only a value takes the place of an estimate, or another estimate.
  estimated: {
    answered: as('received', 2, 'estimated'),
    'answered late': as('late', 2, 'estimated'),
    found: as('received', 1, 'linear'),
    'found late': as('late', 1, 'linear'),
    estimate: as('estimated', 1, 'mean'),
  },
}

/** A small model of a slot: the table, for slots that are not in it as they are. */
export function after(slot: State, kind: Happening): State {
  const { state, attempts, reason } = slot
  if (state === 'received' || state === 'late') return slot
  const value = kind.endsWith('late') ? 'late' : 'received'
  const isUnasked = state === 'due' && reason === 'not-asked'
  switch (kind) {
    case 'missing':
      if (state !== 'due' && state !== 'given-up') return slot
      return as('given-up', attempts + 1, 'refused')
    case 'estimate':
      return state === 'not-expected' ? slot : as('estimated', attempts, 'mean')
    case 'found':
    case 'found late':
      if (state === 'not-expected') return slot
      return as(value, attempts, isUnasked ? null : reason)
    case 'answered':
    case 'answered late': {
      const isForgiven = isUnasked || (state === 'given-up' && attempts === 0)
      const kept = state === 'estimated' ? 'estimated' : isForgiven ? null : reason
      return as(value, attempts + 1, kept)
    }
  }
}
