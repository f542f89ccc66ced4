import type { Role } from '#src/identity'
import { BUSINESS, INSTALLATION, OPERATION } from './who.ts'

const get = (url: string, allowed: readonly Role[], status = 200) => {
  return { method: 'GET', url: `/api/v1${url}`, allowed, status } as const
}

const post = (url: string, allowed: readonly Role[], status: number, payload: object) => {
  return { method: 'POST', url: `/api/v1${url}`, allowed, status, payload } as const
}

/** Ways to the field, who calls, and why something is missing, asked where there is nothing. */
export const fieldRows = [
  get('/channels', BUSINESS),
  get('/channels/changes', BUSINESS),
  get('/channels/1/changes', BUSINESS),
  {
    method: 'PUT',
    url: '/api/v1/channels/1/backup',
    allowed: INSTALLATION,
    status: 404,
    payload: { kind: 'tcp', settings: 'host=10.0.0.5;port=26' },
  },
  { method: 'DELETE', url: '/api/v1/channels/1/backup', allowed: INSTALLATION, status: 404 },
  get('/permit-pools', BUSINESS),
  {
    method: 'PUT',
    url: '/api/v1/permit-pools/cell-17',
    allowed: OPERATION,
    status: 200,
    payload: { kind: 'cell', visitsMax: 3, channels: [] },
  },
  { method: 'DELETE', url: '/api/v1/permit-pools/cell-17', allowed: OPERATION, status: 404 },
  get('/quarantine', BUSINESS),
  {
    method: 'POST',
    url: '/api/v1/quarantine/1/adopt',
    allowed: INSTALLATION,
    status: 404,
    payload: {},
  },
  {
    method: 'POST',
    url: '/api/v1/quarantine/1/block',
    allowed: INSTALLATION,
    status: 404,
    payload: {},
  },
  get('/concentrators/1/connections', BUSINESS),
  { method: 'DELETE', url: '/api/v1/concentrators/1/flapping', allowed: OPERATION, status: 404 },
  get('/concentrators/1/traffic', BUSINESS),
  {
    method: 'PUT',
    url: '/api/v1/concentrators/1/sim',
    allowed: INSTALLATION,
    status: 204,
    payload: { iccid: '89860000000000000001' },
  },
  get('/sims', BUSINESS),
  get('/concentrators/1/frame-log', OPERATION),
  {
    method: 'PUT',
    url: '/api/v1/concentrators/1/frame-log',
    allowed: OPERATION,
    status: 200,
    payload: { minutes: 60 },
  },
  { method: 'DELETE', url: '/api/v1/concentrators/1/frame-log', allowed: OPERATION, status: 200 },
  get('/commissioning', BUSINESS),
  get('/commissioning/1', BUSINESS, 404),
  post('/commissioning', INSTALLATION, 404, { channel: 9 }),
  post('/commissioning/1/adopt', INSTALLATION, 404, {}),
  post('/commissioning/1/cancel', INSTALLATION, 404, {}),
  post('/meters/1/wiring-check', OPERATION, 200, {}),
  get('/points', BUSINESS),
  post('/points', OPERATION, 404, { name: 'p', meter: 1, register: '32.7.0' }),
  get('/points/1', BUSINESS, 404),
  { ...post('/points/1', OPERATION, 404, { name: 'q' }), method: 'PATCH' },
  { method: 'DELETE', url: '/api/v1/points/1', allowed: OPERATION, status: 404 },
  post('/points/1/acknowledge', OPERATION, 404, {}),
  get('/points/1/alarms', BUSINESS, 404),
  get('/points/1/trend', BUSINESS, 404),
  get('/points/1/trend.csv', BUSINESS, 404),
  get('/diagnosis', BUSINESS),
  get('/diagnosis/findings', BUSINESS),
  get('/diagnosis/control', BUSINESS),
] as const
