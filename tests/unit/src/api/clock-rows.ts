import type { Role } from '#src/identity'
import { BUSINESS, OPERATION } from './who.ts'

const READ = '/api/v1/reads/00000000-0000-8000-a000-000000000000'

/** Batches of reads, and clocks, asked where there are none. */
export const clockRows = [
  { method: 'GET', url: `${READ}/items`, allowed: BUSINESS, status: 404 },
  { method: 'POST', url: `${READ}/cancel`, allowed: OPERATION, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/reads/files?items=1.8.0',
    allowed: OPERATION,
    status: 202,
    payload: 'address\n000000001001\n',
  },
  { method: 'GET', url: '/api/v1/clocks', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/clocks/meter-1', allowed: BUSINESS, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/clocks/measure',
    allowed: OPERATION,
    status: 404,
    payload: { devices: ['meter-1'] },
  },
  { method: 'POST', url: '/api/v1/clocks/meter-1/measure', allowed: OPERATION, status: 404 },
  { method: 'GET', url: '/api/v1/clock-corrections/1', allowed: BUSINESS, status: 404 },
  { method: 'GET', url: '/api/v1/clock-corrections', allowed: BUSINESS, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/clock-corrections',
    allowed: OPERATION,
    status: 404,
    payload: { device: 'terminal-1' },
  },
  {
    method: 'POST',
    url: '/api/v1/clock-corrections/1/approve',
    allowed: ['admin', 'approver'],
    status: 404,
  },
  {
    method: 'POST',
    url: '/api/v1/clock-corrections/1/reject',
    allowed: ['admin', 'approver', 'operator'],
    status: 404,
  },
  { method: 'GET', url: '/api/v1/clock-policy', allowed: BUSINESS, status: 200 },
  {
    method: 'PUT',
    url: '/api/v1/clock-policy',
    allowed: ['admin', 'operator'],
    status: 200,
    payload: { autoCorrect: true, trustHost: false },
  },
  { method: 'GET', url: '/api/v1/parameter-rules', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/parameters', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/parameters/1', allowed: BUSINESS, status: 404 },
  { method: 'GET', url: '/api/v1/parameter-runs', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/parameter-runs/1', allowed: BUSINESS, status: 404 },
  { method: 'GET', url: '/api/v1/meters/1/parameters/04001203', allowed: OPERATION, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/parameters',
    allowed: OPERATION,
    status: 404,
    payload: { meters: [1], item: '04001203', value: '0030' },
  },
  ...['parameters', 'parameter-runs'].flatMap((of) => [
    {
      method: 'POST' as const,
      url: `/api/v1/${of}/1/approve`,
      allowed: ['admin', 'approver'] satisfies Role[],
      status: 404,
    },
    {
      method: 'POST' as const,
      url: `/api/v1/${of}/1/reject`,
      allowed: ['admin', 'approver', 'operator'] satisfies Role[],
      status: 404,
    },
  ]),
] as const
