import type { Role } from '#src/identity'

/**
 * Who may call what, as sets of roles. `customer` and `channel` are in none of them: until an
 * account is bound to a person they see nothing. `security` manages people, not meters.
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

export const INSTALLATION = ['admin', 'technician'] as const satisfies readonly Role[]

export const PEOPLE = ['admin', 'security'] as const satisfies readonly Role[]

export const OVERSIGHT = ['admin', 'security', 'auditor'] as const satisfies readonly Role[]
