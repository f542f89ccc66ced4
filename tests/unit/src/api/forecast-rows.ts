import { BUSINESS, OPERATION } from './who.ts'

const day = { date: '2026-10-01', kind: 'holiday', name: '国庆节' }

export const forecastRows = [
  ...['forecasts?kind=all', 'forecasts.csv?kind=all', 'forecasts.xlsx?kind=all'].map((url) => {
    return { method: 'GET', url: `/api/v1/${url}`, allowed: BUSINESS, status: 404 } as const
  }),
  { method: 'GET', url: '/api/v1/forecasts/scores', allowed: BUSINESS, status: 200 },
  {
    method: 'GET',
    url: '/api/v1/calendar-days?from=2026-10-01&to=2026-10-07',
    allowed: BUSINESS,
    status: 200,
  },
  {
    method: 'PUT',
    url: '/api/v1/calendar-days',
    allowed: OPERATION,
    payload: { items: [day] },
    status: 200,
  },
  {
    method: 'PUT',
    url: '/api/v1/temperatures',
    allowed: OPERATION,
    payload: { items: [{ date: '2026-10-01', region: null, celsius: '21.5', expected: true }] },
    status: 200,
  },
] as const
