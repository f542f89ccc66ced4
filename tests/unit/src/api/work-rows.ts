import type { Role } from '#src/identity'
import { BUSINESS, OPERATION } from './who.ts'

const DISPATCHING: readonly Role[] = ['admin', 'operator']

const MESSAGE = '00000000-0000-8000-a000-000000000000'

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
  { method: 'GET', url: '/api/v1/messages', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: `/api/v1/messages/${MESSAGE}`, allowed: BUSINESS, status: 404 },
  {
    method: 'POST',
    url: `/api/v1/messages/${MESSAGE}/resend`,
    allowed: DISPATCHING,
    status: 404,
    payload: { reason: 'the number is mended' },
  },
  { method: 'GET', url: '/api/v1/message-rules', allowed: BUSINESS, status: 200 },
  {
    method: 'PUT',
    url: '/api/v1/message-rules/storms',
    allowed: DISPATCHING,
    status: 200,
    payload: { occasion: 'device.event', toRole: 'operator', template: 'device.event' },
  },
  { method: 'DELETE', url: '/api/v1/message-rules/storms', allowed: DISPATCHING, status: 404 },
  { method: 'GET', url: '/api/v1/message-policy', allowed: BUSINESS, status: 200 },
  {
    method: 'PUT',
    url: '/api/v1/message-policy',
    allowed: DISPATCHING,
    status: 200,
    payload: { quietFromHour: 22, quietToHour: 7, personHourMax: 4 },
  },
  { method: 'GET', url: '/api/v1/message-templates', allowed: BUSINESS, status: 200 },
  {
    method: 'PUT',
    url: '/api/v1/message-templates/plain/en',
    allowed: DISPATCHING,
    status: 200,
    payload: { body: '{text}' },
  },
  {
    method: 'POST',
    url: '/api/v1/field-orders/1/assign',
    allowed: DISPATCHING,
    status: 404,
    payload: { user: 1 },
  },
  { method: 'GET', url: '/api/v1/field-orders', allowed: BUSINESS, status: 200 },
  { method: 'GET', url: '/api/v1/field-orders/1', allowed: BUSINESS, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/field-orders',
    allowed: DISPATCHING,
    // Without an Idempotency-Key.
    status: 400,
    payload: { kind: 'replace', spec: { meter: 1, reason: 'old' } },
  },
  {
    method: 'POST',
    url: '/api/v1/field-orders/1/report',
    allowed: OPERATION,
    status: 404,
    payload: { at: '2026-11-22T11:30:00+08:00' },
  },
  { method: 'POST', url: '/api/v1/field-orders/1/retry', allowed: OPERATION, status: 404 },
  {
    method: 'POST',
    url: '/api/v1/field-orders/1/cancel',
    allowed: DISPATCHING,
    status: 404,
    payload: { reason: 'a mistake' },
  },
] as const
