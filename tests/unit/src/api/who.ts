import type { Role } from '#src/identity'

/** Sets of roles as the contract means them, written out anew: those of the product are on trial. */
export const BUSINESS: readonly Role[] = [
  'admin',
  'operator',
  'billing',
  'approver',
  'technician',
  'auditor',
]
export const OPERATION: readonly Role[] = ['admin', 'operator', 'technician']
export const INSTALLATION: readonly Role[] = ['admin', 'technician']
export const RULING: readonly Role[] = ['admin']
export const SETTLING: readonly Role[] = ['admin', 'operator', 'billing']
