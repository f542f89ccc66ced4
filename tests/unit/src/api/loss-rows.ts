import type { Role } from '#src/identity'
import { BUSINESS, INSTALLATION } from './who.ts'

const asked = (path: string, status: number) => ({
  ...{ method: 'GET' as const, url: `/api/v1/line-loss${path}`, allowed: BUSINESS, status },
})

const policy = {
  ...{ scope: 'area', validFrom: '2026-11-01', denominator: 'gross', auxiliary: 'output' },
  ...{ userSuccessMin: '0.98', estimatedMax: '0.05', rateLow: '0', rateHigh: '0.1' },
  ...{ changeMax: '0.03', powerFactor: '0.8', shape: '1.2' },
}

/** The routes of line loss, asked where nothing was computed. */
export const lossRows = [
  asked('?scope=area&date=2026-11-20', 200),
  asked('.csv?scope=feeder&month=2026-10', 200),
  asked('.xlsx?scope=feeder&month=2026-10', 200),
  asked('/indicators', 200),
  asked('/indicators/managers?scope=feeder&month=2026-10', 200),
  asked('/ranking?by=loss', 200),
  asked('/area/1', 404),
  asked('/area/1/history?from=2026-11-01&to=2026-11-20', 200),
  asked('/area/1/causes?date=2026-11-20', 200),
  asked('/exceptions?open=true&kind=low', 200),
  asked('/policies', 200),
  {
    ...{ method: 'PUT' as const, url: '/api/v1/line-loss/policies', payload: policy },
    ...{ allowed: ['admin', 'operator'] as readonly Role[], status: 200 },
  },
  {
    ...{ method: 'PUT' as const, url: '/api/v1/line-loss/networks/1', allowed: INSTALLATION },
    payload: {
      ...{ voltage: 400, from: '2026-11-01T00:00:00+08:00' },
      ...{ lines: [{ from: 'a', to: 'b', ohm: '0.1' }], taps: [] },
    },
    status: 404,
  },
]
