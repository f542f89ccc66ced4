import type { Role } from '#src/identity'
import { BUSINESS } from './who.ts'

const SETTING: readonly Role[] = ['admin', 'operator']
const at = (path: string) => `/api/v1/collection/${path}`
const newTask = { name: 'curve', protocol: 'dlt645-2007', dataClass: 'interval' }

/** Routes of the ledger of slots and of its tasks, with who may call them. */
export const collectionRows = [
  ...['kpis?by=day', 'slots?state=given-up', 'unread?days=3', 'coverage'].map((path) => {
    return { method: 'GET' as const, url: at(path), allowed: BUSINESS, status: 200 }
  }),
  {
    ...{ method: 'POST' as const, url: at('backfill'), status: 200 },
    allowed: ['admin', 'operator', 'technician'] as readonly Role[],
    payload: { from: '2026-11-20', to: '2026-11-21' },
  },
  ...['tasks', 'tasks/1', 'groups'].map((path) => {
    return { method: 'GET' as const, url: at(path), allowed: BUSINESS, status: 200 }
  }),
  {
    ...{ method: 'POST' as const, url: at('tasks'), allowed: SETTING, status: 201 },
    payload: { ...newTask, items: ['1.8.0'], cycleSeconds: 900, validFrom: '2026-12-01' },
  },
  {
    ...{ method: 'PATCH' as const, url: at('tasks/1'), allowed: SETTING, status: 200 },
    payload: { enabled: false },
  },
  {
    ...{ method: 'POST' as const, url: at('groups'), allowed: SETTING, status: 201 },
    payload: { name: 'hall', filter: { model: ['DTS'] } },
  },
  {
    ...{ method: 'PATCH' as const, url: at('groups/1'), allowed: SETTING, status: 200 },
    payload: { meters: [1, 2] },
  },
  { method: 'DELETE' as const, url: at('groups/1'), allowed: SETTING, status: 204 },
]
