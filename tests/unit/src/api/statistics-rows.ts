import type { Role } from '#src/identity'
import { BUSINESS } from './who.ts'

const DISPATCHING: readonly Role[] = ['admin', 'operator']

const read = (url: string, status = 200) =>
  ({ method: 'GET', url: `/api/v1/${url}`, allowed: BUSINESS, status }) as const

const definition = {
  ...{ source: 'energy', measures: ['energy'], dimensions: [] },
  ...{ filters: [], having: [], order: [] },
}

export const statisticsRows = [
  ...['energy', 'load', 'quality', 'capacity'].flatMap((name) => [
    read(`statistics/${name}`),
    read(`statistics/${name}.csv`),
    read(`statistics/${name}.xlsx`),
  ]),
  ...['', '.csv', '.xlsx'].map((format) => read(`statistics/curves${format}?points=P1`)),
  ...['', '.csv', '.xlsx'].map((format) => read(`statistics/load/curve${format}?by=none`)),
  read('watched/point/P1', 404),
  ...['csv', 'xlsx'].map((format) => read(`usage.${format}`)),
  read('statistics/load/points/P1'),
  {
    method: 'PUT',
    url: '/api/v1/statistics/capacity-rule',
    allowed: DISPATCHING,
    status: 200,
    payload: {
      ...{ validFrom: '2026-11-01', overShare: '1', overDays: 3, underShare: '0.2', months: 3 },
      ...{ targetShare: '0.7', powerFactor: '0.9', kvaMonthPrice: null },
    },
  },
  read('statistics/quality/limits'),
  {
    method: 'PUT',
    url: '/api/v1/statistics/quality/limits',
    allowed: DISPATCHING,
    status: 200,
    payload: {
      ...{ supplyClass: 'single-phase', validFrom: '2026-11-01', low: '0.9', high: '1.07' },
      ...{ examinedLow: '0.7', examinedHigh: '1.2', imbalance: '0.3' },
    },
  },
  read('queries/catalogue'),
  {
    method: 'POST',
    url: '/api/v1/queries/run',
    allowed: BUSINESS,
    status: 200,
    payload: { source: 'energy', measures: ['energy'], from: '2026-11-01', to: '2026-11-20' },
  },
  read('queries'),
  {
    method: 'POST',
    url: '/api/v1/queries',
    allowed: BUSINESS,
    status: 404,
    payload: { name: 'mine', shared: false, definition },
  },
  read('queries/1', 404),
  read('queries/1/revisions', 404),
  {
    method: 'PATCH',
    url: '/api/v1/queries/1',
    allowed: BUSINESS,
    status: 404,
    payload: { name: 'other' },
  },
  { method: 'DELETE', url: '/api/v1/queries/1', allowed: BUSINESS, status: 404 },
  ...['', '.csv', '.xlsx'].map((format) => read(`queries/1/rows${format}`, 404)),
  read('watch-lists'),
  {
    method: 'POST',
    url: '/api/v1/watch-lists',
    allowed: BUSINESS,
    status: 404,
    payload: { name: 'steel', shared: true, points: [] },
  },
  {
    method: 'PATCH',
    url: '/api/v1/watch-lists/1',
    allowed: BUSINESS,
    status: 404,
    payload: { name: 'iron' },
  },
  { method: 'DELETE', url: '/api/v1/watch-lists/1', allowed: BUSINESS, status: 404 },
  read('watch-lists/1/view', 404),
] as const
