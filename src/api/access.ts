import type { Role } from '#src/identity'

/**
 * Who may call what, as sets of roles. `customer` is in none of them and sees the accounts bound to
 * the person; `channel` sees nothing yet. `security` manages people, not meters.
 */
export const BUSINESS = [
  'admin',
  'operator',
  'billing',
  'approver',
  'technician',
  'auditor',
] as const satisfies readonly Role[]

export const OPERATION = ['admin', 'operator', 'technician'] as const satisfies readonly Role[]

/** A stop does no harm, so whoever works with meters may press it. */
export const STOPPING = [
  'admin',
  'operator',
  'approver',
  'technician',
  'security',
] as const satisfies readonly Role[]

export const ARMING = ['admin', 'operator'] as const satisfies readonly Role[]

/** The second person behind arming and resuming. */
export const CONFIRMING = ['admin', 'approver'] as const satisfies readonly Role[]

/** Whoever gives work to others and says what is none. */
export const DISPATCHING = ['admin', 'operator'] as const satisfies readonly Role[]

export const INSTALLATION = ['admin', 'technician'] as const satisfies readonly Role[]

export const PEOPLE = ['admin', 'security'] as const satisfies readonly Role[]

export const OVERSIGHT = ['admin', 'security', 'auditor'] as const satisfies readonly Role[]

/** Whoever says what a value is worth, or writes another. */
export const EDITING = ['admin', 'operator', 'billing'] as const satisfies readonly Role[]

/** Whoever sends readings to be billed. */
export const SETTLING = ['admin', 'operator', 'billing'] as const satisfies readonly Role[]

/** Whoever sets what is judged how. */
export const RULING = ['admin'] as const satisfies readonly Role[]
