import type { Role } from '#src/identity'
import { BUSINESS, OPERATION } from './who.ts'

const DISPATCHING: readonly Role[] = ['admin', 'operator']
const CONFIRMING: readonly Role[] = ['admin', 'approver']
const CAMPAIGN = '/api/v1/firmware-campaigns/1'

/** The routes of firmware, asked where there is none. */
export const firmwareRows = [
  { method: 'GET', url: '/api/v1/firmware', allowed: BUSINESS, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/firmware?name=a.bin&protocol=gdw376&version=V2.0',
    allowed: DISPATCHING,
    status: 404,
    payload: Buffer.from('a file'),
  },
  { method: 'GET', url: '/api/v1/firmware-campaigns', allowed: BUSINESS, status: 200 },
  {
    method: 'POST',
    url: '/api/v1/firmware-campaigns',
    allowed: DISPATCHING,
    // Without an Idempotency-Key.
    status: 400,
    payload: { firmware: 1, target: { all: true } },
  },
  { method: 'GET', url: CAMPAIGN, allowed: BUSINESS, status: 404 },
  { method: 'GET', url: `${CAMPAIGN}/devices`, allowed: BUSINESS, status: 200 },
  { method: 'POST', url: `${CAMPAIGN}/approve`, allowed: CONFIRMING, status: 404 },
  { method: 'POST', url: `${CAMPAIGN}/pause`, allowed: OPERATION, status: 404 },
  { method: 'POST', url: `${CAMPAIGN}/resume`, allowed: OPERATION, status: 404 },
  {
    method: 'POST',
    url: `${CAMPAIGN}/cancel`,
    allowed: OPERATION,
    status: 404,
    payload: { reason: 'a mistake' },
  },
] as const
