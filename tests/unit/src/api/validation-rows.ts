import type { Role } from '#src/identity'
import { BUSINESS } from './who.ts'

const EDITING: readonly Role[] = ['admin', 'operator', 'billing']
const BRINGING: readonly Role[] = [...EDITING, 'technician']
const CONFIRMING: readonly Role[] = ['admin', 'approver']
const RULING: readonly Role[] = ['admin']
const HASH = 'a'.repeat(64)

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/validation${path}`, allowed: BUSINESS, status },
})
const done = (path: string, allowed: readonly Role[], status: number, payload: object) => ({
  ...{ method: 'POST' as const, url: `/api/v1/validation${path}`, allowed, status, payload },
})
const edit = { meter: 1, register: '1.8.0', at: '2026-11-20', value: '12.3', reason: 'misread' }

/** The routes of validation, asked where nothing was found. */
export const validationRows = [
  asked('/rules', 200),
  asked('/limits', 200),
  asked('/findings', 200),
  asked('/findings/1', 404),
  asked('/findings/file?format=csv', 200),
  asked('/values', 200),
  asked('/proposals', 200),
  asked(`/photos/${HASH}`, 404),
  asked('/figures?from=2026-11-01&to=2026-11-20', 200),
  done('/rules/spike/versions', RULING, 404, { reason: 'too strict' }),
  done('/rules/spike/end', RULING, 404, { group: 'north', reason: 'over' }),
  {
    method: 'PUT' as const,
    url: '/api/v1/validation/limits/price',
    allowed: RULING,
    status: 404,
    payload: { value: '0.6' },
  },
  done('/findings/decisions', EDITING, 200, { ids: [1], decision: 'claim' }),
  done('/proposals/1/end', EDITING, 404, { state: 'done' }),
  done('/edits', EDITING, 404, edit),
  done('/edits/1/approve', CONFIRMING, 404, {}),
  done('/edits/1/refuse', [...EDITING, 'approver'], 404, {}),
  done('/readings', BRINGING, 200, {
    readings: [{ meter: 1, at: '2026-11-20', value: '12.3' }],
  }),
  {
    method: 'POST' as const,
    url: '/api/v1/validation/handheld-files',
    allowed: BRINGING,
    status: 404,
    payload: 'address,value,at\n1,2,2026-11-20\n',
  },
  {
    method: 'POST' as const,
    url: '/api/v1/accounts/none/readings',
    allowed: [...EDITING, 'customer' as const],
    status: 404,
    payload: { value: '12.3' },
  },
]
