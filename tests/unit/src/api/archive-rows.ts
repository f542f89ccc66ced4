import { BUSINESS } from './who.ts'

const INSTALLATION = ['admin', 'technician'] as const
const DISPATCHING = ['admin', 'operator'] as const

const asked = (path: string) => ({
  ...{ method: 'GET' as const, url: `/api/v1/${path}`, allowed: BUSINESS, status: 200 },
})
const imported = (path: string, payload?: string | Uint8Array) => ({
  ...{ method: 'POST' as const, url: `/api/v1/archive/${path}`, allowed: INSTALLATION },
  ...{ status: 200, ...(payload === undefined ? {} : { payload }) },
})
const grouped = (method: 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) => ({
  ...{ method, url: `/api/v1/usage-groups${path}`, allowed: DISPATCHING, status: 200 },
  ...(payload === undefined ? {} : { payload }),
})

/** The routes of the archive's files, of usage points and of their groups. */
export const archiveRows = [
  imported('imports', 'address\n1\n'),
  imported('files?kind=marketing', Buffer.from('account\n1\n')),
  imported('imports/1/apply'),
  imported('imports/1/withdraw'),
  asked('archive/policy'),
  {
    ...{ method: 'PUT' as const, url: '/api/v1/archive/policy', allowed: ['admin'] as const },
    ...{ status: 200, payload: { approval: 'none', aboveRows: 0, proposals: 'none' } },
  },
  ...['', '/1', '/1/changes', '/1/findings'].map((path) => asked(`archive/imports${path}`)),
  ...['/U1', '/U1/changes'].map((path) => asked(`usage-points${path}`)),
  ...['', '/1', '/1/points'].map((path) => asked(`usage-groups${path}`)),
  { ...grouped('POST', '', { name: 'bakers', filter: { trade: ['1081'] } }), status: 201 },
  grouped('PUT', '/1/filter', {}),
  grouped('POST', '/1/add', { usagePoints: ['U1'] }),
  grouped('POST', '/1/remove', { usagePoints: ['U1'] }),
  grouped('DELETE', '/1'),
]
