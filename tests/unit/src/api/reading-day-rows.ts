import { BUSINESS, RULING, SETTLING } from './who.ts'

const batch = 'reading-day-batches/1'
const read = (path: string, status = 200) =>
  ({ method: 'GET', url: `/api/v1/${path}`, allowed: BUSINESS, status }) as const

export const readingDayRows = [
  read('reading-routes'),
  read('reading-routes/north', 404),
  read('reading-routes/north/held', 404),
  {
    method: 'PUT',
    url: '/api/v1/reading-routes/north',
    allowed: RULING,
    payload: { group: 'nobody', day: 5, startsOn: '2026-11-05' },
    status: 404,
  },
  { method: 'DELETE', url: '/api/v1/reading-routes/north', allowed: RULING, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/reading-routes/north/runs',
    allowed: SETTLING,
    payload: {},
    status: 404,
  },
  read('reading-day-batches'),
  ...['', '/rows', '/rows.csv', '/rows.xlsx', '/reconciliation'].map((path) =>
    read(`${batch}${path}`, 404),
  ),
  {
    method: 'POST',
    url: `/api/v1/${batch}/receipt`,
    allowed: SETTLING,
    payload: { rows: 0, totals: [] },
    status: 404,
  },
  {
    method: 'POST',
    url: `/api/v1/${batch}/withdraw`,
    allowed: SETTLING,
    payload: { reason: 'wrong' },
    status: 404,
  },
] as const
