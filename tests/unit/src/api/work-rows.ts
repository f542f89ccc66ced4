import type { Role } from '#src/identity'

const BUSINESS: readonly Role[] = [
  'admin',
  'operator',
  'billing',
  'approver',
  'technician',
  'auditor',
]
const OPERATION: readonly Role[] = ['admin', 'operator', 'technician']
const DISPATCHING: readonly Role[] = ['admin', 'operator']

/** The routes of daily work, asked where there is none. */
export const workRows = [
  { method: 'GET', url: '/api/v1/cases', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/cases/1', allowed: BUSINESS, status: 404 },
  {
    method: 'PATCH',
    url: '/api/v1/cases/1',
    allowed: DISPATCHING,
    status: 404,
    payload: { severity: 'high' },
  },
  { method: 'POST', url: '/api/v1/cases/1/assign', allowed: OPERATION, status: 404, payload: {} },
  { method: 'POST', url: '/api/v1/cases/1/start', allowed: OPERATION, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/cases/1/notes',
    allowed: OPERATION,
    status: 404,
    payload: { note: 'seen' },
  },
  {
    method: 'POST',
    url: '/api/v1/cases/1/close',
    allowed: OPERATION,
    status: 404,
    payload: { note: 'read again' },
  },
  {
    method: 'POST',
    url: '/api/v1/cases/1/dismiss',
    allowed: DISPATCHING,
    status: 404,
    payload: { reason: 'a vacant flat' },
  },
] as const
